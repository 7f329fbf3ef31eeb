// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ingest/helper/pdf/page_assembler.h"

#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::test {

/// A page of words set by hand: every glyph is six points wide, "i", "l" and "t" four unless the
/// font is "Mono", and every line ten high.
class PageSketch {
 public:
  std::string font = "Serif";
  int quarterTurns = 0;

  /// Sets the words of `text`, parted by spaces, from the point (x, y), which is measured in the
  /// direction of reading. The words may be changed until the page is assembled.
  std::vector<helper::pdf::PlacedWord>& line(std::u32string_view text, double x, double y) {
    auto& words = lines_.emplace_back();
    while (!text.empty()) {
      const size_t end = std::min(text.find(U' '), text.size());
      helper::pdf::PlacedWord word;
      word.font = font;
      word.fontSize = 10;
      word.quarterTurns = quarterTurns;
      for (const char32_t c : text.substr(0, end)) {
        word.text.push_back(c);
        const bool narrow = font != "Mono" && (c == U'i' || c == U'l' || c == U't');
        const double width = narrow ? 4 : 6;
        word.boxes.push_back(turned({x, y, x + width, y + 10}));
        x += width;
      }
      word.spaceAfter = end < text.size();
      text.remove_prefix(std::min(end + 1, text.size()));
      x += 6;
      words.push_back(std::move(word));
    }
    return words;
  }

  helper::pdf::PageText assemble() const {
    helper::pdf::PageContent content{kWidth, kHeight, {}};
    for (const auto& words : lines_) {
      content.words.insert(content.words.end(), words.begin(), words.end());
    }
    return helper::pdf::assemblePage(content);
  }

 private:
  static constexpr double kWidth = 600;
  static constexpr double kHeight = 800;

  [[nodiscard]] helper::pdf::BoxPt turned(const helper::pdf::BoxPt& box) const {
    if (quarterTurns != 3) return box;
    return {box.top, kHeight - box.right, box.bottom, kHeight - box.left};
  }

  std::list<std::vector<helper::pdf::PlacedWord>> lines_;
};

}  // namespace lectern::test
