// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/answer_event.h"
#include "core/answer/sentence_stream.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace lectern {

/// Turns the text that a model writes into events: Text at once, and Cited for each sentence as
/// soon as it has ended. White space before the first word goes; control characters become U+FFFD.
/// An answer that begins with the word NOTFOUND is none: nothing of it is said. So the first
/// letters wait while they may become that word.
class AnswerWriter {
 public:
  /// Grades a sentence; gives the claim without its span.
  using Grader = std::function<Result<Claim>(std::string_view sentence)>;

  AnswerWriter(const AnswerSink& sink, Grader grade) : sink_(sink), grade_(std::move(grade)) {}

  /// `utf8` is whole characters. Errors: what grading returns.
  Result<void> write(std::string_view utf8);
  /// The answer is whole, or ends here for another reason: grades the sentence that is open.
  Result<void> finish();

  [[nodiscard]] bool saidNotFound() const { return saidNotFound_; }
  /// Nothing was said yet.
  [[nodiscard]] bool isEmpty() const { return text_.empty(); }
  [[nodiscard]] int64_t length() const { return static_cast<int64_t>(text_.size()); }

 private:
  enum class Opening : uint8_t { Unknown, Answer, NotFound };

  [[nodiscard]] Opening opening(bool ended) const;
  Result<void> say(std::string_view utf8);
  Result<void> cite(const std::vector<TextSpan>& sentences);

  const AnswerSink& sink_;
  Grader grade_;
  std::string waiting_;  // until it is known whether this is an answer
  bool answers_ = false;
  bool saidNotFound_ = false;
  std::string text_;
  SentenceStream sentences_;
};

}  // namespace lectern
