// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/answer_writer.h"

#include "core/base/utf8.h"
#include "core/context/chat_prompt.h"

#include <algorithm>
#include <cctype>

namespace lectern {

namespace {

bool isControl(char32_t c) {
  return (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c < 0xA0);
}

std::string readable(std::string_view utf8) {
  std::string text;
  for (int64_t at = 0; at < static_cast<int64_t>(utf8.size());) {
    const utf8::Decoded next = utf8::decode(utf8, at);
    utf8::append(text, isControl(next.codePoint) ? U'\uFFFD' : next.codePoint);
    at += next.length;
  }
  return text;
}

}  // namespace

// Models put the word in bold or in quotation marks.
AnswerWriter::Opening AnswerWriter::opening(bool ended) const {
  const size_t begin = waiting_.find_first_not_of(" \t\n*\"'`");
  if (begin == std::string::npos) return ended ? Opening::Answer : Opening::Unknown;
  const std::string_view word = std::string_view(waiting_).substr(begin);
  const size_t common = std::min(word.size(), kNotFoundWord.size());
  if (word.substr(0, common) != kNotFoundWord.substr(0, common)) return Opening::Answer;
  if (common < kNotFoundWord.size()) return ended ? Opening::Answer : Opening::Unknown;
  if (word.size() == common) return ended ? Opening::NotFound : Opening::Unknown;
  const auto next = static_cast<unsigned char>(word[common]);
  return std::isalnum(next) != 0 || next >= 0x80 ? Opening::Answer : Opening::NotFound;
}

Result<void> AnswerWriter::write(std::string_view utf8) {
  if (saidNotFound_ || utf8.empty()) return {};
  if (answers_) return say(utf8);
  waiting_ += utf8;
  switch (opening(/*ended=*/false)) {
    case Opening::Unknown:
      return {};
    case Opening::NotFound:
      saidNotFound_ = true;
      return {};
    case Opening::Answer:
      break;
  }
  answers_ = true;
  const size_t begin = waiting_.find_first_not_of(" \t\n");
  return say(std::string_view(waiting_).substr(begin));
}

Result<void> AnswerWriter::say(std::string_view utf8) {
  const std::string shown = readable(utf8);
  text_ += shown;
  sink_(Text{shown});
  return cite(sentences_.push(shown));
}

Result<void> AnswerWriter::cite(const std::vector<TextSpan>& sentences) {
  for (const TextSpan span : sentences) {
    Claim claim = TRY(grade_(std::string_view(text_).substr(static_cast<size_t>(span.begin),
                                                            static_cast<size_t>(span.length()))));
    claim.span = span;
    sink_(Cited{std::move(claim)});
  }
  return {};
}

Result<void> AnswerWriter::finish() {
  if (!answers_ && !saidNotFound_) {
    saidNotFound_ = opening(/*ended=*/true) == Opening::NotFound;
    const size_t begin = waiting_.find_first_not_of(" \t\n");
    if (!saidNotFound_ && begin != std::string::npos) {
      TRY(say(std::string_view(waiting_).substr(begin)));
    }
  }
  return cite(sentences_.finish());
}

}  // namespace lectern
