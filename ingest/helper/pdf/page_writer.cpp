// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/pdf/page_writer.h"

#include "core/base/utf8.h"
#include "core/document/rect.h"
#include "ingest/helper/pdf/line_start.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace lectern::helper::pdf {

namespace {

// Before these a hyphen stands for the rest of a word that comes later.
constexpr std::array<std::u32string_view, 11> kConjunctions = {
    U"und", U"oder", U"bzw.", U"and", U"or", U"en", U"of", U"et", U"ou", U"y", U"e"};

uint16_t toUnit(double points, double whole) {
  const double share = whole > 0 ? points / whole : 0;
  return static_cast<uint16_t>(
      std::lround(std::clamp(share, 0.0, 1.0) * static_cast<double>(Rect::kUnit)));
}

bool isHyphen(char32_t c) {
  return c == U'-' || c == 0x2010 || c == 0x00AD;
}

bool isWordCharacter(char32_t c) {
  return u_isalnum(static_cast<UChar32>(c)) != 0 || isHyphen(c);
}

// The word without what is neither letter, digit nor hyphen at its ends, with plain hyphens.
std::u32string plain(std::u32string_view word) {
  while (!word.empty() && !isWordCharacter(word.front())) word.remove_prefix(1);
  while (!word.empty() && !isWordCharacter(word.back())) word.remove_suffix(1);
  std::u32string result(word);
  std::replace_if(result.begin(), result.end(), isHyphen, U'-');
  return result;
}

std::u32string lowerCase(std::u32string word) {
  for (char32_t& c : word) c = static_cast<char32_t>(u_tolower(static_cast<UChar32>(c)));
  return word;
}

std::string toUtf8(std::u32string_view text) {
  std::string bytes;
  for (const char32_t c : text) utf8::append(bytes, c);
  return bytes;
}

// The word that ends the text, as code points; at most a line's worth of it.
std::u32string lastWord(std::string_view text) {
  constexpr size_t kMost = 256;
  size_t begin = text.size();
  while (begin > 0 && text.size() - begin < kMost && text[begin - 1] != ' ' &&
         text[begin - 1] != '\n' && text[begin - 1] != '\t') {
    --begin;
  }
  while (begin < text.size() && !utf8::isBoundary(text, static_cast<int64_t>(begin))) ++begin;
  std::u32string word;
  for (size_t i = begin; i < text.size();) {
    const auto decoded = utf8::decode(text, static_cast<int64_t>(i));
    word.push_back(decoded.codePoint);
    i += static_cast<size_t>(decoded.length);
  }
  return word;
}

std::u32string firstWord(const std::vector<LineGlyph>& line) {
  std::u32string word;
  for (const LineGlyph& glyph : line) {
    if (glyph.word == LineGlyph::kSpace) break;
    word += glyph.text;
  }
  return word;
}

}  // namespace

void PageWriter::write(const std::vector<Word>& words,
                       const Frame& frame,
                       const std::vector<BlockDraft>& drafts) {
  words_ = &words;
  frame_ = &frame;
  noteVocabulary(words);
  for (const BlockDraft& draft : drafts) writeBlock(draft);
}

void PageWriter::noteVocabulary(const std::vector<Word>& words) {
  vocabulary_.clear();
  spellings_.clear();
  for (const Word& word : words) {
    std::u32string text;
    for (const Glyph& glyph : word.glyphs) text += glyph.text;
    text = plain(text);
    if (text.empty() || text.back() == U'-') continue;
    spellings_.insert(toUtf8(text));
    vocabulary_.insert(toUtf8(lowerCase(std::move(text))));
  }
}

void PageWriter::writeBlock(const BlockDraft& draft) {
  const auto begin = static_cast<int64_t>(page_.text.size());
  bool first = true;
  for (const DraftLine& line : draft.lines) {
    if (line.glyphs.empty()) continue;
    join(line, first);
    const bool startsLine = first || line.join != DraftLine::Join::Gap;
    writeGlyphs(line.glyphs, startsLine);
    first = false;
  }
  const auto end = static_cast<int64_t>(page_.text.size());
  if (end == begin) return;
  page_.blocks.push_back({draft.kind, draft.level, {begin, end}});
  page_.text += "\n\n";
}

void PageWriter::join(const DraftLine& line, bool first) {
  if (first) return;
  switch (line.join) {
    case DraftLine::Join::Flow:
      if (!joinHyphenated(line.glyphs)) page_.text += ' ';
      break;
    case DraftLine::Join::Gap:
      page_.text.append(static_cast<size_t>(std::max(line.spaces, 1)), ' ');
      break;
    case DraftLine::Join::Cell:
      page_.text += '\t';
      break;
    case DraftLine::Join::Break:
      page_.text += '\n';
      page_.text.append(static_cast<size_t>(line.spaces), ' ');
      break;
  }
}

// True where the next line goes on with the last one's word; the hyphen is gone if it has to.
bool PageWriter::joinHyphenated(const std::vector<LineGlyph>& line) {
  const std::u32string head = lastWord(page_.text);
  if (!endsWithHyphen(head)) return false;
  const std::u32string tail = firstWord(line);
  if (tail.empty() || u_isalnum(static_cast<UChar32>(tail.front())) == 0) return false;
  if (head.back() == 0x00AD) {
    dropLastCodePoint();
    return true;
  }
  if (std::find(kConjunctions.begin(), kConjunctions.end(), tail) != kConjunctions.end()) {
    return false;
  }
  const bool isAddress = head.find_first_of(U"/@") != std::u32string::npos;
  const bool afterDigit = u_isdigit(static_cast<UChar32>(head[head.size() - 2])) != 0;
  if (startsLowerCase(tail) && !isAddress && !afterDigit && !isCompound(plain(head), plain(tail))) {
    dropLastCodePoint();
  }
  return true;
}

// Whether the hyphen at the end of `head` is part of the word. The page itself tells, where it has
// the word unbroken in either form. Where it has both halves as words of their own, a compound is
// likely; not so in German and Dutch, which write compounds in one.
bool PageWriter::isCompound(std::u32string_view head, std::u32string_view tail) const {
  constexpr size_t kWordLength = 4;
  const std::u32string_view stem = head.substr(0, head.size() - 1);
  if (stem.find(U'-') != std::u32string_view::npos) return true;
  if (tail.find(U'-') != std::u32string_view::npos) return true;
  const auto has = [&](std::u32string_view first, std::u32string_view second) {
    return vocabulary_.contains(toUtf8(lowerCase(std::u32string(first) + std::u32string(second))));
  };
  if (has(stem, tail)) return false;
  if (has(head, tail)) return true;
  const bool writesInOne =
      vocabulary_.contains("und") || vocabulary_.contains("het") || vocabulary_.contains("een");
  return !writesInOne && stem.size() >= kWordLength && tail.size() >= kWordLength &&
         has(stem, U"") && spellings_.contains(toUtf8(tail));
}

// Takes the last code point out of the text and of its run.
void PageWriter::dropLastCodePoint() {
  size_t begin = page_.text.size() - 1;
  while (!utf8::isBoundary(page_.text, static_cast<int64_t>(begin))) --begin;
  page_.text.resize(begin);
  const auto end = static_cast<int64_t>(begin);
  GlyphRun& run = page_.runs.back();
  if (run.span.begin >= end) {
    page_.runs.pop_back();
    return;
  }
  run.span.end = end;
  run.edges.pop_back();
  const auto [low, high] = std::minmax_element(run.edges.begin(), run.edges.end());
  const bool vertical = (run.flags & GlyphRun::Vertical) != 0;
  const uint16_t from = *low;
  const uint16_t to = *high;
  if (to > from) {
    (vertical ? run.box.top : run.box.left) = from;
    (vertical ? run.box.bottom : run.box.right) = to;
  }
}

void PageWriter::writeGlyphs(const std::vector<LineGlyph>& glyphs, bool startsLine) {
  uint8_t flags = startsLine ? GlyphRun::StartsLine : 0;
  for (size_t begin = 0; begin < glyphs.size();) {
    if (glyphs[begin].word == LineGlyph::kSpace) {
      page_.text += ' ';
      ++begin;
      continue;
    }
    size_t end = begin + 1;
    while (end < glyphs.size() && glyphs[end].word == glyphs[begin].word &&
           glyphs[end].backward == glyphs[begin].backward) {
      ++end;
    }
    writeRun(glyphs, begin, end, flags);
    flags = 0;
    begin = end;
  }
}

void PageWriter::writeRun(const std::vector<LineGlyph>& glyphs,
                          size_t begin,
                          size_t end,
                          uint8_t flags) {
  const Word& word = (*words_)[static_cast<size_t>(glyphs[begin].word)];
  const bool vertical = frame_->quarterTurns % 2 != 0;
  GlyphRun run;
  run.span.begin = static_cast<int64_t>(page_.text.size());
  run.flags = static_cast<uint8_t>(flags | (vertical ? GlyphRun::Vertical : 0));

  // Where each code point begins along the line; marks take no width at their base's end, letters
  // of one glyph equal parts.
  std::vector<double> edges;
  double left = glyphs[begin].left;
  double right = glyphs[begin].right;
  for (size_t i = begin; i < end; ++i) {
    const LineGlyph& glyph = glyphs[i];
    left = std::min(left, glyph.left);
    right = std::max(right, glyph.right);
    const double from = glyph.backward ? glyph.right : glyph.left;
    const double to = glyph.backward ? glyph.left : glyph.right;
    const auto isWide = [&](char32_t c) {
      return c == glyph.text.front() || u_charType(static_cast<UChar32>(c)) != U_NON_SPACING_MARK;
    };
    const auto parts = std::count_if(glyph.text.begin(), glyph.text.end(), isWide);
    double part = 0;
    for (const char32_t c : glyph.text) {
      edges.push_back(from + (to - from) * part / static_cast<double>(parts));
      if (isWide(c)) part += 1;
      utf8::append(page_.text, c);
    }
    if (i + 1 == end) edges.push_back(to);
  }
  run.span.end = static_cast<int64_t>(page_.text.size());

  const BoxPt box = frame_->toPage({left, word.box.top, right, word.box.bottom});
  run.box = {toUnit(box.left, frame_->pageWidth), toUnit(box.top, frame_->pageHeight),
             toUnit(box.right, frame_->pageWidth), toUnit(box.bottom, frame_->pageHeight)};
  const auto widen = [](uint16_t& low, uint16_t& high) {
    if (high > low) return;
    low == 0 ? high = 1 : low = static_cast<uint16_t>(high - 1);
  };
  widen(run.box.left, run.box.right);
  widen(run.box.top, run.box.bottom);

  const uint16_t low = vertical ? run.box.top : run.box.left;
  const uint16_t high = vertical ? run.box.bottom : run.box.right;
  for (const double x : edges) {
    const BoxPt at = frame_->toPage({x, 0, x, 0});
    const uint16_t edge =
        vertical ? toUnit(at.top, frame_->pageHeight) : toUnit(at.left, frame_->pageWidth);
    run.edges.push_back(std::clamp(edge, low, high));
  }
  // Boxes that overlap or stand out of order must not make the edges turn.
  const bool falls = glyphs[begin].backward != (frame_->quarterTurns >= 2);
  for (size_t i = 1; i < run.edges.size(); ++i) {
    const uint16_t previous = run.edges[i - 1];
    run.edges[i] = falls ? std::min(run.edges[i], previous) : std::max(run.edges[i], previous);
  }
  page_.runs.push_back(std::move(run));
}

}  // namespace lectern::helper::pdf
