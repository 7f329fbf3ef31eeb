// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/budget_bar.h"

#include <QAccessible>
#include <QAccessibleWidget>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QLocale>
#include <QPainter>
#include <QStyle>
#include <QToolTip>

#include <algorithm>
#include <array>
#include <utility>

namespace lectern::gui {

namespace {

constexpr int kMargin = 8;
constexpr int kGap = 8;
constexpr int kLeastWidth = 3;  // of a part, so that it can be seen

/// The part that is current, as its value and in words.
class AccessibleBudgetBar : public QAccessibleWidget, public QAccessibleValueInterface {
 public:
  explicit AccessibleBudgetBar(BudgetBar* bar) : QAccessibleWidget(bar, QAccessible::ProgressBar) {}

  void* interface_cast(QAccessible::InterfaceType type) override {
    if (type == QAccessible::ValueInterface) return static_cast<QAccessibleValueInterface*>(this);
    return QAccessibleWidget::interface_cast(type);
  }
  [[nodiscard]] QString text(QAccessible::Text kind) const override {
    if (kind == QAccessible::Value) return bar()->describe(bar()->currentPart());
    if (kind == QAccessible::Description) return bar()->sentence();
    return QAccessibleWidget::text(kind);
  }

  [[nodiscard]] QVariant currentValue() const override {
    return bar()->parts().empty() ? QVariant() : QVariant::fromValue(tokens(bar()->currentPart()));
  }
  void setCurrentValue(const QVariant& /*value*/) override {}
  [[nodiscard]] QVariant maximumValue() const override {
    qlonglong sum = 0;
    for (const BudgetPart& part : bar()->parts()) sum += part.tokens;
    return sum;
  }
  [[nodiscard]] QVariant minimumValue() const override { return 0; }
  [[nodiscard]] QVariant minimumStepSize() const override { return 1; }

 private:
  [[nodiscard]] BudgetBar* bar() const { return static_cast<BudgetBar*>(widget()); }
  [[nodiscard]] qlonglong tokens(int part) const {
    return bar()->parts()[static_cast<size_t>(part)].tokens;
  }
};

QAccessibleInterface* accessibleBudgetBar(const QString& /*type*/, QObject* object) {
  auto* bar = qobject_cast<BudgetBar*>(object);
  return bar == nullptr ? nullptr : new AccessibleBudgetBar(bar);
}

/// A pattern that its neighbours do not have.
Qt::BrushStyle patternOf(const BudgetPart& part, size_t number) {
  static constexpr std::array kPatterns = {Qt::SolidPattern, Qt::BDiagPattern, Qt::Dense4Pattern,
                                           Qt::FDiagPattern, Qt::HorPattern};
  switch (part.kind) {
    case BudgetPart::Kind::Prompt:
      return Qt::DiagCrossPattern;
    case BudgetPart::Kind::Answer:
      return Qt::VerPattern;
    case BudgetPart::Kind::Free:
      return Qt::NoBrush;
    case BudgetPart::Kind::TooMuch:
      return Qt::CrossPattern;
    case BudgetPart::Kind::Document:
      break;
  }
  return kPatterns[number % kPatterns.size()];
}

}  // namespace

BudgetBar::BudgetBar(QWidget* parent) : QWidget(parent) {
  static const bool installed = [] {
    QAccessible::installFactory(accessibleBudgetBar);
    return true;
  }();
  Q_UNUSED(installed);
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(tr("What is in the context"));
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setCursor(Qt::PointingHandCursor);
}

void BudgetBar::setBudget(const QString& sentence, std::vector<BudgetPart> parts) {
  sentence_ = sentence;
  parts_ = std::move(parts);
  current_ = std::clamp(current_, 0, std::max(0, static_cast<int>(parts_.size()) - 1));
  updateGeometry();
  update();
  tellReaders();
}

QString BudgetBar::describe(int part) const {
  if (part < 0 || part >= static_cast<int>(parts_.size())) return sentence_;
  const BudgetPart& shown = parts_[static_cast<size_t>(part)];
  return tr("%1: %2 tokens")
      .arg(shown.name, QLocale().toString(static_cast<qlonglong>(shown.tokens)));
}

QSize BudgetBar::sizeHint() const {
  return {400, fontMetrics().lineSpacing() + 8};
}

QSize BudgetBar::minimumSizeHint() const {
  return {120, fontMetrics().lineSpacing() + 8};
}

// The sentence has its room, and the bar the rest; in a mirrored window the other way round.
QRect BudgetBar::barRect() const {
  const int words = std::min(fontMetrics().horizontalAdvance(sentence_), width() * 2 / 3);
  const QRect inside = rect().adjusted(kMargin, 4, -kMargin - words - kGap, -4);
  return QStyle::visualRect(layoutDirection(), rect(), inside);
}

QRect BudgetBar::partRect(int part) const {
  const QRect bar = barRect();
  int64_t sum = 0;
  for (const BudgetPart& one : parts_) sum += one.tokens;
  if (sum <= 0 || bar.width() <= 0) return {};
  // Each has its least width first, and of the rest what its tokens are worth.
  const auto count = static_cast<int64_t>(parts_.size());
  const int64_t rest = std::max<int64_t>(0, bar.width() - count * kLeastWidth);
  const auto edge = [&](int index) {
    int64_t before = 0;
    for (int i = 0; i < index; ++i) before += parts_[static_cast<size_t>(i)].tokens;
    return static_cast<int>(int64_t{index} * kLeastWidth + rest * before / sum);
  };
  const QRect logical(bar.left() + edge(part), bar.top(), edge(part + 1) - edge(part),
                      bar.height());
  return QStyle::visualRect(layoutDirection(), bar, logical);
}

int BudgetBar::partAt(QPoint point) const {
  for (int i = 0; i < static_cast<int>(parts_.size()); ++i) {
    if (partRect(i).contains(point)) return i;
  }
  return -1;
}

void BudgetBar::paintEvent(QPaintEvent* /*event*/) {
  QPainter painter(this);
  const QPalette colours = palette();
  QRect words = rect().adjusted(kMargin, 0, -kMargin, 0);
  if (!parts_.empty()) {
    words.setLeft(words.right() -
                  std::min(fontMetrics().horizontalAdvance(sentence_), width() * 2 / 3));
    words = QStyle::visualRect(layoutDirection(), rect(), words);
  }
  painter.setPen(colours.color(QPalette::WindowText));
  painter.drawText(words,
                   QStyle::visualAlignment(layoutDirection(), Qt::AlignLeft | Qt::AlignVCenter),
                   fontMetrics().elidedText(sentence_, Qt::ElideRight, words.width()));
  if (hasFocus() && parts_.empty()) {
    painter.setPen(QPen(colours.color(QPalette::Highlight), 2));
    painter.drawRect(rect().adjusted(1, 1, -2, -2));
  }

  size_t documents = 0;
  for (int i = 0; i < static_cast<int>(parts_.size()); ++i) {
    const BudgetPart& part = parts_[static_cast<size_t>(i)];
    const QRect box = partRect(i);
    const size_t number = part.kind == BudgetPart::Kind::Document ? documents++ : 0;
    painter.fillRect(box, colours.color(QPalette::Base));
    const QPalette::ColorRole role =
        part.kind == BudgetPart::Kind::Document ? QPalette::Highlight : QPalette::Text;
    painter.fillRect(box, QBrush(colours.color(role), patternOf(part, number)));
    painter.setPen(colours.color(QPalette::Text));
    painter.drawRect(box.adjusted(0, 0, -1, -1));
  }
  if (!hasFocus() || parts_.empty()) return;
  painter.setPen(QPen(colours.color(QPalette::WindowText), 2));
  painter.drawRect(partRect(current_).adjusted(-1, -2, 1, 2));
}

void BudgetBar::step(int to) {
  const int last = static_cast<int>(parts_.size()) - 1;
  if (last < 0) return;
  current_ = std::clamp(to, 0, last);
  update();
  tellReaders();
  if (hasFocus() && isVisible()) {
    QToolTip::showText(mapToGlobal(partRect(current_).center()), describe(current_), this);
  }
}

void BudgetBar::tellReaders() {
  setAccessibleDescription(describe(current_));
  if (parts_.empty() || !hasFocus()) return;
  QAccessibleValueChangeEvent changed(
      this, QVariant::fromValue<qlonglong>(parts_[static_cast<size_t>(current_)].tokens));
  QAccessible::updateAccessibility(&changed);
}

void BudgetBar::keyPressEvent(QKeyEvent* event) {
  const bool mirrored = layoutDirection() == Qt::RightToLeft;
  switch (event->key()) {
    case Qt::Key_Left:
      return step(current_ + (mirrored ? 1 : -1));
    case Qt::Key_Right:
      return step(current_ + (mirrored ? -1 : 1));
    case Qt::Key_Home:
      return step(0);
    case Qt::Key_End:
      return step(static_cast<int>(parts_.size()) - 1);
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Space:
      emit listWanted();
      return;
    default:
      QWidget::keyPressEvent(event);
  }
}

void BudgetBar::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton || !rect().contains(event->pos())) return;
  if (const int part = partAt(event->pos()); part >= 0) current_ = part;
  update();
  emit listWanted();
}

void BudgetBar::focusInEvent(QFocusEvent* event) {
  QWidget::focusInEvent(event);
  update();
  tellReaders();
}

bool BudgetBar::event(QEvent* event) {
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    QToolTip::showText(help->globalPos(), describe(partAt(help->pos())), this);
    return true;
  }
  return QWidget::event(event);
}

}  // namespace lectern::gui
