// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/library/library_fixture.h"

#include <gmock/gmock.h>

namespace lectern {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LibraryDocuments : public LibraryTest {};

TEST_F(LibraryDocuments, ListsWhatWasAdded) {
  DocumentInfo info;
  info.title = "A title";
  info.mediaType = "application/pdf";
  info.extractor = "pdf/1";
  info.pageCount = 3;
  info.outline = {{1, "First", 1, 0}, {2, "Below it", 2, 4711}};
  info.notices = {"The file is damaged; it was repaired."};
  const Sha256 content = sha256("the file");
  const RevisionId id = library_->beginRevision(content, 8, info).value();
  ASSERT_TRUE(library_->addPage(id, makePage(1, {"Some words."})));
  Page scan = makePage(2, {});
  scan.state = PageState::ImageOnly;
  ASSERT_TRUE(library_->addPage(id, scan));
  Page skipped = makePage(3, {});
  skipped.state = PageState::Skipped;
  skipped.problem = "It took too long.";
  ASSERT_TRUE(library_->addPage(id, skipped));

  const RevisionInfo found = library_->revision(id).value();
  EXPECT_EQ(found.contentSha256, content);
  EXPECT_EQ(found.contentBytes, 8);
  EXPECT_EQ(found.document.title, info.title);
  EXPECT_EQ(found.document.mediaType, info.mediaType);
  EXPECT_EQ(found.document.extractor, info.extractor);
  EXPECT_EQ(found.document.pageCount, 3);
  EXPECT_EQ(found.document.outline, info.outline);
  EXPECT_EQ(found.document.notices, info.notices);
  EXPECT_FALSE(found.sealed);
  EXPECT_EQ(found.pagesStored, 3);
  EXPECT_EQ(found.pagesImageOnly, 1);
  EXPECT_EQ(found.pagesSkipped, 1);
  EXPECT_EQ(found.textBytes, 13);
  EXPECT_GT(found.addedAtMs, 1'600'000'000'000);
  EXPECT_EQ(library_->page(id, 3)->page.problem, "It took too long.");
  EXPECT_EQ(library_->revisions()->size(), 1U);
}

TEST_F(LibraryDocuments, GoesOnAfterTheLastStoredPage) {
  DocumentInfo info;
  info.extractor = "text/1";
  info.pageCount = 2;
  const RevisionId id = library_->beginRevision(sha256("x"), 1, info).value();
  ASSERT_TRUE(library_->addPage(id, makePage(1, {"One."})));
  reopen();
  EXPECT_EQ(library_->beginRevision(sha256("x"), 1, info), id);
  EXPECT_EQ(library_->revision(id)->pagesStored, 1);
  EXPECT_FALSE(library_->addPage(id, makePage(1, {"One."})));
  EXPECT_FALSE(library_->addPage(id, makePage(3, {"Three."})));
  EXPECT_TRUE(library_->addPage(id, makePage(2, {"Two."})));
  EXPECT_EQ(library_->text(id, {0, 12}).value(), "One.\n\nTwo.\n\n");
}

TEST_F(LibraryDocuments, KeepsTheSameContentOnceWithTwoLocations) {
  const RevisionId id = addDocument(*library_, {{"The same."}}).value();
  EXPECT_EQ(addDocument(*library_, {{"The same."}}), id);
  ASSERT_TRUE(library_->setLocation("/a", {9, 1, 1}, id));
  ASSERT_TRUE(library_->setLocation("/b", {9, 2, 2}, id));
  EXPECT_EQ(library_->revisions()->size(), 1U);
  EXPECT_THAT(library_->revision(id)->locations, ElementsAre("/a", "/b"));
}

TEST_F(LibraryDocuments, MovesOnlyTheChangedPath) {
  const RevisionId first = addDocument(*library_, {{"Before."}}).value();
  const RevisionId second = addDocument(*library_, {{"After."}}).value();
  ASSERT_TRUE(library_->setLocation("/a", {1, 1, 1}, first));
  ASSERT_TRUE(library_->setLocation("/b", {1, 1, 2}, first));
  ASSERT_TRUE(library_->setLocation("/a", {2, 2, 1}, second));
  EXPECT_THAT(library_->revision(first)->locations, ElementsAre("/b"));
  EXPECT_THAT(library_->revision(second)->locations, ElementsAre("/a"));
  EXPECT_EQ(library_->findLocation("/a", {2, 2, 1}).value(), second);
  EXPECT_EQ(library_->findLocation("/a", {1, 1, 1}).value(), std::nullopt);
  EXPECT_EQ(library_->findLocation("/c", {1, 1, 1}).value(), std::nullopt);
}

TEST_F(LibraryDocuments, TakesAnotherExtractorsTextAsAnotherRevision) {
  DocumentInfo info;
  info.extractor = "pdf/1";
  const RevisionId first = library_->beginRevision(sha256("x"), 1, info).value();
  info.extractor = "pdf/2";
  const RevisionId second = library_->beginRevision(sha256("x"), 1, info).value();
  EXPECT_NE(first, second);
  EXPECT_EQ(library_->findContent(sha256("x"), "pdf/2").value(), second);
  EXPECT_EQ(library_->findContent(sha256("x"), "pdf/3").value(), std::nullopt);
}

TEST_F(LibraryDocuments, NeverChangesASealedText) {
  const RevisionId id = addDocument(*library_, {{"Sealed."}}).value();
  EXPECT_FALSE(library_->addPage(id, makePage(2, {"More."})));
  EXPECT_FALSE(library_->seal(id, {}, {}));
  EXPECT_TRUE(library_->revision(id)->sealed);
}

TEST_F(LibraryDocuments, RefusesPagesAndSegmentsThatLeaveTheirText) {
  const RevisionId id = library_->beginRevision(sha256("x"), 1, {}).value();
  Page page = makePage(1, {"Some words."});
  page.blocks.back().span.end = 14;
  EXPECT_EQ(library_->addPage(id, page).error().code, ErrorCode::Internal);
  page = makePage(1, {"Some \xff words."});
  EXPECT_EQ(library_->addPage(id, page).error().code, ErrorCode::Internal);
  ASSERT_TRUE(library_->addPage(id, makePage(1, {"One."})));
  ASSERT_TRUE(library_->addPage(id, makePage(2, {"Two."})));
  const Segment acrossPages{SegmentKind::Sentence, {0, 8}, 1, -1, false};
  EXPECT_FALSE(library_->seal(id, {acrossPages}, {}));
  const Segment good{SegmentKind::Sentence, {0, 4}, 1, -1, false};
  EXPECT_FALSE(library_->seal(id, {good, good}, {}));
  EXPECT_FALSE(library_->seal(id, {good}, {{0, 1, ""}}));
  EXPECT_TRUE(library_->seal(id, {good}, {{0, 0, ""}}));
}

TEST_F(LibraryDocuments, FindsPagesAndTextByByte) {
  const RevisionId id = addDocument(*library_, {{"Één."}, {}, {"Two.", "Three."}}).value();
  // "Één.\n\n" takes 8 bytes, the second page none.
  EXPECT_EQ(library_->pageAt(id, 7)->page.number, 1);
  EXPECT_EQ(library_->pageAt(id, 8)->page.number, 3);
  EXPECT_EQ(library_->pageAt(id, 8)->byteStart, 8);
  EXPECT_EQ(library_->pageAt(id, 21).error().code, ErrorCode::NotFound);
  EXPECT_EQ(library_->pageAt(id, -1).error().code, ErrorCode::NotFound);
  EXPECT_EQ(library_->page(id, 4).error().code, ErrorCode::NotFound);
  EXPECT_EQ(library_->page(id, 0).error().code, ErrorCode::NotFound);
  EXPECT_EQ(library_->text(id, {2, 12}).value(), "én.\n\nTwo.");
  EXPECT_EQ(library_->text(id, {0, 22}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(library_->text(id, {-1, 2}).error().code, ErrorCode::NotFound);

  const std::vector<StoredSegment> segments = library_->segments(id, 1, 9).value();
  ASSERT_EQ(segments.size(), 2U);
  EXPECT_EQ(segments[0].text, "Two.");
  EXPECT_EQ(segments[1].number, 2);
  EXPECT_EQ(segments[1].segment.page, 3);
  EXPECT_THAT(library_->segments(id, 3, 2).value(), IsEmpty());
}

TEST_F(LibraryDocuments, DeletesARemovedTextWithItsIndex) {
  const RevisionId kept = addDocument(*library_, {{"A kept badger."}}).value();
  const RevisionId gone = addDocument(*library_, {{"A lost badger."}, {"Its den."}}).value();
  const ShelfId shelf = library_->shelf("Animals").value();
  ASSERT_TRUE(library_->setShelf(shelf, {gone, kept}));
  ASSERT_TRUE(library_->setLocation("/gone", {1, 1, 1}, gone));
  ASSERT_TRUE(library_->newConversation("Badgers", {gone, kept}));
  ASSERT_TRUE(library_->removeRevision(gone));

  EXPECT_EQ(library_->revision(gone).error().code, ErrorCode::NotFound);
  EXPECT_EQ(library_->removeRevision(gone).error().code, ErrorCode::NotFound);
  EXPECT_THAT(library_->shelves()->at(0).revisions, ElementsAre(kept));
  EXPECT_EQ(library_->findLocation("/gone", {1, 1, 1}).value(), std::nullopt);
  EXPECT_EQ(library_->segmentFrequency("badger").value(), 1);
  EXPECT_EQ(library_->segmentFrequency("lost").value(), 0);
  EXPECT_EQ(library_->totalSegments().value(), 1);
  EXPECT_THAT(library_->checkDatabase()->problems, IsEmpty());
}

TEST_F(LibraryDocuments, KeepsARemovedTextThatACitationNeeds) {
  const RevisionId id = addDocument(*library_, {{"The cited words."}}).value();
  const ConversationId talk = library_->newConversation("Talk", {id}).value();
  ASSERT_TRUE(library_->addMessage(talk, makeAnswer(*library_, id, {4, 15})));
  ASSERT_TRUE(library_->removeRevision(id));

  EXPECT_THAT(library_->revisions().value(), IsEmpty());
  EXPECT_THAT(library_->searchSegments({"cited"}, {id}, 5).value(), IsEmpty());
  EXPECT_TRUE(library_->revision(id)->removed);
  EXPECT_EQ(library_->messages(talk)->at(0).claims.at(0).citations.at(0).quote, "cited words");
  EXPECT_THAT(library_->checkDatabase()->problems, IsEmpty());

  EXPECT_EQ(addDocument(*library_, {{"The cited words."}}), id);
  EXPECT_EQ(library_->revisions()->size(), 1U);
  EXPECT_EQ(library_->searchSegments({"cited"}, {id}, 5)->size(), 1U);
}

TEST_F(LibraryDocuments, KeepsShelvesInReadingOrder) {
  const RevisionId a = addDocument(*library_, {{"A."}}).value();
  const RevisionId b = addDocument(*library_, {{"B."}}).value();
  const ShelfId shelf = library_->shelf("Work").value();
  EXPECT_EQ(library_->shelf("Work").value(), shelf);
  ASSERT_TRUE(library_->setShelf(shelf, {b, a, b}));
  ASSERT_TRUE(library_->shelf("Empty"));
  const std::vector<ShelfInfo> shelves = library_->shelves().value();
  ASSERT_EQ(shelves.size(), 2U);
  EXPECT_EQ(shelves[0].name, "Empty");
  EXPECT_THAT(shelves[0].revisions, IsEmpty());
  EXPECT_THAT(shelves[1].revisions, ElementsAre(b, a));
  EXPECT_EQ(library_->setShelf(ShelfId{99}, {}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(library_->setShelf(shelf, {RevisionId{99}}).error().code, ErrorCode::NotFound);
  EXPECT_THAT(library_->shelves()->at(1).revisions, ElementsAre(b, a));
}

TEST_F(LibraryDocuments, KeepsHowManyTokensATextIsForEachWayOfCounting) {
  const RevisionId id = addDocument(*library_, {{"Some words."}}).value();
  const Sha256 one = sha256("one tokenizer");
  const Sha256 other = sha256("another");
  EXPECT_EQ(library_->tokenCount(id, one).value(), std::nullopt);
  ASSERT_TRUE(library_->setTokenCount(id, one, 3));
  ASSERT_TRUE(library_->setTokenCount(id, other, 11));
  ASSERT_TRUE(library_->setTokenCount(id, one, 4));
  reopen();
  EXPECT_EQ(library_->tokenCount(id, one).value(), 4);
  EXPECT_EQ(library_->tokenCount(id, other).value(), 11);
  EXPECT_EQ(library_->setTokenCount(RevisionId{99}, one, 3).error().code, ErrorCode::NotFound);
  ASSERT_TRUE(library_->removeRevision(id));
  EXPECT_EQ(library_->tokenCount(id, one).value(), std::nullopt);
  EXPECT_THAT(library_->checkDatabase()->problems, IsEmpty());
}

TEST_F(LibraryDocuments, CountsNoTextThatIsNotWhole) {
  DocumentInfo info;
  info.extractor = "pdf/1";
  info.pageCount = 2;
  const RevisionId id = library_->beginRevision(sha256("half"), 4, info).value();
  ASSERT_TRUE(library_->addPage(id, makePage(1, {"Some words."})));
  EXPECT_EQ(library_->setTokenCount(id, sha256("x"), 3).error().code, ErrorCode::NotFound);
}

TEST_F(LibraryDocuments, RenamesAndRemovesShelvesAndKeepsTheirDocuments) {
  const RevisionId a = addDocument(*library_, {{"A."}}).value();
  const ShelfId shelf = library_->shelf("Work").value();
  const ShelfId other = library_->shelf("Home").value();
  ASSERT_TRUE(library_->setShelf(shelf, {a}));
  ASSERT_TRUE(library_->renameShelf(shelf, "Contracts"));
  ASSERT_TRUE(library_->renameShelf(shelf, "Contracts")) << "its own name is not taken";
  EXPECT_EQ(library_->renameShelf(shelf, "Home").error().code, ErrorCode::Usage);
  EXPECT_EQ(library_->renameShelf(shelf, "").error().code, ErrorCode::Usage);
  EXPECT_EQ(library_->renameShelf(ShelfId{99}, "x").error().code, ErrorCode::NotFound);
  EXPECT_EQ(library_->shelves()->at(0).name, "Contracts");
  EXPECT_THAT(library_->shelves()->at(0).revisions, ElementsAre(a));
  ASSERT_TRUE(library_->removeShelf(shelf));
  EXPECT_EQ(library_->removeShelf(shelf).error().code, ErrorCode::NotFound);
  ASSERT_EQ(library_->shelves()->size(), 1U);
  EXPECT_EQ(library_->shelves()->at(0).id, other);
  EXPECT_EQ(library_->revisions()->size(), 1U);
}

}  // namespace
}  // namespace lectern
