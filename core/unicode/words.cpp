// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/unicode/words.h"

#include "core/base/check.h"
#include "core/base/utf8.h"
#include "core/unicode/fold.h"

#include <unicode/ubrk.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>

#include <algorithm>
#include <memory>

namespace lectern::unicode {

namespace {

std::string_view cut(std::string_view text, TextSpan span) {
  return text.substr(static_cast<size_t>(span.begin), static_cast<size_t>(span.length()));
}

// What is between two of ICU's boundaries and holds a letter or a digit.
struct Piece {
  TextSpan span;
  int letters = 0;
  int capitals = 0;
  int digits = 0;
  bool capitalised = false;  // its first letter
  bool hebrew = false;
  bool inner = false;  // has other characters: "_", ".", "'", marks

  [[nodiscard]] bool isDigits() const { return letters == 0 && !inner; }
  [[nodiscard]] bool isNumber() const { return letters == 0 && digits > 0; }
};

void countCodePoint(Piece& piece, char32_t c) {
  if (c < 0x80) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper || (c >= 'a' && c <= 'z')) {
      if (piece.letters++ == 0) piece.capitalised = upper;
      piece.capitals += upper ? 1 : 0;
    } else if (c >= '0' && c <= '9') {
      ++piece.digits;
    } else {
      piece.inner = true;
    }
    return;
  }
  const auto codePoint = static_cast<UChar32>(c);
  if (u_isalpha(codePoint)) {
    const bool upper = u_isupper(codePoint) || u_istitle(codePoint);
    if (piece.letters++ == 0) piece.capitalised = upper;
    piece.capitals += upper ? 1 : 0;
    piece.hebrew = piece.hebrew || (c >= 0x0590 && c < 0x0600);
  } else if (u_isdigit(codePoint)) {
    ++piece.digits;
  } else {
    piece.inner = true;
  }
}

Piece pieceOf(std::string_view text, TextSpan span) {
  Piece piece;
  piece.span = span;
  for (int64_t i = span.begin; i < span.end;) {
    const utf8::Decoded decoded = utf8::decode(text, i);
    countCodePoint(piece, decoded.codePoint);
    i += decoded.length;
  }
  return piece;
}

// ICU's iterator over one text. Opening a break iterator costs a hundred times more than using it
// on a line, so each thread keeps its own.
class Boundaries {
 public:
  explicit Boundaries(std::string_view text) : iterator_(threadIterator()) {
    UErrorCode status = U_ZERO_ERROR;
    text_ = utext_openUTF8(&storage_, text.data(), static_cast<int64_t>(text.size()), &status);
    ubrk_setUText(iterator_, text_, &status);
    LECTERN_CHECK(U_SUCCESS(status));
  }
  ~Boundaries() { utext_close(text_); }
  Boundaries(const Boundaries&) = delete;
  Boundaries& operator=(const Boundaries&) = delete;

  // The next stretch that ICU counts as a word; empty at the end.
  TextSpan nextWord() {
    int32_t begin = ubrk_current(iterator_);
    for (int32_t end = ubrk_next(iterator_); end != UBRK_DONE; end = ubrk_next(iterator_)) {
      if (ubrk_getRuleStatus(iterator_) >= UBRK_WORD_NONE_LIMIT) return {begin, end};
      begin = end;
    }
    return {};
  }

 private:
  struct Close {
    void operator()(UBreakIterator* iterator) const { ubrk_close(iterator); }
  };
  static UBreakIterator* threadIterator() {
    thread_local const std::unique_ptr<UBreakIterator, Close> iterator([] {
      UErrorCode status = U_ZERO_ERROR;
      UBreakIterator* opened = ubrk_open(UBRK_WORD, "", nullptr, 0, &status);
      LECTERN_CHECK(U_SUCCESS(status));
      return opened;
    }());
    return iterator.get();
  }

  UBreakIterator* iterator_;
  UText storage_ = UTEXT_INITIALIZER;
  UText* text_ = nullptr;
};

bool isGroupingSpace(std::string_view gap) {
  return gap == " " || gap == "\u00A0" || gap == "\u202F" || gap == "\u2009";
}

bool isHyphen(std::string_view gap) {
  return gap == "-" || gap == "\u2010" || gap == "\u2011" || gap == "\u05BE";
}

// "1 000" and "12 345 678,90" but not "2019 300" nor "3 10".
bool isGroupedNumber(const std::vector<Piece>& compound, std::string_view text, const Piece& next) {
  const Piece& last = compound.back();
  if (!last.isDigits() || last.digits > 3 || (compound.size() > 1 && last.digits != 3)) {
    return false;
  }
  for (size_t i = 1; i < compound.size(); ++i) {
    const TextSpan gap{compound[i - 1].span.end, compound[i].span.begin};
    if (!isGroupingSpace(cut(text, gap))) return false;
  }
  if (!next.isNumber()) return false;
  const std::string_view digits = cut(text, next.span);
  const size_t group = digits.find_first_of(".,");
  return (group == std::string_view::npos ? next.digits : static_cast<int>(group)) == 3;
}

// Whether `next` goes on with the compound, given what stands between.
bool joins(const std::vector<Piece>& compound, std::string_view text, const Piece& next) {
  if (next.span.end - compound.front().span.begin > kMaxWordBytes) return false;
  const std::string_view gap = cut(text, {compound.back().span.end, next.span.begin});
  if (gap.empty() || gap.size() > 3) return false;
  if (isHyphen(gap) || gap == "@" || gap == ".") return true;
  if (gap == "/" || gap == ":") return compound.back().isNumber() && next.isNumber();
  return isGroupingSpace(gap) && isGroupedNumber(compound, text, next);
}

// Whether a sentence may start after `gap`, the text between the word `before` and the next.
bool startsSentence(std::string_view gap, const Piece* before) {
  if (before == nullptr) return true;
  if (gap == " ") return false;
  constexpr int kLongestTitle = 3;  // "Dr. Weiss", "Mrs. Hall", "J. Smith"
  const bool title = before->capitalised && before->digits == 0 && before->letters <= kLongestTitle;
  if (gap == ". " && title) return false;
  for (const std::string_view mark :
       {".", "!", "?", "\n", "\t", "\"", "…", "“", "„", "«", "•", "؟"}) {
    if (gap.find(mark) != std::string_view::npos) return true;
  }
  return false;
}

// What ICU lets stand inside a word, and the parts of the word end at.
bool cutsWord(char32_t c) {
  constexpr char32_t kRightQuote = 0x2019;
  return c == '_' || c == '.' || c == '\'' || c == '@' || c == ':' || c == kRightQuote;
}

class WordList {
 public:
  explicit WordList(std::string_view text) : text_(text) {}

  void add(const std::vector<Piece>& compound, bool startsSentence) {
    if (compound.empty()) return;
    const TextSpan span{compound.front().span.begin, compound.back().span.end};
    const bool number = std::all_of(compound.begin(), compound.end(),
                                    [](const Piece& piece) { return piece.isNumber(); });
    const Piece whole = compound.size() == 1 ? compound.front() : pieceOf(text_, span);
    append(whole, number, looksLikeName(whole, startsSentence), false);
    const bool hasParts = compound.size() > 1 || (whole.inner && !number && !whole.hebrew);
    if (!hasParts) return;
    for (const Piece& piece : compound) addParts(piece, startsSentence && &piece == &compound[0]);
  }

  std::vector<Word> take() { return std::move(words_); }

 private:
  static bool looksLikeName(const Piece& piece, bool startsSentence) {
    const bool shouts = piece.capitals > 1;  // "HISTSIZE", "McAdam"
    return shouts || (piece.capitalised && !startsSentence);
  }

  void append(const Piece& piece, bool number, bool name, bool part) {
    Word word;
    word.span = piece.span;
    word.folded = fold(cut(text_, piece.span));
    std::erase(word.folded, ' ');
    if (number) std::erase(word.folded, '\'');
    if (word.folded.empty()) return;
    word.part = part;
    word.number = number;
    word.name = name && !isStopWord(word.folded);
    words_.push_back(std::move(word));
  }

  // The pieces of a piece: cut where ICU keeps "foo_bar", "file.txt" and "l'eau" together. A single
  // letter ("l", the "t" of "don't", those of "U.S.A") is no part.
  void addParts(const Piece& piece, bool startsSentence) {
    if (!piece.inner || piece.isNumber() || piece.hebrew) {
      append(piece, piece.isNumber(), looksLikeName(piece, startsSentence), true);
      return;
    }
    TextSpan span{piece.span.begin, piece.span.begin};
    for (int64_t i = span.begin; i < piece.span.end;) {
      const utf8::Decoded decoded = utf8::decode(text_, i);
      const char32_t c = decoded.codePoint;
      i += decoded.length;
      if (cutsWord(c)) {
        addPart(span, piece, startsSentence);
        span.begin = i;
      }
      span.end = i;
    }
    addPart(span, piece, startsSentence);
  }

  void addPart(TextSpan span, const Piece& whole, bool startsSentence) {
    if (span == whole.span) return;
    const Piece part = pieceOf(text_, span);
    if (part.letters + 2 * part.digits < 2) return;
    const bool first = span.begin == whole.span.begin;
    append(part, part.isNumber(), looksLikeName(part, startsSentence && first), true);
  }

  std::string_view text_;
  std::vector<Word> words_;
};

}  // namespace

std::vector<Word> words(std::string_view text) {
  WordList list(text);
  Boundaries boundaries(text);
  std::vector<Piece> compound;
  bool compoundStartsSentence = true;
  const auto take = [&](TextSpan span) {
    const Piece piece = pieceOf(text, span);
    if (piece.letters + piece.digits == 0) return;
    if (!compound.empty() && joins(compound, text, piece)) {
      compound.push_back(piece);
      return;
    }
    const Piece* before = compound.empty() ? nullptr : &compound.back();
    const int64_t gapBegin = before == nullptr ? 0 : before->span.end;
    const bool starts = startsSentence(cut(text, {gapBegin, span.begin}), before);
    list.add(compound, compoundStartsSentence);
    compound.assign(1, piece);
    compoundStartsSentence = starts;
  };
  for (TextSpan span = boundaries.nextWord(); !span.isEmpty(); span = boundaries.nextWord()) {
    while (span.length() > kMaxWordBytes) {
      int64_t end = span.begin + kMaxWordBytes;
      while (!utf8::isBoundary(text, end)) --end;
      take({span.begin, end});
      span.begin = end;
    }
    take(span);
  }
  list.add(compound, compoundStartsSentence);
  return list.take();
}

}  // namespace lectern::unicode
