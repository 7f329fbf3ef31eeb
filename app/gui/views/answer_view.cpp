// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/answer_view.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/widgets/wrapped_label.h"

#include <QAbstractTextDocumentLayout>
#include <QAccessible>
#include <QAction>
#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QLocale>
#include <QMenu>
#include <QTextBlock>
#include <QTextBrowser>
#include <QUrl>
#include <QVBoxLayout>

#include <cmath>
#include <string_view>
#include <utility>
#include <variant>

namespace lectern::gui {

namespace {

constexpr int kLayoutMs = 33;

}  // namespace

AnswerView::AnswerView(const QString& question,
                       std::function<QString(RevisionId)> titleOf,
                       QWidget* parent)
    : QFrame(parent), question_(question), titleOf_(std::move(titleOf)) {
  auto* asked = new WrappedLabel(question, this);
  asked->setAccessibleName(tr("Question"));
  QFont bold = asked->font();
  bold.setBold(true);
  asked->setFont(bold);
  asked->setVisible(!question.isEmpty());
  header_ = new WrappedLabel(answerHeader(answer_), this);
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
  body_->installEventFilter(this);
  body_->viewport()->installEventFilter(this);
  problem_ = new WrappedLabel({}, this);
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
  connect(body_, &QTextBrowser::highlighted, this, &AnswerView::point);
  connect(body_, &QWidget::customContextMenuRequested, this, &AnswerView::openMenu);
  connect(body_->document()->documentLayout(), &QAbstractTextDocumentLayout::documentSizeChanged,
          this, &AnswerView::fitHeight);
  fitHeight();
}

void AnswerView::take(const AnswerEvent& event) {
  const bool begins = answer_.text.empty() && std::holds_alternative<Text>(event);
  answer_.take(event);
  if (begins && announcements_ == Settings::Announcements::Ends && !question_.isEmpty()) {
    announce(tr("The answer begins."));
  }
  announceEvent(event);
  if (answer_.hasEnded()) {
    layoutTimer_.stop();
    show();
  } else if (!layoutTimer_.isActive()) {
    layoutTimer_.start();
  }
}

void AnswerView::restore(const std::vector<AnswerEvent>& events) {
  for (const AnswerEvent& event : events) answer_.take(event);
  show();
}

void AnswerView::setProblem(const QString& problem) {
  problem_->setText(problem);
  problem_->setVisible(!problem.isEmpty());
}

void AnswerView::show() {
  evidence_ = answer_.evidence();
  pointed_.reset();
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
      index >= static_cast<int>(evidence_.size())) {
    return std::nullopt;
  }
  return index;
}

void AnswerView::follow(const QUrl& link) {
  if (const auto index = citationOf(link)) emit citationOpened(*index);
}

// Where Tab has led; Qt tells of links under the pointer alone.
void AnswerView::pointAtCursor() {
  const QTextCursor cursor = body_->textCursor();
  const bool atLink = body_->hasFocus() && cursor.hasSelection();
  point(atLink ? QUrl(cursor.charFormat().anchorHref()) : QUrl());
}

void AnswerView::point(const QUrl& link) {
  pointed_ = citationOf(link);
  if (pointed_) {
    emit chipPointed(*pointed_, chipPlace(*pointed_), false);
  } else {
    emit chipLeft();
  }
}

QRect AnswerView::chipPlace(int index) const {
  const QString target = QStringLiteral("cite:%1").arg(index);
  for (QTextBlock block = body_->document()->begin(); block.isValid(); block = block.next()) {
    for (auto part = block.begin(); !part.atEnd(); ++part) {
      if (part.fragment().charFormat().anchorHref() != target) continue;
      QTextCursor cursor(body_->document());
      cursor.setPosition(part.fragment().position());
      QRect place = body_->cursorRect(cursor);
      cursor.setPosition(part.fragment().position() + part.fragment().length());
      const QRect end = body_->cursorRect(cursor);
      // A chip that is broken over two lines begins on the first.
      if (end.top() == place.top()) place |= end;
      return {body_->viewport()->mapTo(window(), place.topLeft()), place.size()};
    }
  }
  return {};
}

// Whoever listens to sentences hears of the end what was not said before: that there is no answer.
void AnswerView::announceEvent(const AnswerEvent& event) {
  const bool sentences = announcements_ == Settings::Announcements::Sentences;
  if (const auto* cited = std::get_if<Cited>(&event); cited != nullptr && sentences) {
    return announceClaim(cited->claim);
  }
  if (!answer_.hasEnded() || announcements_ == Settings::Announcements::Off) return;
  if (answer_.isSection() || (sentences && !answer_.claims.empty())) return;
  QString sentence = answerHeader(answer_) + QLatin1Char('.');
  if (answer_.failed) sentence += QLatin1Char(' ') + toQt(answer_.failed->message);
  announce(sentence);
}

void AnswerView::announceLast(int sections) {
  if (announcements_ != Settings::Announcements::Ends) return;
  announce(tr("The summary ends, with %n section(s).", nullptr, sections));
}

// Each sentence once it is whole, and whether it is proven.
void AnswerView::announceClaim(const Claim& claim) {
  QString sentence = toQt(std::string_view(answer_.text)
                              .substr(static_cast<size_t>(claim.span.begin),
                                      static_cast<size_t>(claim.span.length())))
                         .simplified();
  if (claim.grade == Grade::Uncited) sentence += QLatin1Char(' ') + tr("No source was found.");
  for (const Citation& citation : claim.citations) {
    sentence += QLatin1Char(' ') + tr("Page %1.").arg(QLocale().toString(citation.page)) +
                QLatin1Char(' ') + verdictText({citation, claim.grade, claim.missing});
  }
  announce(sentence);
}

void AnswerView::announce(const QString& sentence) {
  // Qt 6.4 has no event for announcements; words that are put in are read out.
  QAccessibleTextInsertEvent event(body_, 0, sentence);
  QAccessible::updateAccessibility(&event);
  emit announced(sentence);
}

bool AnswerView::eventFilter(QObject* watched, QEvent* event) {
  if (watched == body_ && event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->key() == Qt::Key_Space && pointed_) {
      emit chipPointed(*pointed_, chipPlace(*pointed_), true);
      return true;
    }
    if (key->key() == Qt::Key_Tab || key->key() == Qt::Key_Backtab) {
      QTimer::singleShot(0, this, &AnswerView::pointAtCursor);
    }
  }
  if (event->type() == QEvent::FocusOut || event->type() == QEvent::Leave) emit chipLeft();
  return QFrame::eventFilter(watched, event);
}

void AnswerView::openMenu(QPoint at) {
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  if (const auto index = citationOf(QUrl(body_->anchorAt(at)))) {
    const Citation citation = evidence_[static_cast<size_t>(*index)].citation;
    menu->addAction(tr("Show on the page"), this,
                    [this, index = *index] { emit citationOpened(index); });
    menu->addAction(tr("Copy quotation and reference"), this, [this, citation] {
      QGuiApplication::clipboard()->setText(
          quoteWithReference(citation, titleOf_(citation.revision)));
    });
    menu->addSeparator();
  }
  menu->addAction(tr("Copy answer with references"), this,
                  [this] { QGuiApplication::clipboard()->setText(withReferences()); });
  QAction* retry = menu->addAction(tr("Ask again"), this, [this] { emit retryWanted(question_); });
  retry->setEnabled(answer_.hasEnded() && !question_.isEmpty() && !answer_.isSection());
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
