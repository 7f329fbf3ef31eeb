// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/page_marks.h"

#include <QPen>

namespace lectern::gui {

namespace {

void multiply(QPainter& painter, const QRectF& box, const QColor& colour) {
  painter.setCompositionMode(QPainter::CompositionMode_Multiply);
  painter.fillRect(box, colour);
  painter.setCompositionMode(QPainter::CompositionMode_SourceOver);
}

/// A line where the feet of the letters are.
QRectF below(const QRectF& place, int quarters) {
  switch (quarters) {
    case 1:
      return {place.left() - 2, place.top(), 3, place.height()};
    case 2:
      return {place.left(), place.top() - 2, place.width(), 3};
    case 3:
      return {place.right() - 1, place.top(), 3, place.height()};
    default:
      return {place.left(), place.bottom() - 1, place.width(), 3};
  }
}

}  // namespace

void paintEvidence(QPainter& painter, const QRectF& place, bool current, bool proven) {
  const QColor ink(0xb0, 0x60, 0x00);
  const QRectF box = place.adjusted(-2, -1, 2, 1);
  if (proven) multiply(painter, box, QColor(0xff, 0xe6, 0x80));
  if (proven && current) {
    QColor hatch = ink;
    hatch.setAlpha(60);
    painter.fillRect(box, QBrush(hatch, Qt::BDiagPattern));
  }
  painter.setPen(QPen(ink, 1.5, current ? Qt::SolidLine : Qt::DashLine));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(box);
}

void paintHit(QPainter& painter, const QRectF& place, int quarters, bool current) {
  const QColor ink(0x1a, 0x5f, 0xb4);
  multiply(painter, place, QColor(0xc8, 0xe4, 0xff));
  painter.fillRect(below(place, quarters), ink);
  if (!current) return;
  painter.setPen(QPen(ink, 2.5));
  painter.setBrush(Qt::NoBrush);
  painter.drawRoundedRect(place.adjusted(-3, -3, 3, 3), 4, 4);
}

void paintSelection(QPainter& painter, const QRectF& place, const QColor& highlight) {
  QColor colour = highlight;
  colour.setAlpha(90);
  painter.fillRect(place, colour);
}

}  // namespace lectern::gui
