// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/flow/run_collector.h"

#include "core/base/utf8.h"
#include "ingest/helper/flow/type_setting.h"

#include <algorithm>
#include <cmath>
#include <memory>

namespace lectern::helper {

namespace {

// A word, or a part of one, in a layout's units.
struct Word {
  TextSpan span;  // in the layout's text
  bool rightToLeft = false;
  int left = 0;  // of all its ink and advances
  int right = 0;
  std::vector<int> edges;
};

struct Line {
  std::vector<Word> words;
  int top = 0;
  int bottom = 0;
};

struct IterFree {
  void operator()(PangoLayoutIter* iter) const { pango_layout_iter_free(iter); }
};

// Where the ink of some glyphs of a run reaches, from where their advances begin.
PangoRectangle inkOf(const PangoLayoutRun& run, int firstGlyph, int endGlyph) {
  PangoRectangle ink{};
  pango_glyph_string_extents_range(run.glyphs, firstGlyph, endGlyph, run.item->analysis.font, &ink,
                                   nullptr);
  return ink;
}

class LineCollector {
 public:
  explicit LineCollector(std::string_view text) : text_(text) {}

  void addRun(const PangoLayoutRun& run, int runX, int baseline) {
    const PangoItem& item = *run.item;
    const bool rightToLeft = (item.analysis.level % 2) != 0;
    widths_.resize(static_cast<size_t>(item.num_chars));
    // Reads the item's own bytes only, by offset and length.
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage)
    pango_glyph_item_get_logical_widths(const_cast<PangoLayoutRun*>(&run), text_.data(),
                                        widths_.data());
    int x = runX + (rightToLeft ? pango_glyph_string_get_width(run.glyphs) : 0);
    const int64_t end = item.offset + item.length;
    size_t index = 0;
    bool isOpen = false;
    for (int64_t at = item.offset; at < end; ++index) {
      const utf8::Decoded decoded = utf8::decode(text_, at);
      const int next = x + (rightToLeft ? -widths_[index] : widths_[index]);
      if (g_unichar_isspace(static_cast<gunichar>(decoded.codePoint)) != 0) {
        isOpen = false;
      } else {
        if (!isOpen) open(at, x, rightToLeft);
        isOpen = true;
        line_.words.back().span.end = at + decoded.length;
        line_.words.back().edges.push_back(next);
      }
      x = next;
      at += decoded.length;
    }
    addInk(run, runX, baseline);
  }

  // Logical boxes give every line of a font the same height; ink may reach further.
  void cover(int top, int bottom) {
    if (line_.top == line_.bottom) {
      line_.top = top;
      line_.bottom = bottom;
    }
    line_.top = std::min(line_.top, top);
    line_.bottom = std::max(line_.bottom, bottom);
  }

  Line take() {
    for (Word& word : line_.words) {
      const auto [low, high] = std::minmax_element(word.edges.begin(), word.edges.end());
      word.left = std::min(word.left, *low);
      word.right = std::max(word.right, *high);
    }
    std::sort(line_.words.begin(), line_.words.end(),
              [](const Word& a, const Word& b) { return a.span.begin < b.span.begin; });
    return std::exchange(line_, {});
  }

 private:
  // Goes on with the word before, where this is its next letter in the same direction at the same
  // place: fonts change inside words.
  void open(int64_t at, int x, bool rightToLeft) {
    if (!line_.words.empty()) {
      const Word& last = line_.words.back();
      if (last.span.end == at && last.rightToLeft == rightToLeft && last.edges.back() == x) return;
    }
    line_.words.push_back({{at, at}, rightToLeft, x, x, {x}});
  }

  // Letters reach beyond their advance: each glyph's ink belongs to the word of its cluster.
  void addInk(const PangoLayoutRun& run, int runX, int baseline) {
    int x = runX;
    for (int glyph = 0; glyph < run.glyphs->num_glyphs; ++glyph) {
      const PangoRectangle ink = inkOf(run, glyph, glyph + 1);
      if (ink.width > 0 && ink.height > 0) {
        if (Word* word = wordAt(run.item->offset + run.glyphs->log_clusters[glyph])) {
          word->left = std::min(word->left, x + ink.x);
          word->right = std::max(word->right, x + ink.x + ink.width);
        }
        cover(baseline + ink.y, baseline + ink.y + ink.height);
      }
      x += run.glyphs->glyphs[glyph].geometry.width;
    }
  }

  // Mostly the word asked for last.
  Word* wordAt(int64_t at) {
    const auto holds = [at](const Word& word) {
      return word.span.begin <= at && at < word.span.end;
    };
    if (lastHit_ < line_.words.size() && holds(line_.words[lastHit_])) {
      return &line_.words[lastHit_];
    }
    const auto found = std::find_if(line_.words.begin(), line_.words.end(), holds);
    if (found == line_.words.end()) return nullptr;
    lastHit_ = static_cast<size_t>(found - line_.words.begin());
    return &*found;
  }

  std::string_view text_;
  Line line_;
  std::vector<int> widths_;
  size_t lastHit_ = 0;
};

double toUnits(double pt, double sizePt) {
  return pt / sizePt * Rect::kUnit;
}

uint16_t clamped(double value) {
  return static_cast<uint16_t>(std::clamp(value, 0.0, static_cast<double>(Rect::kUnit)));
}

void appendLine(const Line& line,
                int64_t textBegin,
                const Placement& placement,
                std::vector<GlyphRun>& runs) {
  const auto x = [&](int units) {
    const double pt = placement.leftPt + placement.scale * units / PANGO_SCALE;
    return toUnits(pt, Sheet::kWidthPt);
  };
  const auto y = [&](int units) {
    const double pt = placement.topPt + placement.scale * units / PANGO_SCALE;
    return toUnits(pt, Sheet::kHeightPt);
  };
  bool isFirst = true;
  for (const Word& word : line.words) {
    GlyphRun run;
    run.span = word.span.shifted(textBegin);
    run.flags = isFirst ? GlyphRun::StartsLine : 0;
    run.box = {clamped(std::floor(x(word.left))), clamped(std::floor(y(line.top))),
               clamped(std::ceil(x(word.right))), clamped(std::ceil(y(line.bottom)))};
    run.edges.reserve(word.edges.size());
    for (const int edge : word.edges) run.edges.push_back(clamped(std::round(x(edge))));
    runs.push_back(std::move(run));
    isFirst = false;
  }
}

}  // namespace

void collectRuns(PangoLayout* layout,
                 std::string_view text,
                 int64_t textBegin,
                 const Placement& placement,
                 std::vector<GlyphRun>& runs) {
  const std::unique_ptr<PangoLayoutIter, IterFree> iter(pango_layout_get_iter(layout));
  LineCollector collector(text);
  do {
    const PangoLayoutRun* run = pango_layout_iter_get_run_readonly(iter.get());
    if (run == nullptr) {  // the end of a line
      appendLine(collector.take(), textBegin, placement, runs);
      continue;
    }
    PangoRectangle logical{};
    pango_layout_iter_get_run_extents(iter.get(), nullptr, &logical);
    collector.cover(logical.y, logical.y + logical.height);
    collector.addRun(*run, logical.x, pango_layout_iter_get_baseline(iter.get()));
  } while (pango_layout_iter_next_run(iter.get()) != FALSE);
}

}  // namespace lectern::helper
