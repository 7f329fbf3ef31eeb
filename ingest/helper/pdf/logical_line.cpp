// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/pdf/logical_line.h"

#include "core/unicode/bidi.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace lectern::helper::pdf {

namespace {

// Words closer than this share of their font size are one word (Poppler's own limit). Poppler may
// still see a space where small capitals follow a large one; below the second share it is wrong.
constexpr double kWordGap = 0.1;
constexpr double kLeastGap = 0.07;
// How far left of its base's box a mark may stand, in font sizes.
constexpr double kMarkReach = 0.15;
constexpr char32_t kSoftHyphen = 0x00AD;

// Between Arabic letters, a gap this share of the line's usual one is no space: letters that do not
// join leave some room.
constexpr double kLetterGap = 0.5;

struct Mark {
  std::u32string text;
  int word = 0;
  double middle = 0;
  size_t place = 0;  // the base before which it was drawn
};

// How many letters of the line read to the left, and how many to the right.
struct Letters {
  int64_t backward = 0;
  int64_t forward = 0;
};

Letters lettersOf(const std::vector<LineGlyph>& glyphs) {
  Letters letters;
  for (const LineGlyph& glyph : glyphs) {
    const char32_t c = glyph.text.front();
    letters.backward += isRightToLeft(c) ? 1 : 0;
    letters.forward += u_charDirection(static_cast<UChar32>(c)) == U_LEFT_TO_RIGHT ? 1 : 0;
  }
  return letters;
}

// Points, vowel signs and cantillation of Hebrew and Arabic.
bool isRightToLeftMark(char32_t c) {
  return (c >= 0x0591 && c <= 0x05C7) || (c >= 0x0610 && c <= 0x061A) ||
         (c >= 0x064B && c <= 0x065F) || c == 0x0670 || (c >= 0x06D6 && c <= 0x06ED) ||
         (c >= 0x08CA && c <= 0x08FF);
}

// The base that a mark belongs to, among bases that rise from left to right.
size_t baseOf(const Mark& mark, const std::vector<LineGlyph>& bases, double reach) {
  const auto covers = [&](size_t i) {
    return i < bases.size() && bases[i].word != LineGlyph::kSpace &&
           bases[i].left - reach <= mark.middle && mark.middle <= bases[i].right;
  };
  const auto isLetter = [&](size_t i) {
    return u_isalpha(static_cast<UChar32>(bases[i].text.front())) != 0;
  };
  const size_t next = mark.place;
  const size_t previous = mark.place == 0 ? 0 : mark.place - 1;
  if (isRightToLeftMark(mark.text.front())) {
    if (covers(next) && isLetter(next)) return next;
    if (covers(previous)) return previous;
    return next < bases.size() ? next : previous;
  }
  if (mark.place > 0 && bases[previous].word != LineGlyph::kSpace) return previous;
  return next < bases.size() ? next : previous;
}

// Where a mark stands that the library placed in a word of its own.
size_t placeOf(double middle, const std::vector<LineGlyph>& bases, double reach) {
  const auto behind = std::partition_point(bases.begin(), bases.end(), [&](const LineGlyph& base) {
    return base.left - reach <= middle;
  });
  const auto place = static_cast<size_t>(behind - bases.begin());
  return place == 0 ? 0 : place - 1;
}

bool isMarkWord(const Word& word) {
  return std::all_of(word.glyphs.begin(), word.glyphs.end(),
                     [](const Glyph& glyph) { return glyph.mark; });
}

bool isArabicLetter(char32_t c) {
  return u_charDirection(static_cast<UChar32>(c)) == U_RIGHT_TO_LEFT_ARABIC;
}

// The words of a line that have more than marks, and the gaps that part them.
struct Spacing {
  const std::vector<Word>& words;
  std::vector<int> line;
  std::vector<double> gaps;  // in front of each word of `line`, in font sizes
  double usualGap = 0;

  Spacing(const std::vector<Word>& allWords, const std::vector<int>& indices) : words(allWords) {
    double right = 0;
    for (const int index : indices) {
      const Word& word = words[static_cast<size_t>(index)];
      if (isMarkWord(word)) continue;
      gaps.push_back(line.empty() ? 0 : (word.box.left - right) / std::max(word.size, 0.1));
      right = line.empty() ? word.box.right : std::max(right, word.box.right);
      line.push_back(index);
    }
    std::vector<double> spaces;
    for (const double gap : gaps) {
      if (gap >= kWordGap) spaces.push_back(gap);
    }
    if (spaces.empty()) return;
    const auto mid = spaces.begin() + static_cast<ptrdiff_t>(spaces.size() / 2);
    std::nth_element(spaces.begin(), mid, spaces.end());
    usualGap = *mid;
  }

  [[nodiscard]] bool isSpace(size_t i) const {
    const Word& before = words[static_cast<size_t>(line[i - 1])];
    const Word& after = words[static_cast<size_t>(line[i])];
    const auto joins = [](const Glyph& glyph) {
      return glyph.mark || isArabicLetter(glyph.text.front());
    };
    if (joins(before.glyphs.back()) && joins(after.glyphs.front())) {
      return gaps[i] >= std::max(kWordGap, kLetterGap * usualGap);
    }
    return gaps[i] >= (before.spaceAfter ? kLeastGap : kWordGap);
  }
};

// The line from left to right: bases with spaces between words, and the marks apart.
void spread(const std::vector<Word>& words,
            const std::vector<int>& line,
            std::vector<LineGlyph>& bases,
            std::vector<Mark>& marks) {
  const Spacing spacing(words, line);
  for (size_t i = 0; i < spacing.line.size(); ++i) {
    const int index = spacing.line[i];
    const Word& word = words[static_cast<size_t>(index)];
    if (i > 0 && spacing.isSpace(i)) {
      bases.push_back({U" ", LineGlyph::kSpace, word.box.left, word.box.left, false});
    }
    for (const Glyph& glyph : word.glyphs) {
      if (glyph.mark) {
        marks.push_back({glyph.text, index, (glyph.left + glyph.right) / 2, bases.size()});
      } else {
        bases.push_back({glyph.text, index, glyph.left, glyph.right, false});
      }
    }
  }
}

void attach(const std::vector<Mark>& marks,
            const std::vector<Word>& words,
            std::vector<LineGlyph>& bases) {
  for (const Mark& mark : marks) {
    if (bases.empty()) {
      bases.push_back({mark.text, mark.word, mark.middle, mark.middle, false});
      continue;
    }
    const double reach = kMarkReach * words[static_cast<size_t>(mark.word)].size;
    std::u32string& text = bases[baseOf(mark, bases, reach)].text;
    // Seen from the left, the marks of one right-to-left letter come in reverse.
    text.insert(isRightToLeftMark(mark.text.front()) ? 1 : text.size(), mark.text);
  }
}

// Letters of left-to-right scripts, and digits of all scripts.
bool readsForward(char32_t c) {
  const auto direction = u_charDirection(static_cast<UChar32>(c));
  return direction == U_LEFT_TO_RIGHT || direction == U_EUROPEAN_NUMBER ||
         direction == U_ARABIC_NUMBER;
}

std::vector<LineGlyph> inLogicalOrder(std::vector<LineGlyph> visual, bool rightToLeft) {
  std::u32string text;
  for (const LineGlyph& base : visual) text.push_back(base.text.front());
  const std::vector<int32_t> order = unicode::logicalOrder(text, rightToLeft);
  std::vector<LineGlyph> logical;
  logical.reserve(visual.size());
  for (size_t i = 0; i < order.size(); ++i) {
    LineGlyph glyph = std::move(visual[static_cast<size_t>(order[i])]);
    const bool stepsBack = (i + 1 < order.size() && order[i + 1] == order[i] - 1) ||
                           (i > 0 && order[i - 1] == order[i] + 1);
    glyph.backward =
        isRightToLeft(glyph.text.front()) || (stepsBack && !readsForward(glyph.text.front()));
    logical.push_back(std::move(glyph));
  }
  return logical;
}

// Brackets are mirrored in right-to-left text: some producers write the character that was meant,
// others the shape that is drawn. The reading in which more of them open before they close is
// right; where both are equal, the shape.
void mirrorBrackets(std::vector<LineGlyph>& line) {
  std::vector<size_t> places;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i].backward && u_isMirrored(static_cast<UChar32>(line[i].text.front())) != 0) {
      places.push_back(i);
    }
  }
  int shapeFaults = 0;
  int meantFaults = 0;
  int shapeDepth = 0;
  int meantDepth = 0;
  for (const size_t i : places) {
    const auto c = static_cast<UChar32>(line[i].text.front());
    const auto type = u_getIntPropertyValue(c, UCHAR_BIDI_PAIRED_BRACKET_TYPE);
    if (type == U_BPT_NONE) continue;
    const int meantStep = type == U_BPT_OPEN ? 1 : -1;
    meantDepth += meantStep;
    shapeDepth -= meantStep;
    if (meantDepth < 0) ++meantFaults, meantDepth = 0;
    if (shapeDepth < 0) ++shapeFaults, shapeDepth = 0;
  }
  if (meantFaults < shapeFaults) return;
  for (const size_t i : places) {
    line[i].text.front() =
        static_cast<char32_t>(u_charMirror(static_cast<UChar32>(line[i].text.front())));
  }
}

// Soft hyphens inside a line: a drawn one is a hyphen, one without width is nothing.
void settleSoftHyphens(std::vector<LineGlyph>& line) {
  for (size_t i = 0; i + 1 < line.size(); ++i) {
    if (line[i].text.front() == kSoftHyphen && line[i].right > line[i].left) {
      line[i].text.front() = U'-';
    }
  }
  std::erase_if(line, [&](const LineGlyph& glyph) {
    return glyph.text.front() == kSoftHyphen && &glyph != &line.back();
  });
}

}  // namespace

std::vector<LineGlyph> readLine(const std::vector<Word>& words,
                                std::vector<int> line,
                                bool rightToLeft) {
  std::sort(line.begin(), line.end(), [&](int a, int b) {
    return words[static_cast<size_t>(a)].box.left < words[static_cast<size_t>(b)].box.left;
  });
  std::vector<LineGlyph> bases;
  std::vector<Mark> marks;
  spread(words, line, bases, marks);
  for (const int index : line) {
    const Word& word = words[static_cast<size_t>(index)];
    if (!isMarkWord(word)) continue;
    for (const Glyph& glyph : word.glyphs) {
      const double middle = (glyph.left + glyph.right) / 2;
      const double reach = kMarkReach * word.size;
      marks.push_back({glyph.text, index, middle, placeOf(middle, bases, reach)});
    }
  }
  attach(marks, words, bases);
  const Letters letters = lettersOf(bases);
  if (letters.backward > 0) {
    bases = inLogicalOrder(std::move(bases), rightToLeft || letters.backward > letters.forward);
    mirrorBrackets(bases);
  }
  if (!bases.empty()) settleSoftHyphens(bases);
  return bases;
}

}  // namespace lectern::helper::pdf
