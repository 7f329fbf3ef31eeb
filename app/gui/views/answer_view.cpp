// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/answer_view.h"

#include "app/gui/bridge/strings.h"

#include <QAbstractTextDocumentLayout>
#include <QAction>
#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QHelpEvent>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QTextBrowser>
#include <QToolTip>
#include <QUrl>
#include <QVBoxLayout>

#include <cmath>
#include <utility>
#include <variant>

namespace lectern::gui {

namespace {

constexpr int kLayoutMs = 33;

QLabel* plainLabel(const QString& text, QWidget* parent) {
  auto* label = new QLabel(parent);
  label->setTextFormat(Qt::PlainText);
  label->setText(text);
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  label->setFocusPolicy(Qt::StrongFocus);
  return label;
}

}  // namespace

AnswerView::AnswerView(const QString& question,
                       std::function<QString(RevisionId)> titleOf,
                       QWidget* parent)
    : QFrame(parent), question_(question), titleOf_(std::move(titleOf)) {
  auto* asked = plainLabel(question, this);
  asked->setAccessibleName(tr("Question"));
  QFont bold = asked->font();
  bold.setBold(true);
  asked->setFont(bold);
  header_ = plainLabel(answerHeader(answer_), this);
  header_->setAccessibleName(tr("What was read"));
  header_->setForegroundRole(QPalette::PlaceholderText);
  body_ = new QTextBrowser(this);
  body_->setOpenLinks(false);
  body_->setFrameShape(QFrame::NoFrame);
  body_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  body_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  body_->setAccessibleName(tr("Answer"));
  body_->viewport()->setAutoFillBackground(false);
  body_->setContextMenuPolicy(Qt::CustomContextMenu);
  body_->viewport()->installEventFilter(this);
  problem_ = plainLabel({}, this);
  problem_->setAccessibleName(tr("Problem"));
  problem_->hide();

  auto* layout = new QVBoxLayout(this);
  layout->addWidget(asked);
  layout->addWidget(header_);
  layout->addWidget(body_);
  layout->addWidget(problem_);

  layoutTimer_.setSingleShot(true);
  layoutTimer_.setInterval(kLayoutMs);
  connect(&layoutTimer_, &QTimer::timeout, this, &AnswerView::show);
  connect(body_, &QTextBrowser::anchorClicked, this, &AnswerView::follow);
  connect(body_, &QWidget::customContextMenuRequested, this, &AnswerView::openMenu);
  connect(body_->document()->documentLayout(), &QAbstractTextDocumentLayout::documentSizeChanged,
          this, &AnswerView::fitHeight);
  fitHeight();
}

void AnswerView::take(const AnswerEvent& event) {
  answer_.take(event);
  if (answer_.hasEnded()) {
    layoutTimer_.stop();
    show();
  } else if (!layoutTimer_.isActive()) {
    layoutTimer_.start();
  }
}

void AnswerView::setProblem(const QString& problem) {
  problem_->setText(problem);
  problem_->setVisible(!problem.isEmpty());
}

void AnswerView::show() {
  citations_ = answer_.citations();
  header_->setText(answerHeader(answer_));
  showAnswer(answer_, palette(), *body_->document());
  if (answer_.failed) setProblem(toQt(answer_.failed->message));
  fitHeight();
}

void AnswerView::fitHeight() {
  const double height = body_->document()->size().height();
  body_->setFixedHeight(std::max(1, static_cast<int>(std::ceil(height))));
}

std::optional<int> AnswerView::citationOf(const QUrl& link) const {
  bool isNumber = false;
  const int index = link.path().toInt(&isNumber);
  if (link.scheme() != QLatin1String("cite") || !isNumber || index < 0 ||
      index >= static_cast<int>(citations_.size())) {
    return std::nullopt;
  }
  return index;
}

void AnswerView::follow(const QUrl& link) {
  if (const auto index = citationOf(link)) emit citationOpened(*index);
}

QString AnswerView::describe(const Citation& citation) const {
  const QString status = citation.status == CitationStatus::Ok
                             ? tr("These words stand in the document.")
                             : tr("The file has changed since; these words stood in it.");
  return tr("%1, page %2\n“%3”\n%4")
      .arg(isolated(titleOf_(citation.revision)), QLocale().toString(citation.page),
           toQt(citation.quote).simplified(), status);
}

bool AnswerView::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QFrame::eventFilter(watched, event);
  const auto* help = static_cast<QHelpEvent*>(event);
  if (const auto index = citationOf(QUrl(body_->anchorAt(help->pos())))) {
    QToolTip::showText(help->globalPos(), describe(citations_[static_cast<size_t>(*index)]), body_);
  } else {
    QToolTip::hideText();
  }
  return true;
}

void AnswerView::openMenu(QPoint at) {
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  if (const auto index = citationOf(QUrl(body_->anchorAt(at)))) {
    const Citation citation = citations_[static_cast<size_t>(*index)];
    menu->addAction(tr("Show on the page"), this,
                    [this, index = *index] { emit citationOpened(index); });
    menu->addAction(tr("Copy quotation and reference"), this, [this, citation] {
      QGuiApplication::clipboard()->setText(
          QStringLiteral("“%1” (%2, %3)")
              .arg(toQt(citation.quote).simplified(), titleOf_(citation.revision),
                   tr("page %1").arg(QLocale().toString(citation.page))));
    });
    menu->addSeparator();
  }
  menu->addAction(tr("Copy answer with references"), this,
                  [this] { QGuiApplication::clipboard()->setText(withReferences()); });
  QAction* retry = menu->addAction(tr("Ask again"), this, [this] { emit retryWanted(question_); });
  retry->setEnabled(answer_.hasEnded());
  menu->popup(body_->viewport()->mapToGlobal(at));
}

void AnswerView::changeEvent(QEvent* event) {
  QFrame::changeEvent(event);
  if (event->type() == QEvent::PaletteChange && body_ != nullptr) show();
}

void AnswerView::resizeEvent(QResizeEvent* event) {
  QFrame::resizeEvent(event);
  fitHeight();
}

}  // namespace lectern::gui
