// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ingest/helper/flow/flow_document.h"

#include <pango/pango.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace lectern::helper {

/// Gives GObjects back.
struct ObjectRelease {
  void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using ObjectPtr = std::unique_ptr<T, ObjectRelease>;

/// The page that text is laid out on: A4, in points.
struct Sheet {
  static constexpr double kWidthPt = 595;
  static constexpr double kHeightPt = 842;
  static constexpr double kMarginPt = 56;
  static constexpr double kIndentPt = 18;
  static constexpr double kTextWidthPt = kWidthPt - 2 * kMarginPt;
  static constexpr double kTextHeightPt = kHeightPt - 2 * kMarginPt;
};

/// The fonts of the flow layout. Every measure is independent of the resolution that a page is
/// drawn at later, and of the desktop's settings.
class TypeSetting {
 public:
  /// The one of this process: to find and load the fonts takes longer than most documents. It stays
  /// until the end. Thread: one at a time.
  static TypeSetting& instance();

  /// One font in one size, and the advance of every character in it.
  class Style {
   public:
    /// In points, of the font's own glyph; a character it lacks is taken to be as wide as high.
    double advance(char32_t codePoint);
    [[nodiscard]] double lineHeight() const { return lineHeight_; }
    [[nodiscard]] const PangoFontDescription* font() const { return description_.get(); }

   private:
    friend class TypeSetting;
    struct Free {
      void operator()(PangoFontDescription* description) const {
        pango_font_description_free(description);
      }
    };
    double measure(char32_t codePoint);

    std::unique_ptr<PangoFontDescription, Free> description_;
    ObjectPtr<PangoFont> font_;
    double sizePt_ = 0;
    double lineHeight_ = 0;
    std::vector<float> advances_;  // of the basic plane; below zero where not measured yet
  };

  Style& styleOf(const FlowBlock& block);
  [[nodiscard]] PangoContext* context() const { return context_.get(); }

  /// How far apart the tab stops of a block are.
  double tabWidthPt(const FlowBlock& block, std::string_view text);

 private:
  TypeSetting();

  enum Role { Body, Mono, Heading1, Heading2, Heading3, Heading4, RoleCount };
  static Role roleOf(const FlowBlock& block);
  void load(Role role, const char* family, double sizePt, bool bold);

  ObjectPtr<PangoFontMap> map_;
  ObjectPtr<PangoContext> context_;
  std::vector<Style> styles_;
};

/// The width that a block of that indentation has.
inline double textWidthPt(const FlowBlock& block) {
  return Sheet::kTextWidthPt - Sheet::kIndentPt * block.indent;
}

/// White space above a block that follows another on the same page.
double gapPt(const FlowBlock& previous, const FlowBlock& block);

}  // namespace lectern::helper
