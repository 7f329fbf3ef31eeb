// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace lectern::text {

/// Finds the running headers and footers of a document: what stands with the same words, numbers
/// aside, at the same height on several pages. First everything that stands in a margin is added,
/// then one asks.
class Furniture {
 public:
  static constexpr int kFewestPages = 3;
  /// How far apart two heights may be, in Rect units: 1 % of the page.
  static constexpr int kTolerance = 655;

  /// A text in the margin of a page, and where it starts, in Rect units. Pages come in order.
  void add(std::string_view text, uint16_t top, int page);

  /// Whether that text, added before, is furniture.
  [[nodiscard]] bool contains(std::string_view text, uint16_t top) const;

 private:
  struct Place {
    uint16_t top;
    int page;
  };
  std::unordered_map<std::string, std::vector<Place>> places_;
};

/// Finds titles that change from page to page by the page's printed number beside them: "392
/// nchar". The number is the first or the last word and differs from the page's own by the same on
/// a good part of the pages.
class NumberedTitles {
 public:
  /// A text in the margin of a page.
  void add(std::string_view text, int page);

  /// Whether that text, added before, is such a title. `pages` is how many the document has.
  [[nodiscard]] bool contains(std::string_view text, int page, int pages) const;

 private:
  std::unordered_map<int, int> pagesByDifference_;
};

/// The headings that a running title may repeat: those that a page stands under, and its own.
class RunningTitles {
 public:
  void add(std::string_view heading);

  /// True where all words of the text are words of these headings, numbers and "Chapter" aside:
  /// "CHAPTER 2. REQUIREMENTS 2.3. MEMORY". Such a title changes too often to be found by
  /// repetition, and nothing is lost without it.
  [[nodiscard]] bool cover(std::string_view text) const;

 private:
  std::unordered_set<std::string> words_;
};

/// True for a page number and nothing else: "12", "- xiv -", "12 / 80".
bool isBarePageNumber(std::string_view text);

}  // namespace lectern::text
