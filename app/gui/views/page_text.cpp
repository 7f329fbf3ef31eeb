// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/page_text.h"

#include "core/base/utf8.h"
#include "core/text/characters.h"
#include "core/unicode/words.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lectern::gui {

namespace {

using Runs = std::vector<GlyphRun>;
using RunIterator = Runs::const_iterator;

bool isVertical(const GlyphRun& run) {
  return (run.flags & GlyphRun::Vertical) != 0;
}

bool startsLine(const GlyphRun& run) {
  return (run.flags & GlyphRun::StartsLine) != 0;
}

double distance(double from, double to, double value) {
  return std::max({from - value, value - to, 0.0});
}

/// The byte of a run's N-th code point.
int64_t byteOf(const Page& page, const GlyphRun& run, size_t codePoint) {
  int64_t byte = run.span.begin;
  for (size_t i = 0; i < codePoint && byte < run.span.end; ++i) {
    byte += utf8::decode(page.text, byte).length;
  }
  return byte;
}

/// Which of a run's code points a byte stands before.
size_t codePointOf(const Page& page, const GlyphRun& run, int64_t byte) {
  const int64_t end = std::clamp(byte, run.span.begin, run.span.end);
  return static_cast<size_t>(utf8::length(std::string_view(page.text).substr(
      static_cast<size_t>(run.span.begin), static_cast<size_t>(end - run.span.begin))));
}

/// The boundary nearest to a place along the line, and the character there.
TextPoint pointIn(const Page& page, const GlyphRun& run, double along) {
  const auto nearest = std::min_element(
      run.edges.begin(), run.edges.end(),
      [along](uint16_t a, uint16_t b) { return std::abs(a - along) < std::abs(b - along); });
  const auto boundary = static_cast<size_t>(nearest - run.edges.begin());
  size_t character = std::min(boundary, run.edges.size() - 2);
  for (size_t i = 0; i + 1 < run.edges.size(); ++i) {
    const auto [low, high] = std::minmax(run.edges[i], run.edges[i + 1]);
    if (low <= along && along < high) character = i;
  }
  return {byteOf(page, run, boundary), byteOf(page, run, character)};
}

double along(const GlyphRun& run, double x, double y) {
  return isVertical(run) ? y : x;
}

/// The run that holds a byte, or the last one before it, or the first.
RunIterator runAt(const Page& page, int64_t byte) {
  const auto after = std::partition_point(page.runs.begin(), page.runs.end(),
                                          [&](const GlyphRun& r) { return r.span.begin <= byte; });
  return after == page.runs.begin() ? after : after - 1;
}

RunIterator lineBegin(const Page& page, RunIterator run) {
  while (run != page.runs.begin() && !startsLine(*run)) --run;
  return run;
}

RunIterator lineEnd(const Page& page, RunIterator run) {
  ++run;
  while (run != page.runs.end() && !startsLine(*run)) ++run;
  return run;
}

}  // namespace

// Across counts more than along: the pointer is meant to be on the line at its height.
std::optional<TextPoint> textAt(const Page& page, double x, double y) {
  constexpr double kAcross = 4;
  const double pointX = x * Rect::kUnit;
  const double pointY = y * Rect::kUnit;
  const double wide = page.widthPt > 0 ? page.widthPt : 1;
  const double high = page.heightPt > 0 ? page.heightPt : 1;
  const GlyphRun* nearest = nullptr;
  double least = std::numeric_limits<double>::infinity();
  for (const GlyphRun& run : page.runs) {
    const double dx = distance(run.box.left, run.box.right, pointX) * wide;
    const double dy = distance(run.box.top, run.box.bottom, pointY) * high;
    const double far =
        isVertical(run) ? std::hypot(kAcross * dx, dy) : std::hypot(dx, kAcross * dy);
    if (far >= least) continue;
    least = far;
    nearest = &run;
  }
  if (nearest == nullptr) return std::nullopt;
  return pointIn(page, *nearest, along(*nearest, pointX, pointY));
}

TextSpan wordAt(const Page& page, int64_t character) {
  for (const unicode::Word& word : unicode::words(page.text)) {
    if (!word.part && word.span.begin <= character && character < word.span.end) return word.span;
    if (word.span.begin > character) break;
  }
  const auto run = runAt(page, character);
  return run == page.runs.end() ? TextSpan{character, character} : run->span;
}

TextSpan lineAt(const Page& page, int64_t character) {
  const auto run = runAt(page, character);
  if (run == page.runs.end()) return {character, character};
  return {lineBegin(page, run)->span.begin, (lineEnd(page, run) - 1)->span.end};
}

bool runsRightToLeft(const Page& page, int64_t cursor) {
  const auto run = runAt(page, cursor);
  return run != page.runs.end() && !isVertical(*run) && run->edges.front() > run->edges.back();
}

std::optional<int64_t> nextCharacter(const Page& page, int64_t cursor, bool forward) {
  const auto size = static_cast<int64_t>(page.text.size());
  const auto isInside = [&](int64_t byte) {
    return byte > 0 && byte < size &&
           (!utf8::isBoundary(page.text, byte) ||
            text::isNonSpacingMark(utf8::decode(page.text, byte).codePoint));
  };
  int64_t next = cursor;
  do {
    next += forward ? 1 : -1;
  } while (isInside(next));
  if (next < 0 || next > size) return std::nullopt;
  return next;
}

std::optional<int64_t> nextWord(const Page& page, int64_t cursor, bool forward) {
  std::optional<int64_t> found;
  for (const unicode::Word& word : unicode::words(page.text)) {
    if (word.part) continue;
    if (forward && word.span.end > cursor) return word.span.end;
    if (!forward && word.span.begin < cursor) found = word.span.begin;
  }
  return found;
}

std::optional<int64_t> nextLine(const Page& page, int64_t cursor, bool down) {
  const auto run = runAt(page, cursor);
  if (run == page.runs.end()) return std::nullopt;
  const auto here = static_cast<double>(
      run->edges[std::min(codePointOf(page, *run, cursor), run->edges.size() - 1)]);
  RunIterator first;
  RunIterator last;
  if (down) {
    first = lineEnd(page, run);
    if (first == page.runs.end()) return std::nullopt;
    last = lineEnd(page, first);
  } else {
    last = lineBegin(page, run);
    if (last == page.runs.begin()) return std::nullopt;
    first = lineBegin(page, last - 1);
  }
  const auto nearest = std::min_element(first, last, [&](const GlyphRun& a, const GlyphRun& b) {
    const auto far = [&](const GlyphRun& r) {
      return isVertical(r) ? distance(r.box.top, r.box.bottom, here)
                           : distance(r.box.left, r.box.right, here);
    };
    return far(a) < far(b);
  });
  return pointIn(page, *nearest, here).cursor;
}

}  // namespace lectern::gui
