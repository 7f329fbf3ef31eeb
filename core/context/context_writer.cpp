// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/context/context_writer.h"

#include "core/base/check.h"

#include <fmt/format.h>

#include <algorithm>

namespace lectern {

namespace {

constexpr std::string_view kOmission = "\n[…]\n";

std::string_view cut(std::string_view text, int64_t begin, int64_t end) {
  return text.substr(static_cast<size_t>(begin), static_cast<size_t>(end - begin));
}

std::string markOf(const PageText& page) {
  return fmt::format("⟦p{}⟧ ", page.name);
}

bool isBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// Where the white space before the segment begins that is not older than `from`; both in `text`.
int64_t spaceBefore(std::string_view text, int64_t from, int64_t segment) {
  const size_t last = cut(text, from, segment).find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? from : from + static_cast<int64_t>(last) + 1;
}

}  // namespace

void ContextWriter::prompt(const std::vector<text::PromptPart>& parts) {
  for (const text::Token& token : text::encodePrompt(*tokenizer_, parts)) this->token(token.id);
}

void ContextWriter::token(int32_t id) {
  context_.tokens.push_back(id);
  context_.bytes.emplace_back();
}

void ContextWriter::plain(std::string_view text) {
  for (const text::Token& token : tokenizer_->encode(text)) this->token(token.id);
}

void ContextWriter::openItem(RevisionId revision) {
  context_.items.push_back({revision, {tokens(), tokens()}});
  lastNumber_ = -1;
}

void ContextWriter::closeItem() {
  context_.items.back().tokens.end = tokens();
}

void ContextWriter::stretch(std::string_view text, int64_t start) {
  for (const text::Token& token : tokenizer_->encode(text)) {
    context_.tokens.push_back(token.id);
    context_.bytes.push_back(token.span.shifted(start));
  }
}

void ContextWriter::quotable(const NumberedSegment& segment,
                             std::string_view stretchText,
                             int64_t start) {
  const int64_t before = tokens();
  stretch(stretchText, start);
  if (segment.segment.kind == SegmentKind::Furniture) return;
  context_.segments.push_back({static_cast<int32_t>(context_.items.size()) - 1,
                               {before, tokens()},
                               segment.segment.span,
                               segment.number});
  segmentTexts_.emplace_back(
      stretchText.substr(static_cast<size_t>(segment.segment.span.begin - start)));
}

void ContextWriter::wholePage(const PageText& page) {
  plain(markOf(page));
  int64_t at = 0;
  for (const NumberedSegment& segment : page.segments) {
    const TextSpan local = segment.segment.span.shifted(-page.byteStart);
    const int64_t space = spaceBefore(page.text, at, local.begin);
    stretch(cut(page.text, at, space), page.byteStart + at);
    quotable(segment, cut(page.text, space, local.end), page.byteStart + space);
    at = local.end;
  }
  stretch(std::string_view(page.text).substr(static_cast<size_t>(at)), page.byteStart + at);
}

void ContextWriter::partsOfPage(const PageText& page) {
  int64_t at = 0;
  for (size_t i = 0; i < page.segments.size(); ++i) {
    const NumberedSegment& segment = page.segments[i];
    const TextSpan local = segment.segment.span.shifted(-page.byteStart);
    const bool goesOn = segment.number == lastNumber_ + 1;
    if (!goesOn) plain(kOmission);
    if (i == 0) plain(markOf(page));
    const bool adjacent = goesOn && i > 0 && isBlank(cut(page.text, at, local.begin));
    const int64_t from = adjacent ? at : local.begin;
    quotable(segment, cut(page.text, from, local.end), page.byteStart + from);
    at = local.end;
    lastNumber_ = segment.number;
  }
  if (!page.segments.empty()) plain("\n");
}

void ContextWriter::segment(const NumberedSegment& segment, std::string_view text) {
  LECTERN_CHECK(static_cast<int64_t>(text.size()) == segment.segment.span.length());
  const auto before = static_cast<size_t>(tokens());
  quotable(segment, fmt::format(" {}", text), segment.segment.span.begin - 1);
  // The space is the prompt's, not the document's.
  for (size_t i = before; i < context_.bytes.size(); ++i) {
    context_.bytes[i].begin = std::max(context_.bytes[i].begin, segment.segment.span.begin);
  }
}

}  // namespace lectern
