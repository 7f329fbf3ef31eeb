// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/flow/type_setting.h"

#include <cairo.h>
#include <hb.h>
#include <pango/pangocairo.h>

#include <algorithm>

namespace lectern::helper {

namespace {

constexpr double kBodyPt = 10.5;
constexpr double kMonoPt = 9;
constexpr size_t kBasicPlane = 0x10000;
constexpr float kNotMeasured = -1;

double toPt(int units) {
  return static_cast<double>(units) / PANGO_SCALE;
}

bool isCompact(const FlowBlock& block) {
  return block.kind == BlockKind::ListItem || block.kind == BlockKind::TableRow;
}

}  // namespace

TypeSetting& TypeSetting::instance() {
  static auto* const setting = new TypeSetting();
  return *setting;
}

TypeSetting::TypeSetting()
    : map_(pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT)),
      context_(pango_font_map_create_context(map_.get())) {
  pango_cairo_font_map_set_resolution(PANGO_CAIRO_FONT_MAP(map_.get()), 72);
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  pango_cairo_context_set_font_options(context_.get(), options);
  cairo_font_options_destroy(options);
  pango_context_set_round_glyph_positions(context_.get(), FALSE);
  pango_context_set_language(context_.get(), pango_language_from_string("en"));

  styles_.resize(RoleCount);
  load(Body, "DejaVu Sans", kBodyPt, false);
  load(Mono, "DejaVu Sans Mono", kMonoPt, false);
  load(Heading1, "DejaVu Sans", 18, true);
  load(Heading2, "DejaVu Sans", 15, true);
  load(Heading3, "DejaVu Sans", 13, true);
  load(Heading4, "DejaVu Sans", 11.5, true);
}

void TypeSetting::load(Role role, const char* family, double sizePt, bool bold) {
  Style& style = styles_[role];
  style.description_.reset(pango_font_description_new());
  pango_font_description_set_family(style.description_.get(), family);
  pango_font_description_set_size(style.description_.get(), static_cast<int>(sizePt * PANGO_SCALE));
  if (bold) pango_font_description_set_weight(style.description_.get(), PANGO_WEIGHT_BOLD);
  style.font_.reset(pango_font_map_load_font(map_.get(), context_.get(), style.description_.get()));
  style.sizePt_ = sizePt;
  PangoFontMetrics* metrics = pango_font_get_metrics(style.font_.get(), nullptr);
  style.lineHeight_ =
      toPt(pango_font_metrics_get_ascent(metrics) + pango_font_metrics_get_descent(metrics));
  pango_font_metrics_unref(metrics);
  style.advances_.assign(kBasicPlane, kNotMeasured);
}

double TypeSetting::Style::advance(char32_t codePoint) {
  if (codePoint >= kBasicPlane) return sizePt_;
  float& known = advances_[codePoint];
  if (known < 0) known = static_cast<float>(measure(codePoint));
  return known;
}

double TypeSetting::Style::measure(char32_t codePoint) {
  hb_codepoint_t glyph = 0;
  if (font_ == nullptr ||
      hb_font_get_nominal_glyph(pango_font_get_hb_font(font_.get()), codePoint, &glyph) == 0) {
    return sizePt_;
  }
  PangoRectangle logical{};
  pango_font_get_glyph_extents(font_.get(), glyph, nullptr, &logical);
  return std::max(0.0, toPt(logical.width));
}

TypeSetting::Role TypeSetting::roleOf(const FlowBlock& block) {
  if (block.kind == BlockKind::Code) return Mono;
  if (block.kind != BlockKind::Heading) return Body;
  constexpr Role kByLevel[] = {Heading3, Heading1, Heading2, Heading3};
  return block.level <= 3 ? kByLevel[block.level] : Heading4;
}

TypeSetting::Style& TypeSetting::styleOf(const FlowBlock& block) {
  return styles_[roleOf(block)];
}

double TypeSetting::tabWidthPt(const FlowBlock& block, std::string_view text) {
  if (block.kind != BlockKind::TableRow) return 8 * styleOf(block).advance(' ');
  const auto columns = static_cast<double>(std::count(text.begin(), text.end(), '\t') + 1);
  return std::max(kBodyPt, textWidthPt(block) / columns);
}

double gapPt(const FlowBlock& previous, const FlowBlock& block) {
  if (isCompact(previous) && isCompact(block) && previous.kind == block.kind) return 2;
  return block.kind == BlockKind::Heading ? 12 : 7;
}

}  // namespace lectern::helper
