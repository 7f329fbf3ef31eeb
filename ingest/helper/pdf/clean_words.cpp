// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/pdf/clean_words.h"

#include "ingest/helper/pdf/column_cut.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace lectern::helper::pdf {

namespace {

constexpr double kMinFontSize = 0.1;
constexpr double kMaxFontSize = 2000;
constexpr char32_t kReplacement = 0xFFFD;
constexpr char32_t kSoftHyphen = 0x00AD;

bool isFinite(const BoxPt& box) {
  return std::isfinite(box.left) && std::isfinite(box.top) && std::isfinite(box.right) &&
         std::isfinite(box.bottom);
}

// Marks, and the joiners that act between letters: they follow a base and have no width.
bool isMark(char32_t c) {
  const auto type = u_charType(static_cast<UChar32>(c));
  return type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || c == 0x200C || c == 0x200D;
}

bool isSpace(char32_t c) {
  return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0;
}

// Characters that show nothing: controls, bidi controls, zero-width spaces, tags.
bool isInvisible(char32_t c) {
  if (c == kSoftHyphen || c == 0x200C || c == 0x200D) return false;
  const auto type = u_charType(static_cast<UChar32>(c));
  return type == U_CONTROL_CHAR || type == U_FORMAT_CHAR;
}

bool isArabicPresentationForm(char32_t c) {
  return (c >= 0xFB50 && c <= 0xFDFF) || (c >= 0xFE70 && c <= 0xFEFC);
}

// NFKC of one Arabic presentation form. Isolated marks decompose into a space and the mark.
std::u32string baseLetters(char32_t c) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* nfkc = icu::Normalizer2::getNFKCInstance(status);
  if (U_FAILURE(status) != 0) return {c};
  const icu::UnicodeString normal =
      nfkc->normalize(icu::UnicodeString(static_cast<UChar32>(c)), status);
  std::u32string letters;
  for (int32_t i = 0; i < normal.length(); i = normal.moveIndex32(i, 1)) {
    const auto letter = static_cast<char32_t>(normal.char32At(i));
    if (!isSpace(letter)) letters.push_back(letter);
  }
  return letters;
}

std::u32string textOf(char32_t c) {
  if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) return {kReplacement};
  return isArabicPresentationForm(c) ? baseLetters(c) : std::u32string{c};
}

bool nameHas(const std::string& lowerName, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return lowerName.find(part) != std::string::npos;
  });
}

std::string lowerAscii(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

bool isBold(const std::string& font) {
  return nameHas(font, {"bold", "black", "heavy", "demi", "-medi", "cmbx", "sfbx", "cmssbx"});
}

bool isMonospaced(const std::string& font) {
  return nameHas(font, {"mono", "courier", "consol", "typewriter", "cmtt", "sftt", "lmtt",
                        "nimbusm", "fixed", "menlo", "lettergothic", "sourcecode", "terminal"});
}

BoxPt clamped(const BoxPt& box, double width, double height) {
  const auto [left, right] = std::minmax(box.left, box.right);
  const auto [top, bottom] = std::minmax(box.top, box.bottom);
  return {std::clamp(left, 0.0, width), std::clamp(top, 0.0, height), std::clamp(right, 0.0, width),
          std::clamp(bottom, 0.0, height)};
}

bool touchesPage(const BoxPt& box, double width, double height) {
  return std::max(box.left, box.right) >= 0 && std::min(box.left, box.right) <= width &&
         std::max(box.top, box.bottom) >= 0 && std::min(box.top, box.bottom) <= height;
}

// Turns one library word into clean words: more than one where it holds white space, none where
// nothing of it shows.
class WordCleaner {
 public:
  WordCleaner(const Frame& frame, std::vector<Word>& words) : frame_(frame), words_(words) {}

  void add(const PlacedWord& source) {
    source_ = &source;
    font_ = lowerAscii(source.font);
    last_ = {};
    hasLast_ = false;
    begin();
    for (size_t i = 0; i < source.text.size(); ++i) {
      const char32_t c = source.text[i];
      if (c <= 0x10FFFF && isSpace(c)) {
        end(true);
        continue;
      }
      if (c <= 0x10FFFF && isInvisible(c)) continue;
      addGlyph(c, i);
    }
    end(source.spaceAfter);
  }

  /// Of each word that was added.
  [[nodiscard]] const std::vector<const std::string*>& fonts() const { return fonts_; }

 private:
  void begin() { word_ = Word{}; }

  void addGlyph(char32_t c, size_t index) {
    BoxPt box = index < source_->boxes.size() ? source_->boxes[index] : BoxPt{NAN, 0, 0, 0};
    if (!isFinite(box)) {
      if (!hasLast_) return;  // nothing tells where it stands
      box = {last_.right, last_.top, last_.right, last_.bottom};
    }
    if (!touchesPage(box, frame_.pageWidth, frame_.pageHeight)) return;
    last_ = clamped(box, frame_.pageWidth, frame_.pageHeight);
    hasLast_ = true;
    const BoxPt placed = frame_.fromPage(last_);
    Glyph glyph{textOf(c), placed.left, placed.right, false};
    if (glyph.text.empty()) return;
    glyph.mark = isMark(glyph.text.front());
    if (word_.glyphs.empty()) {
      word_.box = placed;
    } else {
      word_.box = united(word_.box, placed);
    }
    word_.glyphs.push_back(std::move(glyph));
  }

  void end(bool spaceAfter) {
    if (!word_.glyphs.empty()) {
      const double size = source_->fontSize;
      const double height = word_.box.bottom - word_.box.top;
      word_.size = std::isfinite(size) && size > kMinFontSize && size < kMaxFontSize
                       ? size
                       : std::max(height, kMinFontSize);
      word_.bold = isBold(font_);
      word_.mono = isMonospaced(font_);
      word_.spaceAfter = spaceAfter;
      words_.push_back(std::move(word_));
      fonts_.push_back(&source_->font);
    }
    begin();
  }

  const Frame& frame_;
  std::vector<Word>& words_;
  std::vector<const std::string*> fonts_;
  const PlacedWord* source_ = nullptr;
  std::string font_;
  Word word_;
  BoxPt last_;
  bool hasLast_ = false;
};

// Fonts whose name does not tell: all letters that the page has of them advance alike, among them
// narrow ones. `fonts` has each word's font.
void findMonospaced(std::vector<Word>& words, const std::vector<const std::string*>& fonts) {
  constexpr double kOneAdvance = 0.02;
  constexpr size_t kLeastLetters = 5;
  struct Advances {
    double least = kMaxFontSize;
    double most = 0;
    std::set<char32_t> letters;
    bool narrow = false;
  };
  std::unordered_map<std::string_view, Advances> advances;
  for (size_t i = 0; i < words.size(); ++i) {
    Advances& font = advances[*fonts[i]];
    for (const Glyph& glyph : words[i].glyphs) {
      const char32_t c = glyph.text.front();
      if (c < U'A' || c > U'z' || (c > U'Z' && c < U'a')) continue;
      const double advance = (glyph.right - glyph.left) / words[i].size;
      font.least = std::min(font.least, advance);
      font.most = std::max(font.most, advance);
      font.letters.insert(c);
      font.narrow = font.narrow || c == U'i' || c == U'l' || c == U'I' || c == U't';
    }
  }
  for (size_t i = 0; i < words.size(); ++i) {
    const Advances& font = advances[*fonts[i]];
    words[i].mono = words[i].mono || (font.narrow && font.letters.size() >= kLeastLetters &&
                                      font.most - font.least < kOneAdvance);
  }
}

bool isLam(const Glyph& glyph) {
  return glyph.text == U"\u0644";
}

bool isAlef(const Glyph& glyph) {
  constexpr std::u32string_view kForms = U"\u0622\u0623\u0625\u0627\u0671";
  return glyph.text.size() == 1 && kForms.find(glyph.text[0]) != std::u32string_view::npos;
}

// Poppler 22.12 parts a ligature that stands for several letters into boxes of one width and hands
// the letters over from left to right in logical order: lam-alef comes as alef-lam. Two boxes of
// exactly one width tell, unless the page's font draws the article "al" so: then most such pairs
// begin a word, and none of another width is to be seen.
void mendLamAlef(std::vector<Word>& words) {
  constexpr double kOneWidth = 1e-3;
  std::vector<std::pair<Glyph*, Glyph*>> halves;
  size_t atWordStart = 0;
  size_t unequal = 0;
  for (Word& word : words) {
    if (word.mono) continue;
    for (size_t i = 0; i + 1 < word.glyphs.size(); ++i) {
      Glyph& lam = word.glyphs[i];
      Glyph& alef = word.glyphs[i + 1];
      if (!isLam(lam) || !isAlef(alef)) continue;
      const double difference = (lam.right - lam.left) - (alef.right - alef.left);
      if (std::abs(difference) > kOneWidth * word.size) {
        ++unequal;
        continue;
      }
      halves.emplace_back(&lam, &alef);
      if (i + 2 == word.glyphs.size() && i > 0) ++atWordStart;
    }
  }
  if (unequal < halves.size() && 2 * atWordStart > halves.size()) return;
  for (const auto& [lam, alef] : halves) std::swap(lam->text, alef->text);
}

}  // namespace

BoxPt Frame::fromPage(const BoxPt& box) const {
  switch (quarterTurns) {
    case 1:
      return {box.top, pageWidth - box.right, box.bottom, pageWidth - box.left};
    case 2:
      return {pageWidth - box.right, pageHeight - box.bottom, pageWidth - box.left,
              pageHeight - box.top};
    case 3:
      return {pageHeight - box.bottom, box.left, pageHeight - box.top, box.right};
    default:
      return box;
  }
}

BoxPt Frame::toPage(const BoxPt& box) const {
  switch (quarterTurns) {
    case 1:
      return {pageWidth - box.bottom, box.left, pageWidth - box.top, box.right};
    case 2:
      return {pageWidth - box.right, pageHeight - box.bottom, pageWidth - box.left,
              pageHeight - box.top};
    case 3:
      return {box.top, pageHeight - box.right, box.bottom, pageHeight - box.left};
    default:
      return box;
  }
}

std::vector<Word> cleanWords(const PageContent& content, const Frame& frame) {
  std::vector<Word> words;
  WordCleaner cleaner(frame, words);
  for (const PlacedWord& word : content.words) {
    if ((word.quarterTurns & 3) == frame.quarterTurns) cleaner.add(word);
  }
  findMonospaced(words, cleaner.fonts());
  mendLamAlef(words);
  return words;
}

bool isRightToLeft(char32_t codePoint) {
  const auto direction = u_charDirection(static_cast<UChar32>(codePoint));
  return direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC;
}

bool isMostlyRightToLeft(const std::vector<Word>& words) {
  int64_t balance = 0;
  for (const Word& word : words) {
    for (const Glyph& glyph : word.glyphs) {
      if (isRightToLeft(glyph.text.front())) {
        ++balance;
      } else if (u_charDirection(static_cast<UChar32>(glyph.text.front())) == U_LEFT_TO_RIGHT) {
        --balance;
      }
    }
  }
  return balance > 0;
}

}  // namespace lectern::helper::pdf
