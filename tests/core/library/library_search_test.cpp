// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/library/library_fixture.h"

#include <gmock/gmock.h>

namespace lectern {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class LibrarySearch : public LibraryTest {
 protected:
  std::vector<std::string> find(const std::vector<std::string>& words, RevisionId revision) {
    const std::vector<SegmentHit> hits = library_->searchSegments(words, {revision}, 10).value();
    std::vector<std::string> texts;
    for (const SegmentHit& hit : hits) texts.push_back(hit.found.text);
    return texts;
  }
};

TEST_F(LibrarySearch, RanksTheSegmentWithTheRareWordFirst) {
  const RevisionId id = addDocument(*library_, {{"The tenant pays the rent.", "The tenant pays.",
                                                 "The tenant leaves.", "The landlord leaves."}})
                            .value();
  const std::vector<SegmentHit> hits =
      library_->searchSegments({"tenant", "rent"}, {id}, 10).value();
  ASSERT_EQ(hits.size(), 3U);
  EXPECT_EQ(hits[0].found.text, "The tenant pays the rent.");
  EXPECT_GT(hits[0].bm25, hits[1].bm25);
  EXPECT_EQ(library_->searchSegments({"tenant", "rent"}, {id}, 2)->size(), 2U);
  EXPECT_THAT(find({"absent"}, id), IsEmpty());
}

TEST_F(LibrarySearch, LooksOnlyWhereItIsTold) {
  const RevisionId a = addDocument(*library_, {{"A red house."}}).value();
  const RevisionId b = addDocument(*library_, {{"A blue house."}}).value();
  const RevisionId c = addDocument(*library_, {{"A green house."}}).value();
  const std::vector<SegmentHit> hits = library_->searchSegments({"house"}, {c, a}, 10).value();
  std::vector<RevisionId> found;
  for (const SegmentHit& hit : hits) found.push_back(hit.found.revision);
  EXPECT_THAT(found, UnorderedElementsAre(a, c));
  EXPECT_THAT(find({"house"}, b), ElementsAre("A blue house."));
  EXPECT_THAT(library_->searchSegments({"house"}, {}, 10).value(), IsEmpty());
  EXPECT_THAT(library_->searchSegments({}, {a}, 10).value(), IsEmpty());
  EXPECT_EQ(library_->searchPassages({"house"}, {a, b}, 10)->size(), 2U);
}

TEST_F(LibrarySearch, SeesATextOnlyWhenItIsSealed) {
  const RevisionId id = library_->beginRevision(sha256("x"), 1, {}).value();
  ASSERT_TRUE(library_->addPage(id, makePage(1, {"Half read."})));
  EXPECT_THAT(find({"half"}, id), IsEmpty());
  ASSERT_TRUE(library_->seal(id, {{SegmentKind::Sentence, {0, 10}, 1, -1, false}}, {}));
  EXPECT_THAT(find({"half"}, id), ElementsAre("Half read."));
}

TEST_F(LibrarySearch, TakesTheQueryForWordsNotForSyntax) {
  const RevisionId id =
      addDocument(*library_, {{"A near miss.", "Not an \"x\" OR a star*."}}).value();
  EXPECT_THAT(find({"\"x\""}, id), ElementsAre("Not an \"x\" OR a star*."));
  EXPECT_THAT(find({"text: miss", "AND", "*", ")", "\xff"}, id), IsEmpty());
  EXPECT_THAT(find({"*", "miss"}, id), ElementsAre("A near miss."));
}

TEST_F(LibrarySearch, TakesALongListOfWords) {
  const RevisionId id = addDocument(*library_, {{"The needle."}}).value();
  std::vector<std::string> words;
  for (int i = 0; i < 5000; ++i) words.push_back("hay" + std::to_string(i));
  words.push_back("needle");
  EXPECT_THAT(find(words, id), ElementsAre("The needle."));
}

TEST_F(LibrarySearch, LeavesFurnitureOut) {
  const RevisionId id = library_->beginRevision(sha256("x"), 1, {}).value();
  ASSERT_TRUE(library_->addPage(id, makePage(1, {"Page header", "Real words."})));
  ASSERT_TRUE(library_->seal(id,
                             {{SegmentKind::Furniture, {0, 11}, 1, -1, false},
                              {SegmentKind::Sentence, {12, 23}, 1, -1, true}},
                             {{0, 1, "Title"}}));
  EXPECT_THAT(find({"header"}, id), IsEmpty());
  EXPECT_THAT(library_->searchPassages({"header"}, {id}, 5).value(), IsEmpty());
  EXPECT_EQ(library_->searchPassages({"words"}, {id}, 5)->size(), 1U);
  EXPECT_EQ(library_->revision(id)->segments, 2);
  EXPECT_EQ(library_->totalSegments().value(), 1);
  EXPECT_THAT(library_->checkDatabase()->problems, IsEmpty());
}

TEST_F(LibrarySearch, CountsAWordOfTheHeaderTwice) {
  const RevisionId plain =
      addDocument(*library_, {{"Heating is described here with many words."}}, "Other").value();
  const RevisionId headed =
      addDocument(*library_, {{"It is described here with many other words."}}, "Heating").value();
  const std::vector<PassageHit> hits =
      library_->searchPassages({"heating"}, {plain, headed}, 10).value();
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_EQ(hits[0].revision, headed);
  EXPECT_EQ(hits[0].passage, (Passage{0, 0, "Heating"}));
}

TEST_F(LibrarySearch, FindsPointedHebrewByUnpointedWordsAndTheReverse) {
  const RevisionId id = addDocument(*library_, {{"שָׁלוֹם לְכֻלָּם", "הבית הלבן", "אין כאן דבר"}}).value();
  EXPECT_THAT(find({"שלום"}, id), ElementsAre("שָׁלוֹם לְכֻלָּם"));
  EXPECT_THAT(find({"הַבַּיִת"}, id), ElementsAre("הבית הלבן"));
  // Without the article, and with one that the text does not have.
  EXPECT_THAT(find({"בית"}, id), ElementsAre("הבית הלבן"));
  EXPECT_THAT(find({"השלום"}, id), ElementsAre("שָׁלוֹם לְכֻלָּם"));
}

TEST_F(LibrarySearch, FindsVocalisedArabicByBareWordsAndTheReverse) {
  const RevisionId id =
      addDocument(*library_, {{"ٱلْكِتَابُ عَلَى ٱلطَّاوِلَةِ", "المدرسة قريبة", "لا شيء هنا"}}).value();
  EXPECT_THAT(find({"الكتاب"}, id), ElementsAre("ٱلْكِتَابُ عَلَى ٱلطَّاوِلَةِ"));
  EXPECT_THAT(find({"كتاب"}, id), ElementsAre("ٱلْكِتَابُ عَلَى ٱلطَّاوِلَةِ"));
  EXPECT_THAT(find({"مَدْرَسَة"}, id), ElementsAre("المدرسة قريبة"));
}

TEST_F(LibrarySearch, FindsPartsOfACompoundButNotACompoundByItsParts) {
  const RevisionId id = addDocument(*library_, {{"Use apt-get here.", "Get well soon."}}).value();
  EXPECT_THAT(find({"apt-get"}, id), ElementsAre("Use apt-get here."));
  EXPECT_THAT(find({"apt"}, id), ElementsAre("Use apt-get here."));
  EXPECT_EQ(find({"get"}, id).size(), 2U);
}

TEST_F(LibrarySearch, FoldsCaseAccentsAndLigatures) {
  const RevisionId id = addDocument(*library_, {{"Straße und Café.", "The ﬁle."}}).value();
  EXPECT_THAT(find({"STRASSE"}, id), ElementsAre("Straße und Café."));
  EXPECT_THAT(find({"cafe"}, id), ElementsAre("Straße und Café."));
  EXPECT_THAT(find({"file"}, id), ElementsAre("The ﬁle."));
  EXPECT_EQ(library_->segmentFrequency("strasse").value(), 1);
  EXPECT_EQ(library_->segmentFrequency("straße").value(), 0);
}

}  // namespace
}  // namespace lectern
