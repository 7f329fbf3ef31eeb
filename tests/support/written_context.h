// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/context/context.h"
#include "core/text/tokenizer.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::test {

/// A context made of strings, encoded as core/context does it: segment by segment, each with the
/// white space before it. `mark` stands before every document, and wherever a segment is empty.
struct WrittenContext {
  std::shared_ptr<const Context> context;
  std::vector<std::string> texts;  ///< of each document

  [[nodiscard]] std::string cut(int32_t item, TextSpan bytes) const {
    return texts[static_cast<size_t>(item)].substr(static_cast<size_t>(bytes.begin),
                                                   static_cast<size_t>(bytes.length()));
  }
};

inline WrittenContext writeContext(const text::Tokenizer& tokenizer,
                                   const std::vector<std::vector<std::string>>& documents,
                                   int32_t mark) {
  auto context = std::make_shared<Context>();
  WrittenContext written;
  for (const std::vector<std::string>& document : documents) {
    const auto item = static_cast<int32_t>(written.texts.size());
    const auto position = [&] { return static_cast<int64_t>(context->tokens.size()); };
    const auto addMark = [&] {
      context->tokens.push_back(mark);
      context->bytes.emplace_back();
    };
    const int64_t begin = position();
    addMark();
    std::string text;
    for (const std::string& segment : document) {
      const size_t space = segment.find_first_not_of(" \n");
      if (space == std::string::npos) {
        addMark();
        continue;
      }
      const auto at = static_cast<int64_t>(text.size());
      const int64_t first = position();
      for (const text::Token& token : tokenizer.encode(segment)) {
        context->tokens.push_back(token.id);
        context->bytes.push_back(token.span.shifted(at));
      }
      text += segment;
      context->segments.push_back(
          {item,
           {first, position()},
           {at + static_cast<int64_t>(space), static_cast<int64_t>(text.size())},
           static_cast<int32_t>(context->segments.size())});
    }
    context->items.push_back({RevisionId{item + 1}, {begin, position()}});
    written.texts.push_back(std::move(text));
  }
  written.context = std::move(context);
  return written;
}

}  // namespace lectern::test
