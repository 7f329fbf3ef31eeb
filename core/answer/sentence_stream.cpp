// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/sentence_stream.h"

#include "core/text/segmenter.h"

namespace lectern {

namespace {

constexpr std::string_view kSpace = " \t\r\n";

bool isSpace(char c) {
  return kSpace.find(c) != std::string_view::npos;
}

// A citation mark ("[3, 4]") belongs to the sentence before it once it is closed.
bool isOpenMark(std::string_view text) {
  return text.starts_with('[') && text.find(']') == std::string_view::npos;
}

}  // namespace

void SentenceStream::emit(TextSpan span, std::vector<TextSpan>& ended) const {
  while (!span.isEmpty() && isSpace(pending_[static_cast<size_t>(span.begin)])) ++span.begin;
  while (!span.isEmpty() && isSpace(pending_[static_cast<size_t>(span.end) - 1])) --span.end;
  if (!span.isEmpty()) ended.push_back(span.shifted(start_));
}

void SentenceStream::drop(size_t bytes) {
  pending_.erase(0, bytes);
  start_ += static_cast<int64_t>(bytes);
}

// Behind a word: the sentences before the one that the word stands in are certain.
void SentenceStream::cutAtWord(std::vector<TextSpan>& ended) {
  const std::vector<TextSpan> found = text::sentences(pending_);
  if (found.size() >= 2 &&
      !isOpenMark(std::string_view(pending_).substr(static_cast<size_t>(found.back().begin)))) {
    for (size_t i = 0; i + 1 < found.size(); ++i) emit(found[i], ended);
    drop(static_cast<size_t>(found.back().begin));
  } else if (pending_.size() > kMaxBytes) {
    emit({0, static_cast<int64_t>(pending_.size())}, ended);
    drop(pending_.size());
  }
}

void SentenceStream::cutAll(std::vector<TextSpan>& ended) {
  for (const TextSpan span : text::sentences(pending_)) emit(span, ended);
  drop(pending_.size());
}

std::vector<TextSpan> SentenceStream::push(std::string_view utf8) {
  std::vector<TextSpan> ended;
  for (const char c : utf8) {
    const bool startsCharacter = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (startsCharacter && pending_.size() >= 2 * kMaxBytes) cutAll(ended);  // one endless word
    const bool behindWord = !pending_.empty() && !isSpace(pending_.back());
    pending_ += c;
    if (c == '\n') {
      cutAll(ended);
    } else if (isSpace(c) && behindWord) {
      cutAtWord(ended);
    }
  }
  return ended;
}

std::vector<TextSpan> SentenceStream::finish() {
  std::vector<TextSpan> ended;
  cutAll(ended);
  return ended;
}

}  // namespace lectern
