// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/conversation_view.h"

#include "app/gui/bridge/strings.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QVBoxLayout>

namespace lectern::gui {

ConversationView::ConversationView(QWidget* parent) : QWidget(parent) {
  setAccessibleName(tr("Conversation"));
  scope_ = new QLabel(this);
  scope_->setTextFormat(Qt::PlainText);
  scope_->setAccessibleName(tr("What the question is about"));

  auto* list = new QWidget(this);
  answers_ = new QVBoxLayout(list);
  answers_->setContentsMargins(0, 0, 0, 0);
  hint_ = new QLabel(tr("Ask about your documents. Every sentence of the answer shows where it "
                        "stands, and what the documents do not say is not made up."),
                     list);
  hint_->setWordWrap(true);
  hint_->setForegroundRole(QPalette::PlaceholderText);
  answers_->addWidget(hint_);
  answers_->addStretch(1);
  scroll_ = new QScrollArea(this);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll_->setFocusPolicy(Qt::NoFocus);
  scroll_->setAccessibleName(tr("Answers"));
  scroll_->setWidget(list);

  box_ = new QPlainTextEdit(this);
  box_->setAccessibleName(tr("Your question"));
  box_->setPlaceholderText(tr("Ask about these documents …"));
  box_->setTabChangesFocus(true);
  box_->setFixedHeight(3 * box_->fontMetrics().lineSpacing() + 2 * box_->frameWidth() + 8);
  box_->installEventFilter(this);
  ask_ = new QPushButton(tr("Ask"), this);
  stop_ = new QPushButton(tr("Stop"), this);

  auto* buttons = new QHBoxLayout;
  buttons->addWidget(scope_, 1);
  buttons->addWidget(stop_);
  buttons->addWidget(ask_);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(scroll_, 1);
  layout->addWidget(box_);
  layout->addLayout(buttons);

  connect(ask_, &QPushButton::clicked, this, &ConversationView::submit);
  connect(stop_, &QPushButton::clicked, this, &ConversationView::stopAll);
  connect(box_, &QPlainTextEdit::textChanged, this, &ConversationView::updateButtons);
  setScope({}, 0);
}

void ConversationView::setScope(const QString& name, int documents) {
  scope_->setText(documents == 0
                      ? tr("No document is chosen")
                      : tr("%1 · %n document(s)", nullptr, documents).arg(isolated(name)));
  scope_->setEnabled(documents > 0);
  updateButtons();
}

AnswerView* ConversationView::begin(QuestionId id, const QString& question) {
  hint_->hide();
  auto* answer = new AnswerView(question, titleOf_, scroll_->widget());
  answers_->insertWidget(answers_->count() - 1, answer);
  connect(answer, &AnswerView::citationOpened, this,
          [this, answer](int index) { emit citationOpened(answer, index); });
  connect(answer, &AnswerView::retryWanted, this, &ConversationView::asked);
  running_[id] = answer;
  last_ = answer;
  updateButtons();
  // The new question comes into view once it has its place.
  QTimer::singleShot(0, answer, [this, answer] { scroll_->ensureWidgetVisible(answer); });
  return answer;
}

void ConversationView::take(QuestionId id, const AnswerEvent& event) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  // Follows the end of the answer for whoever is there already; a reader further up stays there.
  QScrollBar* bar = scroll_->verticalScrollBar();
  const bool atEnd = bar->value() >= bar->maximum() - 4;
  found->second->take(event);
  if (!atEnd) return;
  QTimer::singleShot(0, this, [bar] { bar->setValue(bar->maximum()); });
}

void ConversationView::end(QuestionId id, const QString& problem) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  if (!problem.isEmpty()) found->second->setProblem(problem);
  running_.erase(found);
  updateButtons();
}

void ConversationView::submit() {
  const QString question = box_->toPlainText().simplified();
  if (question.isEmpty() || !ask_->isEnabled()) return;
  box_->clear();
  emit asked(question);
}

void ConversationView::stopAll() {
  for (const auto& [id, answer] : running_) emit stopWanted(id);
}

void ConversationView::updateButtons() {
  ask_->setEnabled(scope_->isEnabled() && !box_->toPlainText().trimmed().isEmpty());
  stop_->setVisible(!running_.empty());
}

bool ConversationView::eventFilter(QObject* watched, QEvent* event) {
  if (watched == box_ && event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
    if (enter && !(key->modifiers() & Qt::ShiftModifier)) {
      submit();
      return true;
    }
  }
  return QWidget::eventFilter(watched, event);
}

void ConversationView::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape && isAnswering()) {
    stopAll();
    return;
  }
  QWidget::keyPressEvent(event);
}

}  // namespace lectern::gui
