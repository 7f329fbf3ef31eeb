// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/quote_constraint.h"

#include "tests/support/written_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace lectern {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Bytes, and some marks behind them.
constexpr int32_t kMark = 256, kOpen = 257, kClose = 258, kNotFound = 259, kEnd = 260;
constexpr size_t kVocabulary = 261;

QuoteOptions markers() {
  QuoteOptions options;
  options.open = {kOpen};
  options.close = {kClose};
  options.notFound = {kNotFound};
  options.endTokens = {kEnd};
  return options;
}

struct Documents {
  explicit Documents(const std::vector<std::vector<std::string>>& documents)
      : tokenizer(text::Tokenizer::ofBytes()),
        written(test::writeContext(*tokenizer, documents, kMark)),
        source(std::make_shared<QuoteSource>(written.context, *tokenizer)) {}
  std::shared_ptr<const text::Tokenizer> tokenizer;
  test::WrittenContext written;
  std::shared_ptr<const QuoteSource> source;
};

Documents oneDocument(const std::vector<std::string>& segments) {
  return Documents(std::vector<std::vector<std::string>>{segments});
}

// An answer, token by token, as the engine makes it.
struct Written {
  std::vector<int32_t> tokens;
  std::vector<AnswerPart> parts;
  bool ended = false;
  bool stuck = false;

  [[nodiscard]] std::vector<int32_t> of(AnswerPart part) const {
    std::vector<int32_t> list;
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (parts[i] == part) list.push_back(tokens[i]);
    }
    return list;
  }
};

template <typename Model>
Written write(QuoteConstraint& constraint, Model model, const SamplerOptions& options = {}) {
  Sampler sampler(options);
  Written written;
  const auto take = [&](int32_t token) {
    sampler.accept(token);
    constraint.accept(token);
    written.tokens.push_back(token);
    written.parts.push_back(constraint.part());
  };
  while (written.tokens.size() < 400) {
    const std::vector<int32_t> forced = constraint.forced();
    for (const int32_t token : forced) take(token);
    if (!forced.empty()) continue;
    const Sampled sampled = sampler.pick(model(written), &constraint);
    written.stuck = sampled.token < 0;
    written.ended = sampled.token == kEnd;
    if (written.stuck || written.ended) break;
    take(sampled.token);
  }
  return written;
}

// A model that wants to write exactly this, whatever stands before it.
auto wants(std::vector<int32_t> text, float logit = 8) {
  return [text = std::move(text), logit](const Written& written) {
    std::vector<float> logits(kVocabulary);
    if (written.tokens.size() < text.size())
      logits[static_cast<size_t>(text[written.tokens.size()])] = logit;
    return logits;
  };
}

std::vector<int32_t> tokensOf(std::initializer_list<int32_t> before,
                              std::string_view text,
                              std::initializer_list<int32_t> after) {
  std::vector<int32_t> tokens(before);
  for (const char c : text) tokens.push_back(static_cast<unsigned char>(c));
  tokens.insert(tokens.end(), after);
  return tokens;
}

const std::vector<std::vector<std::string>> kTwo = {
    {"The key is red.", " The door is green.", " Nobody knows why."}, {"The door is heavy."}};

TEST(QuoteConstraint, CopiesTheSentenceThatTheModelBegins) {
  const Documents documents(kTwo);
  QuoteConstraint constraint(documents.source, markers());
  const Written answer =
      write(constraint, wants(tokensOf({kOpen}, "The door is green.", {kClose, kEnd})));
  EXPECT_TRUE(answer.ended);
  EXPECT_FALSE(constraint.saidNotFound());
  ASSERT_EQ(constraint.quotations().size(), 1U);
  const Quotation& quotation = constraint.quotations()[0];
  EXPECT_FALSE(quotation.abandoned);
  EXPECT_EQ(documents.written.cut(quotation.item, quotation.bytes), "The door is green.");
  EXPECT_EQ(quotation.firstSegment, 1);
  EXPECT_EQ(quotation.lastSegment, 1);
  EXPECT_EQ(quotation.places, 1);
  // T of {T, N}, d of {k, d}, g of {g, h}: three choices, all else follows.
  EXPECT_EQ(quotation.chosenTokens, 3);
  EXPECT_NEAR(quotation.meanLogProbability, std::log(0.92), 0.01);
  EXPECT_GT(quotation.keptMass, 0.92);
  EXPECT_EQ(answer.parts.front(), AnswerPart::Open);
  EXPECT_EQ(answer.parts.back(), AnswerPart::Close);
  EXPECT_EQ(documents.tokenizer->decode(answer.of(AnswerPart::Quotation), false),
            "The door is green.");
}

TEST(QuoteConstraint, GoesOnThroughTheSegmentsThatTouchAndNoFurther) {
  const Documents documents({{"One.", " Two.", "", "Three."}, {"Four."}});
  QuoteConstraint constraint(documents.source, markers());
  const Written answer = write(constraint, wants(tokensOf({kOpen}, "One. Two.Three.", {kClose})));
  ASSERT_GE(constraint.quotations().size(), 1U);
  const Quotation& quotation = constraint.quotations()[0];
  EXPECT_EQ(documents.written.cut(quotation.item, quotation.bytes), "One. Two.");
  EXPECT_EQ(quotation.firstSegment, 0);
  EXPECT_EQ(quotation.lastSegment, 1);
}

TEST(QuoteConstraint, SaysNotFoundWhereTheModelDoes) {
  const Documents documents(kTwo);
  QuoteOptions options = markers();
  options.notFound = {kNotFound, 'n', 'o'};
  QuoteConstraint constraint(documents.source, options);
  const Written answer = write(constraint, wants({kNotFound, 'x', 'y', kEnd}));
  EXPECT_TRUE(answer.ended);
  EXPECT_TRUE(constraint.saidNotFound());
  EXPECT_THAT(answer.tokens, ElementsAre(kNotFound, 'n', 'o'));
  EXPECT_THAT(constraint.quotations(), IsEmpty());
}

TEST(QuoteConstraint, GivesUpAtOnceWhereTheFirstTokenStandsNowhere) {
  const Documents documents(kTwo);
  QuoteConstraint constraint(documents.source, markers());
  const Written answer = write(constraint, wants(tokensOf({kOpen}, "Xylophone.", {kClose}), 20));
  EXPECT_THAT(answer.tokens, ElementsAre(kOpen, kClose, kNotFound));
  ASSERT_EQ(constraint.quotations().size(), 1U);
  EXPECT_TRUE(constraint.quotations()[0].abandoned);
  EXPECT_TRUE(constraint.quotations()[0].bytes.isEmpty());
  EXPECT_TRUE(constraint.saidNotFound());
}

TEST(QuoteConstraint, DropsAQuotationThatTheModelWantsToLeaveMidway) {
  const Documents documents(kTwo);
  QuoteConstraint constraint(documents.source, markers());
  const Written answer =
      write(constraint, wants(tokensOf({kOpen}, "The window is open.", {kClose, kEnd})));
  EXPECT_THAT(answer.tokens, testing::SizeIs(7));  // <open>The <close><notfound>
  EXPECT_TRUE(constraint.quotations().at(0).abandoned);
  EXPECT_TRUE(constraint.saidNotFound());
}

TEST(QuoteConstraint, ClosesAtASegmentsEndWhereTheModelWantsToLeave) {
  const Documents documents = oneDocument({"One.", " Two."});
  QuoteConstraint constraint(documents.source, markers());
  const Written answer = write(constraint, wants(tokensOf({kOpen}, "One.And more.", {})));
  ASSERT_FALSE(constraint.quotations().empty());
  EXPECT_FALSE(constraint.quotations()[0].abandoned);
  EXPECT_EQ(documents.written.cut(0, constraint.quotations()[0].bytes), "One.");
}

// Quotation marks of a chat model: more tokens than one, and the text has the same characters.
TEST(QuoteConstraint, TellsItsMarksFromTheSameCharactersInTheText) {
  const Documents documents =
      oneDocument({"He said \"no\" twice.", " She left.\"", " \"All of it.\""});
  QuoteOptions options;
  options.open = {'"', '>'};
  options.close = {'"', '.'};
  options.endTokens = {kEnd};
  options.maxLeadTokens = 40;
  QuoteConstraint constraint(documents.source, options);
  const Written answer = write(
      constraint,
      wants(tokensOf({}, "We read: \">He said \"no\" twice.\". And \">She left.\"\".", {kEnd})));
  EXPECT_TRUE(answer.ended);
  EXPECT_EQ(documents.tokenizer->decode(answer.tokens, false).substr(0, 38),
            "We read: \">He said \"no\" twice.\". And \"");
  EXPECT_EQ(documents.tokenizer->decode(answer.of(AnswerPart::Lead), false), "We read:  And ");
  ASSERT_EQ(constraint.quotations().size(), 2U);
  EXPECT_EQ(documents.written.cut(0, constraint.quotations()[0].bytes), "He said \"no\" twice.");
  EXPECT_EQ(documents.written.cut(0, constraint.quotations()[1].bytes), "She left.\"");
}

TEST(QuoteConstraint, WritesFreeTextWhereItGaveUpAndMayEndThen) {
  const Documents documents(kTwo);
  QuoteOptions options = markers();
  options.maxLeadTokens = 100;
  QuoteConstraint constraint(documents.source, options);
  std::vector<int32_t> text = tokensOf({kEnd}, "Well: ", {kOpen, kClose, 'n', 'o'});
  text.push_back(kEnd);
  text[0] = ' ';
  const Written answer = write(constraint, wants(text, 20));
  EXPECT_TRUE(answer.ended);
  ASSERT_EQ(constraint.quotations().size(), 1U);
  EXPECT_TRUE(constraint.quotations()[0].abandoned);
  EXPECT_FALSE(constraint.saidNotFound());
  EXPECT_EQ(documents.tokenizer->decode(answer.of(AnswerPart::Lead), false), " Well: no");
}

TEST(QuoteConstraint, AllowsNoEndBeforeAQuotationAndOpensOneWhenTheLeadIsTooLong) {
  const Documents documents(kTwo);
  QuoteOptions options = markers();
  options.maxLeadTokens = 5;
  QuoteConstraint constraint(documents.source, options);
  const Written answer = write(constraint, wants(std::vector<int32_t>(400, kEnd)));
  ASSERT_GE(answer.tokens.size(), 7U);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(answer.parts[i], AnswerPart::Lead);
  EXPECT_EQ(answer.parts[5], AnswerPart::Open);
}

TEST(QuoteConstraint, OffersNoQuotationWhereThereIsNothingToQuote) {
  const Documents documents = oneDocument({});
  QuoteConstraint constraint(documents.source, markers());
  EXPECT_EQ(constraint.allowed(), (std::vector<int32_t>{kNotFound, kEnd}));
  QuoteOptions bare;
  bare.open = {kOpen};
  bare.close = {kClose};
  QuoteConstraint nothing(documents.source, bare);
  EXPECT_TRUE(write(nothing, wants({kOpen})).stuck);
}

TEST(QuoteConstraint, StopsAfterTheLastQuotationThatIsAllowed) {
  const Documents documents = oneDocument({"One.", " Two."});
  QuoteOptions options = markers();
  options.maxQuotations = 3;
  QuoteConstraint constraint(documents.source, options);
  const Written answer = write(constraint, [](const Written& written) {
    std::vector<float> logits(kVocabulary);
    const bool begins = written.tokens.empty() || written.tokens.back() == kClose;
    logits[static_cast<size_t>(begins ? kOpen : written.tokens.back() == kOpen ? 'T' : kClose)] = 8;
    return logits;
  });
  EXPECT_TRUE(answer.ended);
  EXPECT_EQ(constraint.quotations().size(), 3U);
}

// A model without any sense, at every temperature of its own, over texts that repeat themselves.
TEST(QuoteConstraint, GivesContiguousRangesWhateverTheModelWants) {
  std::map<std::string, int> seen;
  EXPECT_TRUE(rc::check([&] {
    const auto words = rc::gen::element<std::string>("a", " a", " b", "\n\na", " a.", " \"b\"", "");
    const auto document = rc::gen::container<std::vector<std::string>>(words);
    const Documents documents(*rc::gen::container<std::vector<std::vector<std::string>>>(document));
    QuoteOptions options = markers();
    if (*rc::gen::arbitrary<bool>()) options.open = {'"', kOpen};
    if (*rc::gen::arbitrary<bool>()) options.close = {'"'};
    if (*rc::gen::arbitrary<bool>()) options.notFound = {kNotFound, 'a'};
    options.maxLeadTokens = *rc::gen::inRange(0, 4);
    if (*rc::gen::inRange(0, 4) == 0) options.leaveMass = options.abandonMass = 0;
    if (options.leaveMass == 0) options.leaveBest = 2;
    const float scale = *rc::gen::element(0.1F, 1.0F, 5.0F, 20.0F);
    std::mt19937 random(*rc::gen::arbitrary<uint32_t>());
    const auto model = [&](const Written&) {
      std::vector<float> logits(kVocabulary);
      for (float& logit : logits) logit = scale * (static_cast<float>(random()) * 0x1p-31F - 1);
      for (const char c : std::string("ab \".\n")) logits[static_cast<size_t>(c)] += 2;
      return logits;
    };
    QuoteConstraint constraint(documents.source, options);
    const Written answer = write(constraint, model, {.temperature = 1, .seed = random()});
    RC_ASSERT(!answer.stuck);

    const Context& context = *documents.written.context;
    size_t at = 0;
    for (size_t i = 0; i < constraint.quotations().size(); ++i) {
      const Quotation& quotation = constraint.quotations()[i];
      while (answer.parts[at] != AnswerPart::Open) ++at;
      while (answer.parts[at] == AnswerPart::Open) ++at;
      std::vector<int32_t> copied;
      for (; answer.parts[at] == AnswerPart::Quotation; ++at) copied.push_back(answer.tokens[at]);
      RC_ASSERT(answer.parts[at] == AnswerPart::Close);
      ++seen[quotation.abandoned ? "abandoned" : quotation.places > 1 ? "repeated" : "unique"];
      if (quotation.abandoned) continue;
      const auto begin = context.tokens.begin() + quotation.tokens.begin;
      RC_ASSERT(copied == std::vector<int32_t>(begin, begin + quotation.tokens.length()));
      RC_ASSERT(documents.tokenizer->decode(copied, false) ==
                documents.written.cut(quotation.item, quotation.bytes));
      for (int32_t s = quotation.firstSegment; s <= quotation.lastSegment; ++s) {
        const ContextSegment& segment = context.segments[static_cast<size_t>(s)];
        RC_ASSERT(segment.item == quotation.item);
        if (s == quotation.firstSegment) continue;
        RC_ASSERT(segment.tokens.begin == context.segments[static_cast<size_t>(s) - 1].tokens.end);
      }
    }
    const std::vector<int32_t> notFound = answer.of(AnswerPart::NotFound);
    RC_ASSERT(notFound == (constraint.saidNotFound() ? options.notFound : std::vector<int32_t>{}));
  }));
  for (const char* kind : {"abandoned", "repeated", "unique"}) EXPECT_GT(seen[kind], 0) << kind;
}

}  // namespace
}  // namespace lectern
