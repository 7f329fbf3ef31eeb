// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/context/context.h"
#include "core/context/document_text.h"
#include "core/text/chat_template.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// Puts a context together, stretch by stretch: each is encoded by itself, so that every segment
/// begins and ends with tokens of its own, and what a question adds behind the documents changes
/// none of their tokens.
///
/// Only `marker` gives control tokens. What a page, a title or a question spells never becomes one.
class ContextWriter {
 public:
  explicit ContextWriter(std::shared_ptr<const text::Tokenizer> tokenizer)
      : tokenizer_(std::move(tokenizer)) {}

  /// Parts of a prompt as they are; they belong to the item that is open, or to none.
  void prompt(const std::vector<text::PromptPart>& parts);
  void token(int32_t id);
  void plain(std::string_view text);

  void openItem(RevisionId revision);
  void closeItem();

  /// A page of the open item, whole: "⟦p12⟧" and every byte of its text. Segments that are
  /// furniture are written but cannot be quoted.
  void wholePage(const PageText& page);
  /// Only the segments of the page that are given, with "[…]" where the document goes on between
  /// two of them.
  void partsOfPage(const PageText& page);
  /// One segment behind a space, without a mark. `text` are its own bytes.
  void segment(const NumberedSegment& segment, std::string_view text);

  [[nodiscard]] int64_t tokens() const { return static_cast<int64_t>(context_.tokens.size()); }
  /// The bytes of each of the context's segments, in their order.
  [[nodiscard]] const std::vector<std::string>& segmentTexts() const { return segmentTexts_; }
  Context take() { return std::move(context_); }
  std::vector<std::string> takeSegmentTexts() { return std::move(segmentTexts_); }

 private:
  /// Encodes `text`, whose first byte is byte `start` of the revision.
  void stretch(std::string_view text, int64_t start);
  void quotable(const NumberedSegment& segment, std::string_view stretchText, int64_t start);

  std::shared_ptr<const text::Tokenizer> tokenizer_;
  Context context_;
  std::vector<std::string> segmentTexts_;
  int32_t lastNumber_ = -1;  // of the open item, as partsOfPage wrote it
};

}  // namespace lectern
