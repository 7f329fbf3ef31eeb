// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/document/glyph_runs.h"

#include "core/base/byte_io.h"
#include "core/base/check.h"
#include "core/base/utf8.h"

#include <algorithm>

namespace lectern {

namespace {

constexpr uint8_t kVersion = 1;
constexpr int64_t kMinRunBytes = 12;

bool isVertical(const GlyphRun& run) {
  return (run.flags & GlyphRun::Vertical) != 0;
}

// The part of a run's box that belongs to the code points inside `span`.
Rect cut(const GlyphRun& run, std::string_view pageText, TextSpan span) {
  if (span.contains(run.span)) return run.box;
  const auto codePointsBefore = [&](int64_t offset) {
    const int64_t end = std::clamp(offset, run.span.begin, run.span.end);
    return static_cast<size_t>(utf8::length(pageText.substr(
        static_cast<size_t>(run.span.begin), static_cast<size_t>(end - run.span.begin))));
  };
  const size_t first = std::min(codePointsBefore(span.begin), run.edges.size() - 1);
  const size_t last = std::min(codePointsBefore(span.end), run.edges.size() - 1);
  const auto [low, high] =
      std::minmax_element(run.edges.begin() + static_cast<ptrdiff_t>(first),
                          run.edges.begin() + static_cast<ptrdiff_t>(last) + 1);
  Rect rect = run.box;
  (isVertical(run) ? rect.top : rect.left) = *low;
  (isVertical(run) ? rect.bottom : rect.right) = *high;
  return rect;
}

Rect unite(const Rect& a, const Rect& b) {
  return {std::min(a.left, b.left), std::min(a.top, b.top), std::max(a.right, b.right),
          std::max(a.bottom, b.bottom)};
}

bool overlaps(const Rect& a, const Rect& b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

// One line's selected pieces become as few rectangles as cover nothing else of that line.
void appendLine(std::vector<Rect> pieces,
                const std::vector<Rect>& others,
                bool vertical,
                std::vector<Rect>& rects) {
  std::sort(pieces.begin(), pieces.end(), [vertical](const Rect& a, const Rect& b) {
    return vertical ? a.top < b.top : a.left < b.left;
  });
  const size_t firstOfLine = rects.size();
  for (const Rect& piece : pieces) {
    if (rects.size() > firstOfLine) {
      const Rect both = unite(rects.back(), piece);
      if (std::none_of(others.begin(), others.end(),
                       [&](const Rect& o) { return overlaps(both, o); })) {
        rects.back() = both;
        continue;
      }
    }
    rects.push_back(piece);
  }
}

}  // namespace

std::vector<Rect> rectsOf(const std::vector<GlyphRun>& runs,
                          std::string_view pageText,
                          TextSpan span) {
  std::vector<Rect> rects;
  if (span.isEmpty()) return rects;
  auto run = std::partition_point(runs.begin(), runs.end(),
                                  [&](const GlyphRun& r) { return r.span.end <= span.begin; });
  while (run != runs.end() && run->span.begin < span.end) {
    auto lineBegin = run;
    while (lineBegin != runs.begin() && (lineBegin->flags & GlyphRun::StartsLine) == 0) --lineBegin;
    auto lineEnd = run + 1;
    while (lineEnd != runs.end() && (lineEnd->flags & GlyphRun::StartsLine) == 0) ++lineEnd;

    std::vector<Rect> pieces;
    std::vector<Rect> others;
    for (auto it = lineBegin; it != lineEnd; ++it) {
      if (!it->span.overlaps(span)) {
        others.push_back(it->box);
        continue;
      }
      const Rect piece = cut(*it, pageText, span);
      if (!piece.isEmpty()) pieces.push_back(piece);
    }
    appendLine(std::move(pieces), others, isVertical(*run), rects);
    run = lineEnd;
  }
  return rects;
}

std::string encodeRuns(const std::vector<GlyphRun>& runs) {
  ByteWriter writer;
  writer.u8(kVersion);
  writer.varint(runs.size());
  int64_t end = 0;
  for (const GlyphRun& run : runs) {
    LECTERN_DCHECK(run.span.begin >= end && !run.span.isEmpty() && run.edges.size() >= 2);
    writer.varint(static_cast<uint64_t>(run.span.begin - end));
    writer.varint(static_cast<uint64_t>(run.span.length()));
    writer.u8(run.flags);
    writer.u16(run.box.left);
    writer.u16(run.box.top);
    writer.u16(run.box.right);
    writer.u16(run.box.bottom);
    writer.varint(run.edges.size());
    int64_t previous = isVertical(run) ? run.box.top : run.box.left;
    for (const uint16_t edge : run.edges) {
      writer.signedVarint(edge - previous);
      previous = edge;
    }
    end = run.span.end;
  }
  return writer.take();
}

Result<std::vector<GlyphRun>> decodeRuns(std::string_view bytes, int64_t textBytes) {
  ByteReader reader(bytes);
  if (reader.u8() != kVersion) reader.fail();
  const int64_t count = reader.count(kMinRunBytes);
  std::vector<GlyphRun> runs;
  runs.reserve(static_cast<size_t>(count));
  int64_t end = 0;
  for (int64_t i = 0; i < count && !reader.failed(); ++i) {
    GlyphRun run;
    const uint64_t gap = reader.varint();
    const uint64_t length = reader.varint();
    const auto rest = static_cast<uint64_t>(textBytes - end);
    if (gap > rest || length > rest - gap || length == 0) {
      reader.fail();
      break;
    }
    run.span.begin = end + static_cast<int64_t>(gap);
    run.span.end = end = run.span.begin + static_cast<int64_t>(length);
    run.flags = reader.u8();
    run.box.left = reader.u16();
    run.box.top = reader.u16();
    run.box.right = reader.u16();
    run.box.bottom = reader.u16();
    const int64_t edges = reader.count(1);
    if (edges < 2) reader.fail();
    run.edges.reserve(static_cast<size_t>(edges));
    int64_t value = isVertical(run) ? run.box.top : run.box.left;
    for (int64_t e = 0; e < edges && !reader.failed(); ++e) {
      const int64_t difference = reader.signedVarint();
      if (difference < -Rect::kUnit || difference > Rect::kUnit) reader.fail();
      value += difference;
      if (value < 0 || value > Rect::kUnit) reader.fail();
      run.edges.push_back(static_cast<uint16_t>(value));
    }
    runs.push_back(std::move(run));
  }
  TRY(reader.finish("list of glyph runs"));
  return runs;
}

}  // namespace lectern
