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

bool hasRightToLeft(const std::vector<LineGlyph>& glyphs) {
  return std::any_of(glyphs.begin(), glyphs.end(), [](const LineGlyph& glyph) {
    return std::any_of(glyph.text.begin(), glyph.text.end(), isRightToLeft);
  });
}

// The base that a mark belongs to, among bases that rise from left to right.
size_t baseOf(const Mark& mark, const std::vector<LineGlyph>& bases, double reach, bool backward) {
  const auto covers = [&](size_t i) {
    return i < bases.size() && bases[i].word != LineGlyph::kSpace &&
           bases[i].left - reach <= mark.middle && mark.middle <= bases[i].right;
  };
  const auto isLetter = [&](size_t i) {
    return u_isalpha(static_cast<UChar32>(bases[i].text.front())) != 0;
  };
  const size_t next = mark.place;
  const size_t previous = mark.place == 0 ? 0 : mark.place - 1;
  if (backward) {
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

// Letters of left-to-right scripts, and digits of all scripts.
bool readsForward(char32_t c) {
  const auto direction = u_charDirection(static_cast<UChar32>(c));
  return direction == U_LEFT_TO_RIGHT || direction == U_EUROPEAN_NUMBER ||
         direction == U_ARABIC_NUMBER;
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
  const bool mixed = hasRightToLeft(bases);
  for (const int index : line) {
    const Word& word = words[static_cast<size_t>(index)];
    if (!isMarkWord(word)) continue;
    for (const Glyph& glyph : word.glyphs) {
      const double middle = (glyph.left + glyph.right) / 2;
      if (bases.empty()) {
        bases.push_back({glyph.text, index, glyph.left, glyph.right, false});
      } else {
        marks.push_back(
            {glyph.text, index, middle, placeOf(middle, bases, kMarkReach * word.size)});
      }
    }
  }
  // Read to the left, the marks of one base come in reverse as well.
  if (mixed) std::reverse(marks.begin(), marks.end());
  for (const Mark& mark : marks) {
    if (bases.empty()) {
      bases.push_back({mark.text, mark.word, mark.middle, mark.middle, false});
      continue;
    }
    const double reach = kMarkReach * words[static_cast<size_t>(mark.word)].size;
    bases[baseOf(mark, bases, reach, mixed)].text += mark.text;
  }
  if (mixed) {
    std::u32string visual;
    for (const LineGlyph& base : bases) visual.push_back(base.text.front());
    const std::vector<int32_t> order = unicode::logicalOrder(visual, rightToLeft);
    std::vector<LineGlyph> logical;
    logical.reserve(bases.size());
    for (size_t i = 0; i < order.size(); ++i) {
      const auto at = static_cast<size_t>(order[i]);
      LineGlyph glyph = std::move(bases[at]);
      const bool stepsBack = (i + 1 < order.size() && order[i + 1] == order[i] - 1) ||
                             (i > 0 && order[i - 1] == order[i] + 1);
      glyph.backward =
          isRightToLeft(glyph.text.front()) || (stepsBack && !readsForward(glyph.text.front()));
      logical.push_back(std::move(glyph));
    }
    bases = std::move(logical);
    mirrorBrackets(bases);
  }
  if (!bases.empty()) settleSoftHyphens(bases);
  return bases;
}

}  // namespace lectern::helper::pdf
