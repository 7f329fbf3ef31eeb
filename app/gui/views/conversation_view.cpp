// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/conversation_view.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/widgets/chip_popover.h"
#include "app/workspace/answer_record.h"

#include <QApplication>
#include <QClipboard>
#include <QDeadlineTimer>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QVBoxLayout>

#include <utility>

namespace lectern::gui {

namespace {

// An answer takes some milliseconds; what is laid out again then, some more.
constexpr int kSliceMs = 4;
constexpr int kFirstAnswer = 1;  // in the list, behind the hint
constexpr int kAtEnd = 4;        // pixels from it

}  // namespace

ConversationView::ConversationView(QWidget* parent) : QWidget(parent) {
  setAccessibleName(tr("Conversation"));
  scope_ = new QLabel(this);
  scope_->setTextFormat(Qt::PlainText);
  scope_->setAccessibleName(tr("What the question is about"));
  scope_->setWordWrap(true);

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
  box_->setTabChangesFocus(true);
  box_->setFixedHeight(3 * box_->fontMetrics().lineSpacing() + 2 * box_->frameWidth() + 8);
  box_->installEventFilter(this);
  ask_ = new QPushButton(tr("Ask"), this);
  stop_ = new QPushButton(tr("Stop"), this);
  summarise_ = new QPushButton(tr("Summarise"), this);
  summarise_->setToolTip(tr("The central sentences of each section, as quotations"));

  auto* buttons = new QHBoxLayout;
  buttons->addStretch(1);
  buttons->addWidget(summarise_);
  buttons->addWidget(stop_);
  buttons->addWidget(ask_);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(scroll_, 1);
  layout->addWidget(scope_);
  layout->addWidget(box_);
  layout->addLayout(buttons);

  earlierTimer_.setSingleShot(true);
  earlierTimer_.setInterval(0);
  connect(&earlierTimer_, &QTimer::timeout, this, &ConversationView::showEarlier);
  QScrollBar* bar = scroll_->verticalScrollBar();
  // Whoever is at the end stays there while it grows, and a reader further up where they are.
  connect(bar, &QScrollBar::rangeChanged, this, [this, bar](int /*minimum*/, int maximum) {
    if (growsAtTop_ || fromEnd_ <= kAtEnd) bar->setValue(maximum - fromEnd_);
  });
  connect(bar, &QScrollBar::valueChanged, this,
          [this, bar](int value) { fromEnd_ = bar->maximum() - value; });
  connect(ask_, &QPushButton::clicked, this, &ConversationView::submit);
  connect(summarise_, &QPushButton::clicked, this, &ConversationView::summaryWanted);
  connect(stop_, &QPushButton::clicked, this, &ConversationView::stopAll);
  connect(box_, &QPlainTextEdit::textChanged, this, &ConversationView::updateButtons);
  setScope({}, 0);
}

void ConversationView::setScope(const QString& name, int documents, const QString& shown) {
  QString scope = documents == 0
                      ? tr("No document is chosen")
                      : tr("%1 · %n document(s)", nullptr, documents).arg(isolated(name));
  if (documents > 0 && !shown.isEmpty()) {
    scope +=
        QLatin1Char('\n') + tr("The reader shows %1, which is not asked.").arg(isolated(shown));
  }
  scope_->setText(scope);
  box_->setPlaceholderText(documents == 0 ? tr("Choose what to ask about.")
                                          : isolated(tr("Ask about %1 …").arg(isolated(name))));
  scope_->setEnabled(documents > 0);
  updateButtons();
}

AnswerView* ConversationView::insert(int at, const QString& question) {
  hint_->hide();
  auto* answer = new AnswerView(question, titleOf_, scroll_->widget());
  answer->setAnnouncements(announcements_);
  answers_->insertWidget(at, answer);
  connect(answer, &AnswerView::citationOpened, this,
          [this, answer](int index) { emit citationOpened(answer, index); });
  connect(answer, &AnswerView::retryWanted, this, &ConversationView::asked);
  connect(answer, &AnswerView::chipPointed, this,
          [this, answer](int index, const QRect& place, bool enter) {
            showPopover(answer, index, place, enter);
          });
  connect(answer, &AnswerView::chipLeft, this, [this] {
    if (popover_ != nullptr) popover_->leave();
  });
  return answer;
}

AnswerView* ConversationView::begin(QuestionId id, const QString& question) {
  AnswerView* answer = insert(answers_->count() - 1, question);
  running_[id] = answer;
  last_ = answer;
  growsAtTop_ = false;
  fromEnd_ = 0;  // the new question comes into view once it has its place
  updateButtons();
  return answer;
}

void ConversationView::show(StoredConversationPtr conversation) {
  earlier_ = std::move(conversation);
  unshown_ = earlier_->messages.size();
  fromEnd_ = 0;
  growsAtTop_ = true;
  showEarlier();
}

void ConversationView::showEarlier() {
  const QDeadlineTimer slice(kSliceMs);
  while (unshown_ > 0 && !slice.hasExpired()) {
    const MessageRecord& answer = earlier_->messages[--unshown_];
    if (answer.role == MessageRecord::Role::User) continue;
    const bool hasQuestion =
        unshown_ > 0 && earlier_->messages[unshown_ - 1].role == MessageRecord::Role::User;
    AnswerView* view =
        insert(kFirstAnswer, hasQuestion ? toQt(earlier_->messages[--unshown_].text) : QString());
    view->restore(eventsOf(answer));
    if (last_ == nullptr) last_ = view;
  }
  if (unshown_ > 0) {
    earlierTimer_.start();
  } else {
    earlier_.reset();
  }
}

void ConversationView::clear() {
  earlierTimer_.stop();
  earlier_.reset();
  running_.clear();
  last_ = nullptr;
  if (popover_ != nullptr) popover_->hide();
  while (answers_->count() > 2) delete answers_->takeAt(kFirstAnswer)->widget();
  hint_->show();
  updateButtons();
}

void ConversationView::focusBox() {
  box_->setFocus(Qt::ShortcutFocusReason);
}

// The next section of a summary stands right behind the one before.
AnswerView* ConversationView::insertBehind(AnswerView* answer) {
  AnswerView* further = insert(answers_->indexOf(answer) + 1, {});
  if (last_ == answer) last_ = further;
  return further;
}

std::vector<AnswerView*> ConversationView::exchangeOf(const AnswerView* answer) const {
  std::vector<AnswerView*> exchange;
  bool isFound = false;
  for (int i = kFirstAnswer; i < answers_->count(); ++i) {
    auto* view = qobject_cast<AnswerView*>(answers_->itemAt(i)->widget());
    if (view == nullptr) continue;
    if (!view->question().isEmpty()) {
      if (isFound) break;
      exchange.clear();
    }
    exchange.push_back(view);
    isFound = isFound || view == answer;
  }
  return isFound ? exchange : std::vector<AnswerView*>{};
}

// A summary's title is no question.
QString ConversationView::lastQuestion() const {
  const auto exchange = exchangeOf(last_);
  return exchange.empty() || last_->answer().isSection() ? QString() : exchange.front()->question();
}

void ConversationView::askAgain() {
  if (last_ == nullptr || !scope_->isEnabled()) return;
  if (last_->answer().isSection()) {
    emit summaryWanted();
  } else if (const QString question = lastQuestion(); !question.isEmpty()) {
    emit asked(question);
  }
}

void ConversationView::setAnnouncements(Settings::Announcements announcements) {
  announcements_ = announcements;
  for (const auto& [id, answer] : running_) answer->setAnnouncements(announcements);
}

void ConversationView::take(QuestionId id, const AnswerEvent& event) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  if (found->second->answer().hasEnded()) {
    const auto* reading = std::get_if<Prefilling>(&event);
    if (reading != nullptr && reading->done >= reading->total) return;
    found->second = insertBehind(found->second);
  }
  found->second->take(event);
}

void ConversationView::end(QuestionId id, const QString& problem) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  AnswerView* answer = found->second;
  running_.erase(found);
  // A summary that was stopped before the section that was being made.
  if (!answer->answer().hasEnded() && answer->question().isEmpty()) {
    const auto exchange = exchangeOf(answer);
    AnswerView* before = exchange[exchange.size() - 2];
    if (last_ == answer) last_ = before;
    delete std::exchange(answer, before);
  }
  if (!problem.isEmpty()) {
    answer->setProblem(problem);
  } else if (const auto& finished = answer->answer().finished) {
    answer->setProblem(toQt(finished->notice));
  }
  if (answer->answer().isSection()) {
    answer->announceLast(static_cast<int>(exchangeOf(answer).size()));
  }
  updateButtons();
}

void ConversationView::copyAnswer() {
  const AnswerView* answer = last_;
  for (const QWidget* at = QApplication::focusWidget(); at != nullptr; at = at->parentWidget()) {
    if (const auto* focused = qobject_cast<const AnswerView*>(at)) answer = focused;
  }
  QStringList parts;
  for (const AnswerView* part : exchangeOf(answer)) parts << part->withReferences();
  if (!parts.isEmpty()) QApplication::clipboard()->setText(parts.join(QLatin1Char('\n')));
}

void ConversationView::showPopover(AnswerView* answer, int index, const QRect& place, bool enter) {
  if (popover_ == nullptr) {
    popover_ = new ChipPopover(window());
    connect(popover_, &ChipPopover::openWanted, this, [this] {
      if (poppedOf_ != nullptr) emit citationOpened(poppedOf_, popped_);
    });
  }
  poppedOf_ = answer;
  popped_ = index;
  const Evidence evidence = answer->answer().evidence()[static_cast<size_t>(index)];
  popover_->show(evidence, titleOf_(evidence.citation.revision), place);
  if (enter) popover_->enter();
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
  summarise_->setEnabled(scope_->isEnabled());
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
    if (key->key() == Qt::Key_Up && box_->toPlainText().isEmpty()) {
      box_->setPlainText(lastQuestion());
      box_->moveCursor(QTextCursor::End);
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
