// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/chip_popover.h"

#include "app/gui/bridge/strings.h"

#include <QApplication>
#include <QClipboard>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QScreen>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace lectern::gui {

namespace {

constexpr int kHideMs = 300;     // time to get from the chip into the popover
constexpr int kCharacters = 44;  // across
constexpr int kGap = 2;
constexpr qsizetype kQuoteLength = 400;

QLabel* plainLabel(QWidget* parent) {
  auto* label = new QLabel(parent);
  label->setTextFormat(Qt::PlainText);
  label->setWordWrap(true);
  return label;
}

QString shortened(const QString& text) {
  return text.size() <= kQuoteLength ? text : text.left(kQuoteLength) + QStringLiteral("…");
}

}  // namespace

ChipPopover::ChipPopover(QWidget* window) : QFrame(window) {
  setFrameShape(QFrame::Box);
  setAutoFillBackground(true);
  setBackgroundRole(QPalette::ToolTipBase);
  setForegroundRole(QPalette::ToolTipText);
  title_ = plainLabel(this);
  QFont bold = title_->font();
  bold.setBold(true);
  title_->setFont(bold);
  quote_ = plainLabel(this);
  verdict_ = plainLabel(this);
  for (QLabel* label : {title_, quote_, verdict_}) label->setForegroundRole(QPalette::ToolTipText);
  open_ = new QPushButton(tr("Open"), this);
  copy_ = new QPushButton(tr("Copy quotation and reference"), this);
  buttons_ = new QBoxLayout(QBoxLayout::LeftToRight);
  buttons_->addWidget(open_);
  buttons_->addWidget(copy_);
  buttons_->addStretch(1);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(title_);
  layout->addWidget(quote_);
  layout->addWidget(verdict_);
  layout->addLayout(buttons_);
  hide();

  hideTimer_.setSingleShot(true);
  hideTimer_.setInterval(kHideMs);
  connect(&hideTimer_, &QTimer::timeout, this, [this] {
    if (!underMouse() && !isAncestorOf(QApplication::focusWidget())) hide();
  });
  connect(open_, &QPushButton::clicked, this, [this] {
    hide();
    emit openWanted();
  });
  connect(copy_, &QPushButton::clicked, this,
          [this] { QApplication::clipboard()->setText(copied_); });
  connect(qApp, &QApplication::focusChanged, this, [this](QWidget* old, QWidget* /*now*/) {
    if (old != nullptr && isAncestorOf(old)) leave();
  });
}

void ChipPopover::show(const Evidence& evidence, const QString& title, const QRect& chip) {
  hideTimer_.stop();
  const Citation& citation = evidence.citation;
  title_->setText(tr("%1 · page %2").arg(isolated(title), QLocale().toString(citation.page)));
  quote_->setText(QStringLiteral("“%1”").arg(shortened(toQt(citation.quote).simplified())));
  verdict_->setText(verdictText(evidence));
  copied_ = quoteWithReference(citation, title);
  setAccessibleName(text());
  for (QPushButton* button : {open_, copy_}) button->setAccessibleDescription(text());
  place(chip);
  raise();
  setVisible(true);
}

QString ChipPopover::text() const {
  return title_->text() + QLatin1Char('\n') + quote_->text() + QLatin1Char('\n') + verdict_->text();
}

// The window as far as the chip's screen shows it.
QRect ChipPopover::roomAround(const QRect& chip) const {
  const QWidget* window = parentWidget();
  const QScreen* screen = QGuiApplication::screenAt(window->mapToGlobal(chip.center()));
  if (screen == nullptr) return window->rect();
  QRect seen = screen->availableGeometry();
  seen.moveTopLeft(window->mapFromGlobal(seen.topLeft()));
  return window->rect() & seen;
}

// Below the chip where there is room, else above it; always where it can be seen.
void ChipPopover::place(const QRect& chip) {
  const QRect room = roomAround(chip);
  buttons_->setDirection(QBoxLayout::LeftToRight);
  layout()->activate();
  if (minimumSizeHint().width() > room.width()) {
    buttons_->setDirection(QBoxLayout::TopToBottom);
    layout()->activate();
  }
  const int wanted =
      std::max(fontMetrics().averageCharWidth() * kCharacters, minimumSizeHint().width());
  const int width = std::min(wanted, room.width());
  setFixedWidth(width);
  const int height = std::min(heightForWidth(width), room.height());
  setFixedHeight(height);
  const bool below = chip.bottom() + kGap + height <= room.bottom();
  const int x = layoutDirection() == Qt::RightToLeft ? chip.right() - width : chip.left();
  const int y = below ? chip.bottom() + kGap : chip.top() - kGap - height;
  move(std::clamp(x, room.left(), room.left() + room.width() - width),
       std::clamp(y, room.top(), room.top() + room.height() - height));
}

void ChipPopover::enter() {
  focusBefore_ = QApplication::focusWidget();
  open_->setFocus(Qt::PopupFocusReason);
}

void ChipPopover::leave() {
  hideTimer_.start();
}

void ChipPopover::dismiss() {
  QWidget* before = focusBefore_;
  hide();
  if (before != nullptr) before->setFocus(Qt::PopupFocusReason);
}

void ChipPopover::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape) {
    dismiss();
    return;
  }
  QFrame::keyPressEvent(event);
}

void ChipPopover::leaveEvent(QEvent* event) {
  QFrame::leaveEvent(event);
  leave();
}

}  // namespace lectern::gui
