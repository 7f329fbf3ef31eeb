// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/pdf/table_cells.h"

#include "ingest/helper/pdf/column_cut.h"

#include <algorithm>
#include <utility>

namespace lectern::helper::pdf {

namespace {

constexpr size_t kLeastRows = 3;
// In font sizes; a space in justified text is narrower.
constexpr double kLeastBorder = 0.5;

using Interval = std::pair<double, double>;

// The stretches of x that no word of these rows touches, as their middles.
std::vector<double> bordersOf(const std::vector<Row>& rows,
                              size_t begin,
                              size_t end,
                              const std::vector<BoxPt>& boxes) {
  std::vector<Interval> taken;
  for (size_t i = begin; i < end; ++i) {
    for (const Piece& piece : rows[i].pieces) {
      for (const int word : piece.words) {
        const BoxPt& box = boxes[static_cast<size_t>(word)];
        taken.emplace_back(box.left, box.right);
      }
    }
  }
  std::sort(taken.begin(), taken.end());
  std::vector<double> borders;
  double reach = taken.front().second;
  for (const auto& [left, right] : taken) {
    if (left - reach >= kLeastBorder * rows[begin].size) borders.push_back((left + reach) / 2);
    reach = std::max(reach, right);
  }
  return borders;
}

// Words in reading direction, cut at each border between two of them.
void part(Row& row, const std::vector<double>& borders, const std::vector<BoxPt>& boxes) {
  std::vector<Piece> parts;
  for (const Piece& piece : row.pieces) {
    std::vector<int> words = piece.words;
    std::sort(words.begin(), words.end(), [&](int a, int b) {
      return boxes[static_cast<size_t>(a)].left < boxes[static_cast<size_t>(b)].left;
    });
    const auto cellOf = [&](int word) {
      return std::upper_bound(borders.begin(), borders.end(),
                              boxes[static_cast<size_t>(word)].left) -
             borders.begin();
    };
    for (size_t i = 0; i < words.size(); ++i) {
      const BoxPt& box = boxes[static_cast<size_t>(words[i])];
      if (i == 0 || cellOf(words[i]) != cellOf(words[i - 1])) {
        parts.push_back({{words[i]}, box});
      } else {
        parts.back().words.push_back(words[i]);
        parts.back().box = united(parts.back().box, box);
      }
    }
  }
  row.pieces = std::move(parts);
}

}  // namespace

void partCells(std::vector<Row>& rows, const std::vector<BoxPt>& boxes) {
  constexpr double kCode = 0.9;
  const auto isTable = [](const Row& row) {
    return row.pieces.size() > 1 && row.monoShare < kCode;
  };
  for (size_t begin = 0; begin < rows.size();) {
    size_t end = begin;
    while (end < rows.size() && isTable(rows[end])) ++end;
    if (end - begin >= kLeastRows) {
      const std::vector<double> borders = bordersOf(rows, begin, end, boxes);
      for (size_t i = begin; i < end; ++i) part(rows[i], borders, boxes);
    }
    begin = std::max(end, begin + 1);
  }
}

}  // namespace lectern::helper::pdf
