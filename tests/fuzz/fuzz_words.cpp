// SPDX-License-Identifier: GPL-3.0-or-later
// What runs over every byte of every document, on any bytes: repairing, folding, words, sentences
// and reading order, with the promises of their headers.
#include "core/base/check.h"
#include "core/base/utf8.h"
#include "core/text/segmenter.h"
#include "core/unicode/bidi.h"
#include "core/unicode/fold.h"
#include "core/unicode/words.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lectern {
namespace {

void checkFold(std::string_view text) {
  const unicode::Folded folded = unicode::foldWithOrigin(text);
  LECTERN_CHECK(folded.text == unicode::fold(text));
  LECTERN_CHECK(folded.text == unicode::fold(folded.text));
  LECTERN_CHECK(folded.origin.size() == folded.text.size() + 1);
  LECTERN_CHECK(std::is_sorted(folded.origin.begin(), folded.origin.end()));
  LECTERN_CHECK(utf8::isValid(folded.text));
  for (const int64_t origin : folded.origin) LECTERN_CHECK(utf8::isBoundary(text, origin));
}

void checkSpan(std::string_view text, TextSpan span) {
  LECTERN_CHECK(!span.isEmpty() && utf8::isBoundary(text, span.begin));
  LECTERN_CHECK(utf8::isBoundary(text, span.end));
}

void checkWords(std::string_view text) {
  TextSpan whole;
  for (const unicode::Word& word : unicode::words(text)) {
    checkSpan(text, word.span);
    LECTERN_CHECK(!word.folded.empty() && word.span.length() <= unicode::kMaxWordBytes);
    LECTERN_CHECK(word.part ? whole.contains(word.span) : whole.end <= word.span.begin);
    if (!word.part) whole = word.span;
    for (const std::string& form : unicode::withoutPrefixes(word.folded)) {
      LECTERN_CHECK(form.size() < word.folded.size() && utf8::isValid(form));
    }
  }
}

void checkSentences(std::string_view text) {
  int64_t end = 0;
  for (const TextSpan sentence : text::sentences(text)) {
    checkSpan(text, sentence);
    LECTERN_CHECK(end <= sentence.begin);
    const std::string_view between =
        text.substr(static_cast<size_t>(end), static_cast<size_t>(sentence.begin - end));
    LECTERN_CHECK(unicode::fold(between).size() <= 1);  // nothing, or one space
    end = sentence.end;
  }
}

void checkBidi(std::string_view text) {
  std::u32string line;
  for (int64_t i = 0; i < static_cast<int64_t>(text.size());) {
    const utf8::Decoded decoded = utf8::decode(text, i);
    line.push_back(decoded.codePoint);
    i += decoded.length;
  }
  std::vector<int32_t> order = unicode::logicalOrder(line, unicode::isRightToLeft(text));
  std::sort(order.begin(), order.end());
  LECTERN_CHECK(order.size() == line.size());
  for (size_t i = 0; i < order.size(); ++i) LECTERN_CHECK(order[i] == static_cast<int32_t>(i));
}

}  // namespace
}  // namespace lectern

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text = lectern::utf8::repaired({reinterpret_cast<const char*>(data), size});
  lectern::checkFold(text);
  lectern::checkWords(text);
  lectern::checkSentences(text);
  lectern::checkBidi(text);
  return 0;
}
