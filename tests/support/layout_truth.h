// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/fixtures.h"

#include <nlohmann/json.hpp>

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::test {

/// In points from the top left corner of the page as displayed: advance width by the font's ascent
/// and descent.
struct TrueRect {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
};

/// A word as it was drawn. One that was hyphenated at a line's end is whole here and has two
/// rectangles.
struct TrueWord {
  std::string text;
  std::string kind;  ///< body, heading, list, cell, header, footer, footnote
  std::vector<TrueRect> rects;
};

struct TruePage {
  double widthPt = 0;
  double heightPt = 0;
  int rotation = 0;
  std::string label;
  std::vector<TrueWord> words;  ///< in logical reading order; margins stand where they were drawn
};

struct TrueOutlineEntry {
  std::string title;
  int page = 0;
  int level = 1;
};

/// What tests/fixtures/pdf/make_fixtures.py drew.
struct LayoutTruth {
  std::string title;
  std::vector<TruePage> pages;
  std::vector<TrueOutlineEntry> outline;
};

/// Of "hebrew": tests/fixtures/pdf/layout/hebrew.json. Throws on a missing file: it is committed.
inline LayoutTruth layoutTruth(std::string_view name) {
  std::ifstream file(fixture("pdf/layout/" + std::string(name) + ".json"));
  const auto json = nlohmann::json::parse(file);
  LayoutTruth truth;
  truth.title = json.at("title");
  for (const auto& page : json.at("pages")) {
    TruePage& out = truth.pages.emplace_back(
        TruePage{page.at("width"), page.at("height"), page.at("rotation"), page.at("label"), {}});
    for (const auto& word : page.at("words")) {
      TrueWord& drawn = out.words.emplace_back(TrueWord{word.at("text"), word.at("kind"), {}});
      for (const auto& rect : word.at("rects")) {
        drawn.rects.push_back({rect.at(0), rect.at(1), rect.at(2), rect.at(3)});
      }
    }
  }
  for (const auto& entry : json.at("outline")) {
    truth.outline.push_back({entry.at("title"), entry.at("page"), entry.at("level")});
  }
  return truth;
}

}  // namespace lectern::test
