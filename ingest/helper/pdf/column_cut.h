// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ingest/helper/pdf/page_assembler.h"

#include <vector>

namespace lectern::helper::pdf {

/// A stretch of a line without a wide gap, in the reading view.
struct Fragment {
  std::vector<int> words;
  BoxPt box;
  int glyphs = 0;
  double size = 0;
};

/// Fragments that share a line.
struct FragmentRow {
  std::vector<Fragment> fragments;
  BoxPt box;   ///< of all of them
  BoxPt band;  ///< of the one with most glyphs: a raised figure does not widen a line

  [[nodiscard]] double middle() const { return (band.top + band.bottom) / 2; }
};

/// Rows in reading order between two edges.
struct CutColumn {
  double left = 0;
  double right = 0;
  std::vector<FragmentRow> rows;
};

/// Two boxes are on one line when they share this much of the lower one's height.
constexpr double kSameLineOverlap = 0.5;

double overlapShare(const BoxPt& a, const BoxPt& b);
BoxPt united(const BoxPt& a, const BoxPt& b);

/// The fragments as rows from top to bottom.
std::vector<FragmentRow> groupRows(std::vector<Fragment> fragments);

/// Puts fragments into reading order. A gutter that runs down through the region, crossed by few
/// fragments, parts it into columns between what crosses it; where the two sides look like a
/// table's cells (short, and on the same lines) they stay rows. Without a gutter the region is cut
/// at its white bands, and each part is looked at by itself.
std::vector<CutColumn> cutColumns(std::vector<Fragment> fragments,
                                  double left,
                                  double right,
                                  double bodySize);

}  // namespace lectern::helper::pdf
