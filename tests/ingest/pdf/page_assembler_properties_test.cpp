// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever words and boxes come: the text is well-formed, and runs and blocks keep page.h's word.
#include "core/base/utf8.h"
#include "core/document/block.h"
#include "core/document/glyph_runs.h"
#include "ingest/helper/pdf/page_assembler.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <limits>

namespace lectern::helper::pdf {
namespace {

rc::Gen<double> anyCoordinate() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const auto within = [](int from, int to) {
    return rc::gen::map(rc::gen::inRange(from * 10, to * 10), [](int v) { return v / 10.0; });
  };
  return rc::gen::weightedOneOf<double>(
      {{20, within(0, 600)},
       {3, within(-2000, 2000)},
       {1, rc::gen::element(0.0, -0.0, 1e300, -1e300, kInfinity, -kInfinity, std::nan(""),
                            std::numeric_limits<double>::denorm_min())}});
}

rc::Gen<char32_t> anyCodePoint() {
  return rc::gen::weightedOneOf<char32_t>(
      {{10, rc::gen::inRange<char32_t>('a', 'z')},
       {3, rc::gen::element<char32_t>('-', '.', '1', '(', ')', '\t', ' ', 0xA0, 0xAD, 0x2022)},
       {4, rc::gen::inRange<char32_t>(0x5D0, 0x5EB)},
       {4, rc::gen::inRange<char32_t>(0x621, 0x653)},
       {2, rc::gen::inRange<char32_t>(0xFB50, 0xFEFF)},
       {1, rc::gen::element<char32_t>(0, 0xD800, 0xDFFF, 0x110000, 0xFFFFFFFF, 0x202B, 0xFEFF,
                                      0x1F600, 0x301, 0x5B8, 0x651)}});
}

rc::Gen<PlacedWord> anyWord() {
  return rc::gen::exec([] {
    PlacedWord word;
    const auto text = *rc::gen::container<std::vector<char32_t>>(anyCodePoint());
    word.text.assign(text.begin(), text.end());
    const double x = *anyCoordinate();
    const double y = *anyCoordinate();
    const bool straight = *rc::gen::weightedElement<bool>({{4, true}, {1, false}});
    for (size_t i = 0; i < word.text.size(); ++i) {
      const double left = x + 6 * static_cast<double>(i);
      word.boxes.push_back(
          straight ? BoxPt{left, y, left + 6, y + 10}
                   : BoxPt{*anyCoordinate(), *anyCoordinate(), *anyCoordinate(), *anyCoordinate()});
    }
    if (*rc::gen::weightedElement<bool>({{1, true}, {9, false}})) word.boxes.resize(1);
    word.font = *rc::gen::element<std::string>("", "Serif", "Serif-Bold", "Mono");
    word.fontSize =
        *rc::gen::weightedOneOf<double>({{5, rc::gen::just(10.0)}, {1, anyCoordinate()}});
    word.quarterTurns =
        *rc::gen::weightedOneOf<int>({{5, rc::gen::just(0)}, {1, rc::gen::inRange(-1, 5)}});
    word.spaceAfter = *rc::gen::arbitrary<bool>();
    return word;
  });
}

bool isSpace(char c) {
  return c == ' ' || c == '\n' || c == '\t';
}

RC_GTEST_PROP(PageAssemblerProperties, AnyWordsMakeASoundPage, ()) {
  PageContent content;
  content.widthPt =
      *rc::gen::weightedOneOf<double>({{9, rc::gen::just(600.0)}, {1, anyCoordinate()}});
  content.heightPt =
      *rc::gen::weightedOneOf<double>({{9, rc::gen::just(800.0)}, {1, anyCoordinate()}});
  content.words = *rc::gen::container<std::vector<PlacedWord>>(anyWord());
  const PageText page = assemblePage(content);
  const auto size = static_cast<int64_t>(page.text.size());

  RC_ASSERT(utf8::isValid(page.text));
  RC_ASSERT(page.text.empty() || page.text.ends_with("\n\n"));

  std::vector<bool> inRun(page.text.size());
  int64_t end = 0;
  for (const GlyphRun& run : page.runs) {
    RC_ASSERT(run.span.begin >= end);
    RC_ASSERT(!run.span.isEmpty());
    RC_ASSERT(run.span.end <= size);
    end = run.span.end;
    RC_ASSERT(utf8::isBoundary(page.text, run.span.begin));
    RC_ASSERT(utf8::isBoundary(page.text, run.span.end));
    RC_ASSERT(!run.box.isEmpty());
    const auto glyphs = utf8::length(std::string_view(page.text).substr(
        static_cast<size_t>(run.span.begin), static_cast<size_t>(run.span.length())));
    RC_ASSERT(static_cast<int64_t>(run.edges.size()) == glyphs + 1);
    RC_ASSERT(std::is_sorted(run.edges.begin(), run.edges.end()) ||
              std::is_sorted(run.edges.rbegin(), run.edges.rend()));
    const bool vertical = (run.flags & GlyphRun::Vertical) != 0;
    for (const uint16_t edge : run.edges) {
      RC_ASSERT(edge >= (vertical ? run.box.top : run.box.left));
      RC_ASSERT(edge <= (vertical ? run.box.bottom : run.box.right));
    }
    for (int64_t i = run.span.begin; i < run.span.end; ++i) inRun[static_cast<size_t>(i)] = true;
  }
  if (!page.runs.empty()) RC_ASSERT((page.runs.front().flags & GlyphRun::StartsLine) != 0);
  for (size_t i = 0; i < page.text.size(); ++i) RC_ASSERT(inRun[i] != isSpace(page.text[i]));

  std::vector<bool> inBlock(page.text.size());
  end = 0;
  for (const Block& block : page.blocks) {
    RC_ASSERT(block.span.begin >= end);
    RC_ASSERT(!block.span.isEmpty());
    end = block.span.end;
    for (int64_t i = block.span.begin; i < block.span.end; ++i)
      inBlock[static_cast<size_t>(i)] = true;
  }
  for (size_t i = 0; i < page.text.size(); ++i) RC_ASSERT(inBlock[i] || isSpace(page.text[i]));

  // What is stored comes back.
  RC_ASSERT(decodeRuns(encodeRuns(page.runs), size).value() == page.runs);
  RC_ASSERT(decodeBlocks(encodeBlocks(page.blocks), size).value() == page.blocks);
}

}  // namespace
}  // namespace lectern::helper::pdf
