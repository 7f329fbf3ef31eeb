// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ingest/helper/flow/flow_document.h"
#include "ingest/helper/flow/type_setting.h"

#include <cstdint>
#include <span>
#include <vector>

namespace lectern::helper {

/// A block, or the part of it that stands on one page and is laid out at once.
struct FlowPiece {
  uint32_t block = 0;
  bool goesOn = false;  ///< in the middle of a word, right under the piece before it on this page
  TextSpan span;        ///< in the document's text, without white space at its ends
};

/// Which text stands on which page: the sum of advances says where lines end, about as the layout
/// will, in one pass over the text and at some 50 MB a second. So the number of pages is known
/// before any of them is laid out, and each can be laid out by itself.
class Pagination {
 public:
  Pagination(const FlowDocument& document, TypeSetting& setting);

  [[nodiscard]] int pageCount() const { return static_cast<int>(firstPiece_.size()); }
  /// Counted from 1.
  [[nodiscard]] std::span<const FlowPiece> piecesOf(int page) const;

 private:
  void place(uint32_t block, const FlowDocument& document, TypeSetting& setting);
  void startPage();

  std::vector<FlowPiece> pieces_;
  std::vector<size_t> firstPiece_;  // of each page
  double usedPt_ = 0;               // of the last page
};

}  // namespace lectern::helper
