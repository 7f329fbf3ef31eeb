// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/quote_source.h"

#include "core/base/check.h"
#include "core/base/utf8.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace lectern {

namespace {

// The first token of the segment that has a byte of its text; the end where none has.
int64_t firstTextToken(const Context& context, const ContextSegment& segment) {
  int64_t token = segment.tokens.begin;
  while (token < segment.tokens.end &&
         context.bytes[static_cast<size_t>(token)].end <= segment.bytes.begin) {
    ++token;
  }
  return token;
}

bool touch(const ContextSegment& a, const ContextSegment& b) {
  return a.item == b.item && a.tokens.end == b.tokens.begin;
}

// The token as it is written where no space stands before it, if it is one token then.
std::optional<int32_t> withoutSpace(const text::Tokenizer& tokenizer, int32_t token) {
  const std::string text = tokenizer.bytesOf(token, /*showControl=*/false);
  const size_t begin = text.find_first_not_of(" \n\t");
  if (begin == 0 || begin == std::string::npos) return std::nullopt;
  const std::string_view rest = std::string_view(text).substr(begin);
  if (!utf8::isValid(rest)) return std::nullopt;
  const std::vector<text::Token> tokens = tokenizer.encode(rest);
  return tokens.size() == 1 ? std::optional(tokens[0].id) : std::nullopt;
}

}  // namespace

QuoteSource::QuoteSource(std::shared_ptr<const Context> context, const text::Tokenizer& tokenizer)
    : context_(std::move(context)) {
  const std::vector<ContextSegment>& segments = context_->segments;
  std::vector<int32_t> symbols;
  symbols.reserve(context_->tokens.size());
  std::vector<int32_t> ends;
  std::vector<int32_t> beginnings;
  std::set<int32_t> spaced;  // first tokens with white space before their text
  for (size_t i = 0; i < segments.size(); ++i) {
    if (i > 0 && !touch(segments[i - 1], segments[i])) symbols.push_back(SuffixArray::kBorder);
    const auto [begin, end] = segments[i].tokens;
    firstSymbol_.push_back(static_cast<int32_t>(symbols.size()));
    const int64_t first = firstTextToken(*context_, segments[i]);
    if (first < end) {
      beginnings.push_back(firstSymbol_.back() + static_cast<int32_t>(first - begin));
      if (context_->bytes[static_cast<size_t>(first)].begin < segments[i].bytes.begin)
        spaced.insert(context_->tokens[static_cast<size_t>(first)]);
    }
    symbols.insert(symbols.end(), context_->tokens.begin() + begin, context_->tokens.begin() + end);
    ends.push_back(static_cast<int32_t>(symbols.size()));
  }
  segmentEnds_.resize(symbols.size() + 1);
  for (const int32_t end : ends) segmentEnds_[static_cast<size_t>(end)] = true;
  for (const int32_t token : spaced) {
    if (const auto bare = withoutSpace(tokenizer, token)) bare_.push_back({*bare, token});
  }
  starts_ = SuffixArray(std::move(symbols)).only(beginnings);
}

QuoteSource::Copied QuoteSource::begin() const {
  Copied nothing;
  if (canBegin()) nothing.places.push_back(starts_.all());
  return nothing;
}

std::vector<int32_t> QuoteSource::following(const Copied& copied) const {
  std::vector<int32_t> tokens;
  for (const SuffixArray::Interval places : copied.places) {
    const std::vector<int32_t> some = starts_.following(places, copied.tokens);
    tokens.insert(tokens.end(), some.begin(), some.end());
  }
  if (copied.tokens == 0) {
    for (const Bare& bare : bare_) tokens.push_back(bare.token);
  }
  std::sort(tokens.begin(), tokens.end());
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  return tokens;
}

QuoteSource::Copied QuoteSource::then(const Copied& copied, int32_t token) const {
  Copied next{{}, copied.tokens + 1};
  const auto narrow = [&](SuffixArray::Interval places, int32_t symbol) {
    const SuffixArray::Interval left = starts_.narrow(places, copied.tokens, symbol);
    if (!left.isEmpty()) next.places.push_back(left);
  };
  for (const SuffixArray::Interval places : copied.places) narrow(places, token);
  if (copied.tokens == 0) {
    for (const Bare& bare : bare_) {
      if (bare.token == token) narrow(starts_.all(), bare.inContext);
    }
  }
  return next;
}

bool QuoteSource::canEnd(const Copied& copied, int32_t ahead) const {
  const int32_t length = copied.tokens + ahead;
  if (length == 0) return false;
  for (const SuffixArray::Interval places : copied.places) {
    for (int32_t rank = places.begin; rank < places.end; ++rank) {
      if (segmentEnds_[static_cast<size_t>(starts_.position(rank)) + static_cast<size_t>(length)])
        return true;
    }
  }
  return false;
}

std::vector<int32_t> QuoteSource::determined(const Copied& copied) const {
  std::vector<int32_t> run;
  if (copied.places.empty()) return run;
  for (int32_t ahead = 0; !canEnd(copied, ahead); ++ahead) {
    const int32_t depth = copied.tokens + ahead;
    const int32_t symbol = starts_.symbol(copied.places.front().begin, depth);
    // Sorted, so that those between agree where the first and the last do.
    for (const SuffixArray::Interval places : copied.places) {
      if (starts_.symbol(places.begin, depth) != symbol ||
          starts_.symbol(places.end - 1, depth) != symbol) {
        return run;
      }
    }
    run.push_back(symbol);
  }
  return run;
}

int32_t QuoteSource::segmentAt(int32_t symbol) const {
  const auto after = std::upper_bound(firstSymbol_.begin(), firstSymbol_.end(), symbol);
  return static_cast<int32_t>(after - firstSymbol_.begin()) - 1;
}

QuotedRange QuoteSource::range(const Copied& copied) const {
  int32_t first = -1;
  QuotedRange range;
  range.places = 0;
  for (const SuffixArray::Interval places : copied.places) {
    for (int32_t rank = places.begin; rank < places.end; ++rank) {
      const int32_t position = starts_.position(rank);
      if (!segmentEnds_[static_cast<size_t>(position) + static_cast<size_t>(copied.tokens)])
        continue;
      ++range.places;
      if (first < 0 || position < first) first = position;
    }
  }
  LECTERN_CHECK(first >= 0);
  range.firstSegment = segmentAt(first);
  range.lastSegment = segmentAt(first + copied.tokens - 1);
  const ContextSegment& from = context_->segments[static_cast<size_t>(range.firstSegment)];
  const ContextSegment& to = context_->segments[static_cast<size_t>(range.lastSegment)];
  LECTERN_CHECK(from.item == to.item);
  range.item = from.item;
  const int64_t begin =
      from.tokens.begin + first - firstSymbol_[static_cast<size_t>(range.firstSegment)];
  range.tokens = {begin, begin + copied.tokens};
  range.bytes = {from.bytes.begin, to.bytes.end};
  return range;
}

}  // namespace lectern
