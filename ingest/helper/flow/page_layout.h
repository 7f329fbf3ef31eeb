// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/page.h"
#include "ingest/helper/flow/flow_document.h"
#include "ingest/helper/flow/paginator.h"
#include "ingest/helper/flow/type_setting.h"

#include <cairo.h>

#include <span>
#include <vector>

namespace lectern::helper {

/// One page of a flow document, laid out by Pango. The rectangles of the page's text and its pixels
/// come from the same layouts. A page that became longer than the pagination had reckoned is set a
/// little smaller, so that it always fits.
class PageLayout {
 public:
  PageLayout(const FlowDocument& document, std::span<const FlowPiece> pieces, TypeSetting& setting);

  /// Text, runs and blocks; the number is the caller's.
  [[nodiscard]] Page page() const;
  /// In points, from the page's top left corner.
  void draw(cairo_t* cairo) const;

 private:
  struct Placed {
    const FlowBlock* block = nullptr;
    FlowPiece piece;
    ObjectPtr<PangoLayout> layout;
    double x = 0;  // from the text area's top left corner, before scaling
    double y = 0;
  };

  const FlowDocument& document_;
  std::vector<Placed> placed_;
  double scale_ = 1;
};

}  // namespace lectern::helper
