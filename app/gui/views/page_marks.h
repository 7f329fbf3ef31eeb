// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QPainter>
#include <QRectF>

namespace lectern::gui {

// How places on a page are marked. Paper is white in every theme, and so the marks on it have
// colours of their own; each kind has a shape of its own besides, for whoever sees no colours.

/// Evidence: a marker's fill, a hatch and an outline; evidence that is not the current one has a
/// dashed outline and no hatch. What only came near is not filled.
void paintEvidence(QPainter& painter, const QRectF& place, bool current, bool proven);
/// A hit: a pale fill over a thick line below the words; around the current hit a frame.
/// `quarters`: how far the page, and with it the words, is turned to the right.
void paintHit(QPainter& painter, const QRectF& place, int quarters, bool current);
/// Selected text, in the colour of selections, the ink seen through it.
void paintSelection(QPainter& painter, const QRectF& place, const QColor& highlight);

}  // namespace lectern::gui
