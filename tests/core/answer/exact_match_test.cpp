// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/exact_match.h"

#include "tests/support/written_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace lectern {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Place = ExactMatch::Place;
using Documents = std::vector<std::vector<std::string>>;

struct Matched {
  explicit Matched(const Documents& documents)
      : written(test::writeContext(*text::Tokenizer::ofBytes(), documents, 0)) {
    for (const ContextSegment& segment : written.context->segments)
      texts.push_back(written.cut(segment.item, segment.bytes));
  }
  [[nodiscard]] ExactMatcher matcher() const { return {*written.context, texts}; }
  test::WrittenContext written;
  std::vector<std::string> texts;
};

std::vector<ExactMatch> find(const Documents& documents, std::string_view sentence) {
  return Matched(documents).matcher().matches(sentence);
}

const std::vector<std::string> kLease = {"The tenant may end the lease with three months' notice.",
                                         " The landlord keeps the deposit.", "\n\nNo pets."};

TEST(ExactMatch, FindsTheRunsOfWordsAndWhereTheyStand) {
  const std::string sentence = "So the tenant may end the lease, and the landlord keeps the dog.";
  const std::vector<ExactMatch> found = find(Documents{kLease}, sentence);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].words, 6);
  EXPECT_EQ(sentence.substr(static_cast<size_t>(found[0].span.begin),
                            static_cast<size_t>(found[0].span.length())),
            "the tenant may end the lease");
  EXPECT_THAT(found[0].places, ElementsAre(Place{0, 0}));
  EXPECT_EQ(found[1].words, 4);
  EXPECT_THAT(found[1].places, ElementsAre(Place{1, 1}));
}

TEST(ExactMatch, LooksAtFoldedWordsAlone) {
  const auto found = find(Documents{{"Das Café »Größe«, geöffnet ab 1 000 Gästen."}},
                          "das CAFE grosse geoffnet AB 1000 gasten");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].words, 7);
}

TEST(ExactMatch, CrossesFromSegmentToSegmentButNotFromDocumentToDocument) {
  const auto within = find(Documents{kLease}, "three months notice the landlord keeps");
  ASSERT_EQ(within.size(), 1U);
  EXPECT_THAT(within[0].places, ElementsAre(Place{0, 1}));
  const auto across =
      find(Documents{{kLease[0]}, {kLease[1]}}, "three months notice the landlord keeps");
  ASSERT_EQ(across.size(), 2U);
  EXPECT_THAT(across[0].places, ElementsAre(Place{0, 0}));
  EXPECT_THAT(across[1].places, ElementsAre(Place{1, 1}));
  // An empty segment is a mark between two others.
  const auto marked =
      find(Documents{{kLease[0], "", kLease[1]}}, "three months notice the landlord keeps");
  EXPECT_EQ(marked.size(), 2U);
}

TEST(ExactMatch, LeavesOutWhatSaysNothing) {
  EXPECT_THAT(find(Documents{kLease}, "the pets of a tenant, with deposit"), IsEmpty());
  EXPECT_THAT(find(Documents{kLease}, ""), IsEmpty());
  EXPECT_THAT(find(Documents{}, "the tenant may end the lease"), IsEmpty());
}

TEST(ExactMatch, NamesNoMoreThanTheFirstPlacesOfWhatStandsEverywhere) {
  Documents documents{{}};
  for (int i = 0; i < 100; ++i) documents[0].emplace_back(" All rights reserved.");
  const auto found = find(documents, "All rights reserved");
  ASSERT_EQ(found.size(), 1U);
  ASSERT_EQ(found[0].places.size(), ExactMatcher::kMaxPlaces);
  EXPECT_EQ(found[0].places.back(), (Place{63, 63}));
}

// Every run of words, compared by looking at everything.
TEST(ExactMatch, FindsWhatALookAtEverythingFinds) {
  EXPECT_TRUE(rc::check([] {
    const auto word = rc::gen::element<std::string>("red", "blue", "green");
    const auto sentence = rc::gen::map(rc::gen::container<std::vector<std::string>>(word),
                                       [](const std::vector<std::string>& words) {
                                         std::string text;
                                         for (const std::string& w : words) text += " " + w;
                                         return text;
                                       });
    const auto document =
        rc::gen::resize(6, rc::gen::container<std::vector<std::string>>(sentence));
    const Matched matched(*rc::gen::resize(5, rc::gen::container<Documents>(document)));
    const std::string asked = *rc::gen::resize(30, sentence);
    std::vector<std::string> words;
    std::istringstream stream(asked);
    for (std::string w; stream >> w;) words.push_back(w);

    // Runs of segments that touch, as one line of words each.
    std::vector<std::string> lines;
    const auto& segments = matched.written.context->segments;
    for (size_t i = 0; i < segments.size(); ++i) {
      const bool touches = i > 0 && segments[i].item == segments[i - 1].item &&
                           segments[i].tokens.begin == segments[i - 1].tokens.end;
      if (!touches) lines.emplace_back(" ");
      lines.back() += matched.texts[i] + " ";
    }
    const auto stands = [&](size_t begin, size_t end) {
      std::string run = " ";
      for (size_t i = begin; i < end; ++i) run += words[i] + " ";
      return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
        return line.find(run) != std::string::npos;
      });
    };
    std::vector<int> expected;
    for (size_t begin = 0; begin < words.size(); ++begin) {
      for (size_t end = begin + 2; end <= words.size(); ++end) {
        const bool left = begin > 0 && stands(begin - 1, end);
        const bool right = end < words.size() && stands(begin, end + 1);
        if (stands(begin, end) && !left && !right)
          expected.push_back(static_cast<int>(end - begin));
      }
    }
    std::vector<int> found;
    for (const ExactMatch& match : matched.matcher().matches(asked)) found.push_back(match.words);
    RC_ASSERT(found == expected);
  }));
}

}  // namespace
}  // namespace lectern
