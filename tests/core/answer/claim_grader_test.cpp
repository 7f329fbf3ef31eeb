// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/claim_grader.h"

#include "tests/core/answer/answering_fixture.h"

#include <gmock/gmock.h>

namespace lectern {
namespace {

class ClaimGraderTest : public test::AnsweringTest {
 protected:
  ClaimGraderTest() {
    scope = readScope(*library, {lease, manual}).value();
    const ContextReader reader(*library, scope, text::Tokenizer::ofBytes(),
                               {{text::TemplateFamily::None, false, false}, "", "?", 100'000, 100});
    documents = reader.read({}).value();
    index = std::make_unique<ContextIndex>(*documents.context, documents.segmentTexts);
  }

  Claim grade(std::string_view sentence,
              const std::vector<AttentionEvidence::Share>& looked = {}) const {
    return ClaimGrader(*library, documents, *index).grade(sentence, looked).value();
  }

  int32_t segmentWith(std::string_view words) const {
    for (size_t i = 0; i < documents.segmentTexts.size(); ++i) {
      if (documents.segmentTexts[i].find(words) != std::string::npos)
        return static_cast<int32_t>(i);
    }
    return -1;
  }

  Scope scope;
  DocumentContext documents;
  std::unique_ptr<ContextIndex> index;
};

TEST_F(ClaimGraderTest, CitesTheSentenceThatSaysIt) {
  const Claim claim = grade("The deposit is paid back within sixty days after moving out.");
  EXPECT_TRUE(claim.grade == Grade::Matched || claim.grade == Grade::Verbatim);
  ASSERT_FALSE(claim.citations.empty());
  EXPECT_EQ(claim.citations[0].revision, lease);
  EXPECT_EQ(claim.citations[0].page, 2);
  EXPECT_EQ(claim.citations[0].quote,
            "It is paid back within sixty days after the tenant has moved out of the flat.");
  EXPECT_EQ(claim.citations[0].method, CitationMethod::Align);
  EXPECT_FALSE(claim.citations[0].attention);
}

TEST_F(ClaimGraderTest, AWrongNumberIsOnlyRelated) {
  const Claim claim =
      grade("It is paid back within ninety days after the tenant has moved out of the flat.");
  EXPECT_EQ(claim.grade, Grade::Related);
  EXPECT_THAT(claim.missing, ::testing::Contains("ninety"));
}

TEST_F(ClaimGraderTest, WhatNothingSupportsIsUncited) {
  const Claim claim = grade("Volcanoes erupt near Naples sometimes.");
  EXPECT_EQ(claim.grade, Grade::Uncited);
  EXPECT_TRUE(claim.citations.empty());
}

TEST_F(ClaimGraderTest, AttentionNominatesButDoesNotSupportByItself) {
  const int32_t deposit = segmentWith("1,720");
  ASSERT_GE(deposit, 0);
  EXPECT_EQ(grade("Volcanoes erupt near Naples sometimes.", {{deposit, 0.9}}).grade,
            Grade::Uncited);
  const Claim claim = grade("The deposit is 1,720 crowns.", {{deposit, 0.9}});
  ASSERT_FALSE(claim.citations.empty());
  EXPECT_DOUBLE_EQ(claim.citations[0].attention.value(), 0.9);
  EXPECT_GE(claim.citations[0].score, grade("The deposit is 1,720 crowns.").citations[0].score);
}

TEST_F(ClaimGraderTest, TheIndexFindsWhereWordsStandInARow) {
  const auto places = index->exactPlaces("No more than back within SIXTY days after the tenant", 8);
  ASSERT_FALSE(places.empty());
  EXPECT_EQ(places.front(), segmentWith("within sixty days"));
  EXPECT_TRUE(index->exactPlaces("days sixty within back", 8).empty());
  EXPECT_EQ(index->exactPlaces("within sixty days after the tenant", 0).size(), 0U);
}

TEST_F(ClaimGraderTest, TheIndexFindsARareWordFirst) {
  const WordWeight weight = [this](std::string_view word) { return index->weight(word); };
  const auto words = contentWords("dishwasher flat", unicode::words("dishwasher flat"), weight);
  const auto hits = index->search(words, 3);
  ASSERT_FALSE(hits.empty());
  EXPECT_EQ(hits.front().segment, segmentWith("dishwasher"));
  EXPECT_GT(index->weight("dishwasher"), index->weight("flat"));
}

class AttentionEvidenceTest : public ClaimGraderTest {};

TEST_F(AttentionEvidenceTest, GivesTheSegmentsOfTheBlocksThatWereLookedAt) {
  const auto tokenizer = text::Tokenizer::ofBytes();
  const Context& context = *documents.context;
  AttentionEvidence evidence(context, *tokenizer);
  const auto segment = static_cast<size_t>(segmentWith("Never put"));
  const auto block = static_cast<size_t>(
      (context.segments[segment].tokens.begin + context.segments[segment].tokens.end) / 2 / 64);
  std::vector<float> tap(context.tokens.size() / 64 + 2, 0.001F);
  tap[0] = 0.9F;  // the sink
  tap[block] = 0.5F;
  evidence.add('x', tap);
  const auto shares = evidence.take(3);
  ASSERT_FALSE(shares.empty());
  const ContextSegment& best = context.segments[static_cast<size_t>(shares[0].segment)];
  EXPECT_TRUE(best.tokens.overlaps(
      {static_cast<int64_t>(block) * 64, static_cast<int64_t>(block + 1) * 64}));
  EXPECT_GT(shares[0].share, 0.3);
  EXPECT_TRUE(evidence.take(3).empty()) << "it begins anew";
}

TEST_F(AttentionEvidenceTest, PunctuationCountsForNothing) {
  const auto tokenizer = text::Tokenizer::ofBytes();
  AttentionEvidence evidence(*documents.context, *tokenizer);
  const std::vector<float> tap(documents.context->tokens.size() / 64 + 2, 0.1F);
  evidence.add('.', tap);
  evidence.add(' ', tap);
  EXPECT_TRUE(evidence.take(3).empty());
}

}  // namespace
}  // namespace lectern
