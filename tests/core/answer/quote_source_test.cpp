// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/quote_source.h"

#include "tests/support/written_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace lectern {
namespace {

using testing::ElementsAre;

constexpr int32_t kMark = 0;

// Bytes, the letters of "The cat sat.", U+2581, and the words "The" and "▁The".
std::shared_ptr<const text::Tokenizer> smallTokenizer() {
  nlohmann::json json = nlohmann::json::parse(R"({
    "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"},
    "model": {"type": "BPE", "byte_fallback": true, "vocab": {},
              "merges": ["T h", "Th e", "\u2581 The"]}})");
  auto& vocab = json["model"]["vocab"];
  uint32_t id = 0;
  for (int byte = 0; byte < 256; ++byte) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const std::string digits{kDigits[static_cast<size_t>(byte / 16)],
                             kDigits[static_cast<size_t>(byte % 16)]};
    vocab["<0x" + digits + ">"] = id++;
  }
  for (const char* piece :
       {"\u2581", "T", "h", "e", "c", "a", "t", "s", ".", "Th", "The", "\u2581The"}) {
    vocab[piece] = id++;
  }
  return text::Tokenizer::fromJson(nlohmann::json::parse(json.dump()), "small").value();
}

// Texts of few letters, so that much is repeated, in segments and documents, some with a mark
// between.
std::vector<std::vector<std::string>> someDocuments() {
  const auto letters =
      rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::element('a', 'b')));
  const auto segment =
      rc::gen::map(rc::gen::tuple(rc::gen::element<std::string>("", "", " ", "\n\n"), letters),
                   [](const std::tuple<std::string, std::string>& parts) {
                     return std::get<0>(parts) + std::get<1>(parts).substr(0, 4);
                   });
  const auto stretch = rc::gen::oneOf(segment, segment, segment, rc::gen::just(std::string()));
  const auto document = rc::gen::container<std::vector<std::string>>(stretch);
  return *rc::gen::resize(15, rc::gen::container<std::vector<std::vector<std::string>>>(document));
}

// What may be copied, by looking at everything: for each segment the tokens from its first letter
// on, through those that touch it.
struct Everything {
  struct Place {
    std::vector<int32_t> tokens;
    std::set<size_t> ends;
  };
  std::vector<Place> places;

  explicit Everything(const Context& context) {
    for (size_t i = 0; i < context.segments.size(); ++i) {
      Place place;
      for (size_t j = i; j < context.segments.size(); ++j) {
        const ContextSegment& segment = context.segments[j];
        if (j > i && (segment.tokens.begin != context.segments[j - 1].tokens.end ||
                      segment.item != context.segments[j - 1].item)) {
          break;
        }
        for (int64_t t = segment.tokens.begin; t < segment.tokens.end; ++t) {
          const bool isSpaceBefore =
              context.bytes[static_cast<size_t>(t)].end <= segment.bytes.begin;
          if (j > i || !isSpaceBefore)
            place.tokens.push_back(context.tokens[static_cast<size_t>(t)]);
        }
        place.ends.insert(place.tokens.size());
      }
      places.push_back(std::move(place));
    }
  }

  [[nodiscard]] std::vector<Place> after(const std::vector<int32_t>& copied) const {
    std::vector<Place> found;
    for (const Place& place : places) {
      if (place.tokens.size() >= copied.size() &&
          std::equal(copied.begin(), copied.end(), place.tokens.begin())) {
        found.push_back(place);
      }
    }
    return found;
  }
};

TEST(QuoteSource, OffersWhatALookAtEverythingFinds) {
  EXPECT_TRUE(rc::check([] {
    const auto tokenizer = text::Tokenizer::ofBytes();
    const test::WrittenContext written = test::writeContext(*tokenizer, someDocuments(), kMark);
    const QuoteSource source(written.context, *tokenizer);
    const Everything everything(*written.context);
    RC_ASSERT(source.canBegin() == !everything.places.empty());

    QuoteSource::Copied copied = source.begin();
    std::vector<int32_t> text;
    for (;;) {
      const auto places = everything.after(text);
      std::set<int32_t> follows;
      int32_t ends = 0;
      for (const Everything::Place& place : places) {
        if (place.tokens.size() > text.size()) follows.insert(place.tokens[text.size()]);
        if (!text.empty() && place.ends.contains(text.size())) ++ends;
      }
      RC_ASSERT(source.following(copied) == std::vector<int32_t>(follows.begin(), follows.end()));
      RC_ASSERT(source.canEnd(copied) == (ends > 0));
      if (ends > 0) {
        const QuotedRange range = source.range(copied);
        RC_ASSERT(range.places == ends);
        const auto begin = written.context->tokens.begin() + range.tokens.begin;
        RC_ASSERT(std::equal(text.begin(), text.end(), begin));
        RC_ASSERT(range.tokens.length() == static_cast<int64_t>(text.size()));
        RC_ASSERT(written.cut(range.item, range.bytes) == tokenizer->decode(text, false));
      }
      const std::vector<int32_t> run = source.determined(copied);
      RC_ASSERT(run.empty() == (ends > 0 || follows.size() != 1));
      for (size_t i = 0; i < run.size(); ++i) {
        std::vector<int32_t> longer = text;
        longer.insert(longer.end(), run.begin(), run.begin() + static_cast<ptrdiff_t>(i));
        for (const Everything::Place& place : everything.after(longer)) {
          RC_ASSERT(place.tokens.size() > longer.size());
          RC_ASSERT(place.tokens[longer.size()] == run[i]);
          RC_ASSERT(!place.ends.contains(longer.size()) || longer.empty());
        }
      }
      if (follows.empty()) break;
      RC_ASSERT(source.then(copied, 'x').places.empty());
      const int32_t next = *rc::gen::elementOf(follows);
      copied = source.then(copied, next);
      text.push_back(next);
    }
  }));
}

TEST(QuoteSource, NamesTheFirstOfEqualPlacesAndCountsThem) {
  const auto tokenizer = text::Tokenizer::ofBytes();
  const auto written = test::writeContext(*tokenizer, {{"Yes.", " No.", " Yes."}, {"Yes."}}, kMark);
  const QuoteSource source(written.context, *tokenizer);
  QuoteSource::Copied copied = source.begin();
  for (const char c : std::string("Yes.")) copied = source.then(copied, c);
  ASSERT_TRUE(source.canEnd(copied));
  const QuotedRange range = source.range(copied);
  EXPECT_EQ(range.places, 3);
  EXPECT_EQ(range.firstSegment, 0);
  EXPECT_EQ(range.item, 0);
  EXPECT_EQ(written.cut(range.item, range.bytes), "Yes.");
  // Two of them end here; the first goes on.
  EXPECT_THAT(source.following(copied), ElementsAre(' '));
  EXPECT_THAT(source.determined(copied), ElementsAre());
}

TEST(QuoteSource, LetsAQuotationBeginWithoutTheSpaceBeforeIt) {
  const auto tokenizer = smallTokenizer();
  const auto written =
      test::writeContext(*tokenizer, {{"The cat.", " The cat sat."}, {" The sat."}}, kMark);
  const QuoteSource source(written.context, *tokenizer);
  const int32_t bare = *tokenizer->find("The");
  const int32_t spaced = *tokenizer->find("\u2581The");
  EXPECT_THAT(source.following(source.begin()), ElementsAre(bare, spaced));
  EXPECT_EQ(source.then(source.begin(), spaced).places.size(), 1U);
  QuoteSource::Copied copied = source.then(source.begin(), bare);
  EXPECT_EQ(copied.places.size(), 2U);
  for (const text::Token& token : tokenizer->encode(" cat sat."))
    copied = source.then(copied, token.id);
  ASSERT_TRUE(source.canEnd(copied));
  const QuotedRange range = source.range(copied);
  EXPECT_EQ(range.firstSegment, 1);
  EXPECT_EQ(written.cut(range.item, range.bytes), "The cat sat.");
}

TEST(QuoteSource, HasNothingToQuoteInAnEmptyContext) {
  const auto tokenizer = text::Tokenizer::ofBytes();
  const QuoteSource source(std::make_shared<const Context>(), *tokenizer);
  EXPECT_FALSE(source.canBegin());
  EXPECT_TRUE(source.following(source.begin()).empty());
  EXPECT_FALSE(source.canEnd(source.begin()));
}

}  // namespace
}  // namespace lectern
