// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/segmenter.h"

#include "core/base/check.h"
#include "core/base/utf8.h"
#include "core/text/characters.h"
#include "core/text/furniture.h"

#include <algorithm>

namespace lectern::text {

namespace {

std::string_view cut(std::string_view text, TextSpan span) {
  return text.substr(static_cast<size_t>(span.begin), static_cast<size_t>(span.length()));
}

bool isSpaceAt(std::string_view text, int64_t offset) {
  return isSpace(utf8::decode(text, offset).codePoint);
}

bool hasWord(std::string_view text) {
  for (int64_t i = 0; i < static_cast<int64_t>(text.size());) {
    const utf8::Decoded decoded = utf8::decode(text, i);
    if (isLetter(decoded.codePoint) || isDigit(decoded.codePoint)) return true;
    i += decoded.length;
  }
  return false;
}

int64_t previousBoundary(std::string_view text, int64_t offset) {
  do {
    --offset;
  } while (!utf8::isBoundary(text, offset));
  return offset;
}

TextSpan trimmed(std::string_view text, TextSpan span) {
  while (!span.isEmpty() && isSpaceAt(text, span.begin)) {
    span.begin += utf8::decode(text, span.begin).length;
  }
  while (!span.isEmpty()) {
    const int64_t last = previousBoundary(text, span.end);
    if (!isSpaceAt(text, last)) break;
    span.end = last;
  }
  return span;
}

// Where to end a piece of at most kMaxSegmentBytes of a longer span: after the last "; " or ": ",
// else ", ", else a tab or a space of its second half; else anywhere between code points.
int64_t pieceEnd(std::string_view text, TextSpan span) {
  int64_t limit = span.begin + Segment::kMaxSegmentBytes;
  while (!utf8::isBoundary(text, limit)) --limit;
  const int64_t half = span.begin + Segment::kMaxSegmentBytes / 2;
  const std::string_view window = cut(text, {half, limit});
  for (const std::string_view marks : {std::string_view(";:"), std::string_view(",")}) {
    for (size_t i = window.size(); i-- > 1;) {
      if (window[i] == ' ' && marks.find(window[i - 1]) != std::string_view::npos) {
        return half + static_cast<int64_t>(i);
      }
    }
  }
  const size_t space = window.find_last_of("\t\n ");
  return space == std::string_view::npos ? limit : half + static_cast<int64_t>(space) + 1;
}

SegmentKind segmentKind(BlockKind kind) {
  switch (kind) {
    case BlockKind::ListItem:
      return SegmentKind::ListItem;
    case BlockKind::TableRow:
      return SegmentKind::TableRow;
    case BlockKind::Caption:
      return SegmentKind::Caption;
    case BlockKind::Code:
      return SegmentKind::Code;
    case BlockKind::Heading:  // without a word: a rule, a stray mark
    case BlockKind::Paragraph:
    case BlockKind::Margin:
      break;
  }
  return SegmentKind::Sentence;
}

std::vector<TextSpan> lines(std::string_view text) {
  std::vector<TextSpan> result;
  int64_t begin = 0;
  for (int64_t i = 0; i < static_cast<int64_t>(text.size()); ++i) {
    if (text[static_cast<size_t>(i)] != '\n') continue;
    result.push_back({begin, i});
    begin = i + 1;
  }
  result.push_back({begin, static_cast<int64_t>(text.size())});
  return result;
}

// A block's units in its own text: sentences, lines or all of it.
std::vector<TextSpan> units(std::string_view blockText, BlockKind kind) {
  switch (kind) {
    case BlockKind::Heading:
    case BlockKind::TableRow:
      return {{0, static_cast<int64_t>(blockText.size())}};
    case BlockKind::Code:
      return lines(blockText);
    default:
      return sentences(blockText);
  }
}

// Breaks off without a full stop or the like.
bool endsOpen(std::string_view text, TextSpan span) {
  constexpr char32_t kArabicComma = 0x060C;
  const char32_t last = utf8::decode(text, previousBoundary(text, span.end)).codePoint;
  return isLetter(last) || isDigit(last) || isDash(last) || isNonSpacingMark(last) || last == ',' ||
         last == ';' || last == kArabicComma;
}

// With a small letter, or one of a script that knows no capitals.
bool startsInside(std::string_view text, TextSpan span) {
  const char32_t first = utf8::decode(text, span.begin).codePoint;
  return isLetter(first) && !isUpper(first);
}

uint16_t topOf(const Page& page, TextSpan span) {
  uint16_t top = Rect::kUnit;
  for (const GlyphRun& run : page.runs) {
    if (run.span.overlaps(span)) top = std::min(top, run.box.top);
  }
  return top;
}

// Writes the segments of one text, keeping track of headings and of what a page break cut.
class SegmentWriter {
 public:
  void startPage(int number, int64_t byteStart, std::string_view text) {
    page_ = number;
    byteStart_ = byteStart;
    text_ = text;
    firstOfPage_ = true;
  }

  void addBlock(const Block& block, bool furniture) {
    const TextSpan span = trimmed(text_, block.span);
    if (span.isEmpty()) return;
    if (furniture) {
      addUnit(span, SegmentKind::Furniture, false);
      return;
    }
    const bool heading = block.kind == BlockKind::Heading && hasWord(cut(text_, span));
    const SegmentKind kind = heading ? SegmentKind::Heading : segmentKind(block.kind);
    if (kind == SegmentKind::Heading) heading_ = parentOf(block.level);
    const bool afterPageBreak =
        firstOfPage_ && openSentence_ && kind == SegmentKind::Sentence && startsInside(text_, span);
    const auto first = static_cast<int>(segments_.size());
    for (const TextSpan unit : units(cut(text_, span), block.kind)) {
      const bool continues = afterPageBreak && static_cast<int>(segments_.size()) == first;
      addUnit(trimmed(text_, unit.shifted(span.begin)), kind, continues);
    }
    if (kind == SegmentKind::Heading) {
      headings_.push_back({block.level, first, std::string(cut(text_, span))});
      heading_ = first;
    }
    firstOfPage_ = false;
    openSentence_ = kind == SegmentKind::Sentence && endsOpen(text_, span);
  }

  // The headings that what comes next stands under.
  [[nodiscard]] RunningTitles titles() const {
    RunningTitles titles;
    for (const OpenHeading& heading : headings_) titles.add(heading.text);
    return titles;
  }

  std::vector<Segment> take() { return std::move(segments_); }

 private:
  struct OpenHeading {
    uint8_t level;
    int segment;
    std::string text;
  };

  static int depth(uint8_t level) {
    constexpr int kBelowAllLevels = 256;
    return level == 0 ? kBelowAllLevels : level;
  }

  // Closes the headings that one of this level ends, and gives the one it stands under.
  int parentOf(uint8_t level) {
    while (!headings_.empty() && depth(headings_.back().level) >= depth(level)) {
      headings_.pop_back();
    }
    return headings_.empty() ? -1 : headings_.back().segment;
  }

  void addUnit(TextSpan span, SegmentKind kind, bool continues) {
    while (!span.isEmpty()) {
      const bool fits = span.length() <= Segment::kMaxSegmentBytes;
      const TextSpan piece = fits ? span : trimmed(text_, {span.begin, pieceEnd(text_, span)});
      segments_.push_back({kind, piece.shifted(byteStart_), page_, heading_, continues});
      span = trimmed(text_, {piece.end, span.end});
      continues = true;
    }
  }

  std::vector<Segment> segments_;
  std::vector<OpenHeading> headings_;
  int heading_ = -1;
  int page_ = 0;
  int64_t byteStart_ = 0;
  std::string_view text_;
  bool firstOfPage_ = true;
  bool openSentence_ = false;
};

}  // namespace

void Segmenter::addPage(const Page& page, int64_t byteStart) {
  PendingPage pending{page.number, byteStart, page.text, {}};
  const auto size = static_cast<int64_t>(page.text.size());
  int64_t covered = 0;
  const auto addGap = [&](int64_t end) {
    const TextSpan gap = trimmed(page.text, {covered, end});
    if (!gap.isEmpty()) pending.blocks.push_back({{BlockKind::Paragraph, 0, gap}, 0});
  };
  for (const Block& block : page.blocks) {
    LECTERN_CHECK(covered <= block.span.begin && block.span.end <= size);
    addGap(block.span.begin);
    const uint16_t top = block.kind == BlockKind::Margin ? topOf(page, block.span) : 0;
    pending.blocks.push_back({block, top});
    covered = block.span.end;
  }
  addGap(size);
  pages_.push_back(std::move(pending));
}

std::vector<Segment> Segmenter::finish() {
  Furniture furniture;
  NumberedTitles numbered;
  for (const PendingPage& page : pages_) {
    for (const auto& [block, top] : page.blocks) {
      if (block.kind != BlockKind::Margin) continue;
      furniture.add(cut(page.text, block.span), top, page.number);
      numbered.add(cut(page.text, block.span), page.number);
    }
  }
  const auto pages = static_cast<int>(pages_.size());
  SegmentWriter writer;
  for (const PendingPage& page : pages_) {
    writer.startPage(page.number, page.byteStart, page.text);
    RunningTitles titles = writer.titles();
    for (const auto& [block, top] : page.blocks) {
      if (block.kind == BlockKind::Heading) titles.add(cut(page.text, block.span));
    }
    for (const auto& [block, top] : page.blocks) {
      const std::string_view text = cut(page.text, block.span);
      writer.addBlock(block,
                      block.kind == BlockKind::Margin &&
                          (isBarePageNumber(text) || furniture.contains(text, top) ||
                           numbered.contains(text, page.number, pages) || titles.cover(text)));
    }
  }
  pages_.clear();
  return writer.take();
}

}  // namespace lectern::text
