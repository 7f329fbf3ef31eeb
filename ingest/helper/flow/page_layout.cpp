// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/flow/page_layout.h"

#include "ingest/helper/flow/run_collector.h"

#include <pango/pangocairo.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace lectern::helper {

namespace {

ObjectPtr<PangoLayout> layOut(const FlowBlock& block, std::string_view text, TypeSetting& setting) {
  ObjectPtr<PangoLayout> layout(pango_layout_new(setting.context()));
  pango_layout_set_font_description(layout.get(), setting.styleOf(block).font());
  pango_layout_set_width(layout.get(), static_cast<int>(textWidthPt(block) * PANGO_SCALE));
  pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
  pango_layout_set_auto_dir(layout.get(), TRUE);

  // A hyphen that stands in no text would be ink outside every rectangle.
  PangoAttrList* attributes = pango_attr_list_new();
  pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE));
  pango_layout_set_attributes(layout.get(), attributes);
  pango_attr_list_unref(attributes);

  if (text.find('\t') != std::string_view::npos) {
    const int stops = static_cast<int>(std::count(text.begin(), text.end(), '\t'));
    const double width = setting.tabWidthPt(block, text);
    PangoTabArray* tabs = pango_tab_array_new(std::min(stops, 64), FALSE);
    for (int i = 0; i < std::min(stops, 64); ++i) {
      pango_tab_array_set_tab(tabs, i, PANGO_TAB_LEFT,
                              static_cast<int>(width * (i + 1) * PANGO_SCALE));
    }
    pango_layout_set_tabs(layout.get(), tabs);
    pango_tab_array_free(tabs);
  }
  pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
  return layout;
}

double heightPt(PangoLayout* layout) {
  PangoRectangle logical{};
  pango_layout_get_extents(layout, nullptr, &logical);
  return static_cast<double>(logical.height) / PANGO_SCALE;
}

bool areOneList(const FlowBlock& a, const FlowBlock& b) {
  return a.kind == b.kind && (a.kind == BlockKind::ListItem || a.kind == BlockKind::TableRow);
}

}  // namespace

PageLayout::PageLayout(const FlowDocument& document,
                       std::span<const FlowPiece> pieces,
                       TypeSetting& setting)
    : document_(document) {
  double y = 0;
  for (const FlowPiece& piece : pieces) {
    Placed placed;
    placed.block = &document.blocks()[piece.block];
    placed.piece = piece;
    placed.layout = layOut(*placed.block, document.textOf(piece.span), setting);
    if (!placed_.empty() && !piece.goesOn) y += gapPt(*placed_.back().block, *placed.block);
    placed.x = Sheet::kIndentPt * placed.block->indent;
    placed.y = y;
    y += heightPt(placed.layout.get());
    placed_.push_back(std::move(placed));
  }
  if (y > Sheet::kTextHeightPt) scale_ = Sheet::kTextHeightPt / y;
}

Page PageLayout::page() const {
  Page page;
  page.widthPt = Sheet::kWidthPt;
  page.heightPt = Sheet::kHeightPt;
  page.state = placed_.empty() ? PageState::Blank : PageState::Text;
  const FlowBlock* previous = nullptr;
  for (const Placed& placed : placed_) {
    const bool goesOn = placed.piece.goesOn && previous != nullptr;
    if (previous != nullptr && !goesOn) {
      page.text += areOneList(*previous, *placed.block) ? "\n" : "\n\n";
    }
    previous = placed.block;
    const auto begin = static_cast<int64_t>(page.text.size());
    const std::string_view text = document_.textOf(placed.piece.span);
    page.text += text;
    const auto end = static_cast<int64_t>(page.text.size());
    if (!goesOn) page.blocks.push_back({placed.block->kind, placed.block->level, {begin, end}});
    page.blocks.back().span.end = end;
    const Placement placement{scale_, Sheet::kMarginPt + scale_ * placed.x,
                              Sheet::kMarginPt + scale_ * placed.y};
    collectRuns(placed.layout.get(), text, begin, placement, page.runs);
  }
  if (!placed_.empty()) page.text += "\n\n";
  return page;
}

void PageLayout::draw(cairo_t* cairo) const {
  cairo_set_source_rgb(cairo, 0, 0, 0);
  cairo_translate(cairo, Sheet::kMarginPt, Sheet::kMarginPt);
  cairo_scale(cairo, scale_, scale_);
  for (const Placed& placed : placed_) {
    cairo_move_to(cairo, placed.x, placed.y);
    pango_cairo_show_layout(cairo, placed.layout.get());
  }
}

}  // namespace lectern::helper
