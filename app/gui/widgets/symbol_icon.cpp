// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/symbol_icon.h"

#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPainterPath>
#include <QPalette>
#include <QPixmap>

#include <algorithm>

namespace lectern::gui {

namespace {

// Symbols are drawn in a square of this size.
constexpr double kGrid = 24;
constexpr double kLine = 1.8;

void line(QPainterPath& path, QPointF from, QPointF to) {
  path.moveTo(from);
  path.lineTo(to);
}

void lens(QPainterPath& path) {
  path.addEllipse(QPointF(10, 10), 6, 6);
  line(path, {14.5, 14.5}, {20, 20});
}

/// An arrow's head at `tip`, open towards the left for `by` > 0.
void head(QPainterPath& path, QPointF tip, double by) {
  path.moveTo(tip + QPointF(-by, -by));
  path.lineTo(tip);
  path.lineTo(tip + QPointF(-by, by));
}

QPainterPath pathOf(Symbol symbol) {
  QPainterPath path;
  switch (symbol) {
    case Symbol::Add:
      line(path, {12, 4}, {12, 20});
      line(path, {4, 12}, {20, 12});
      break;
    case Symbol::Summarise:
      line(path, {4, 6}, {20, 6});
      line(path, {4, 12}, {16, 12});
      line(path, {4, 18}, {11, 18});
      break;
    case Symbol::Back:
      line(path, {5, 12}, {20, 12});
      head(path, {4, 12}, -6);
      break;
    case Symbol::Forward:
      line(path, {4, 12}, {19, 12});
      head(path, {20, 12}, 6);
      break;
    case Symbol::ZoomIn:
      lens(path);
      line(path, {10, 7}, {10, 13});
      line(path, {7, 10}, {13, 10});
      break;
    case Symbol::ZoomOut:
      lens(path);
      line(path, {7, 10}, {13, 10});
      break;
    case Symbol::FitWidth:
      line(path, {3, 4}, {3, 20});
      line(path, {21, 4}, {21, 20});
      line(path, {6.5, 12}, {17.5, 12});
      head(path, {17.5, 12}, 3);
      head(path, {6.5, 12}, -3);
      break;
    case Symbol::Turn:
      path.arcMoveTo(QRectF(5, 5, 14, 14), 60);
      path.arcTo(QRectF(5, 5, 14, 14), 60, 300);
      path.moveTo(14, 2.5);
      path.lineTo(15.5, 6);
      path.lineTo(12, 8);
      break;
    case Symbol::Find:
      lens(path);
      break;
    case Symbol::Follow:
      path.moveTo(3, 19);
      path.lineTo(3, 5);
      path.lineTo(9, 5);
      path.lineTo(11, 8);
      path.lineTo(21, 8);
      path.lineTo(21, 19);
      path.closeSubpath();
      break;
    case Symbol::Panel:
      path.addRoundedRect(QRectF(3, 5, 18, 14), 2, 2);
      line(path, {9, 5}, {9, 19});
      break;
  }
  return path;
}

bool isMirrored(Symbol symbol) {
  const bool points = symbol == Symbol::Back || symbol == Symbol::Forward ||
                      symbol == Symbol::Summarise || symbol == Symbol::Panel;
  return points && QGuiApplication::layoutDirection() == Qt::RightToLeft;
}

class SymbolEngine : public QIconEngine {
 public:
  explicit SymbolEngine(Symbol symbol) : symbol_(symbol) {}

  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
    const QPalette palette = QGuiApplication::palette();
    const auto group = mode == QIcon::Disabled ? QPalette::Disabled : QPalette::Active;
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const double side = std::min(rect.width(), rect.height());
    painter->translate(QRectF(rect).center());
    painter->scale((isMirrored(symbol_) ? -1 : 1) * side / kGrid, side / kGrid);
    painter->translate(-kGrid / 2, -kGrid / 2);
    painter->setPen(QPen(palette.color(group, QPalette::ButtonText), kLine, Qt::SolidLine,
                         Qt::RoundCap, Qt::RoundJoin));
    painter->drawPath(pathOf(symbol_));
    painter->restore();
  }

  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
    QPixmap pixmap(size);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    paint(&painter, QRect(QPoint(), size), mode, state);
    return pixmap;
  }

  [[nodiscard]] QIconEngine* clone() const override { return new SymbolEngine(*this); }

 private:
  Symbol symbol_;
};

}  // namespace

QIcon symbolIcon(Symbol symbol) {
  return QIcon(new SymbolEngine(symbol));
}

}  // namespace lectern::gui
