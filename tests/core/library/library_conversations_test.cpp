// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/library/library_fixture.h"

#include <gmock/gmock.h>

namespace lectern {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LibraryConversations : public LibraryTest {
 protected:
  void SetUp() override {
    LibraryTest::SetUp();
    document_ =
        addDocument(*library_, {{"First words.", "Second words."}, {"Third words."}}).value();
    talk_ = library_->newConversation("A talk", {document_}).value();
  }

  RevisionId document_{};
  ConversationId talk_{};
};

TEST_F(LibraryConversations, StoresAQuestionAndItsAnswerTogetherOrNotAtAll) {
  MessageRecord question;
  question.text = "Which words?";
  const MessageRecord answer = makeAnswer(*library_, document_, {13, 26});
  const StoredExchange stored =
      library_->addExchange("Words", {document_}, question, answer).value();
  const std::vector<MessageRecord> messages = library_->messages(stored.conversation).value();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].id, stored.question);
  EXPECT_EQ(messages[1].id, stored.answer);
  EXPECT_EQ(messages[1].citationIds, stored.citations);
  ASSERT_EQ(stored.citations.size(), 1U);

  // The citation of the answer is refused, so that nothing of the exchange stays.
  MessageRecord wrong = answer;
  wrong.claims[0].citations[0].span = {100'000, 100'001};
  ASSERT_FALSE(library_->addExchange("Words", {document_}, question, wrong));
  const auto next = static_cast<ConversationId>(static_cast<int64_t>(stored.conversation) + 1);
  EXPECT_EQ(library_->messages(next).error().code, ErrorCode::NotFound);
}

TEST_F(LibraryConversations, GivesBackMessagesWithTheirCitations) {
  MessageRecord question;
  question.text = "Which words?";
  question.createdAtMs = 1'700'000'000'000;
  const MessageId asked = library_->addMessage(talk_, question).value();
  MessageRecord answer = makeAnswer(*library_, document_, {13, 26});
  answer.claims[0].citations.push_back(
      makeAnswer(*library_, document_, {28, 33}).claims[0].citations[0]);
  answer.claims[0].citations[1].attention = 0.25;
  answer.claims[0].citations[1].method = CitationMethod::Align;
  answer.claims.push_back({{0, 0}, Grade::Exempt, 0, {}, {}});
  const MessageId answered = library_->addMessage(talk_, answer).value();
  reopen();

  const std::vector<MessageRecord> messages = library_->messages(talk_).value();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].id, asked);
  EXPECT_EQ(messages[0].role, MessageRecord::Role::User);
  EXPECT_EQ(messages[0].createdAtMs, question.createdAtMs);
  EXPECT_EQ(messages[0].header, "");
  EXPECT_EQ(messages[1].id, answered);
  EXPECT_EQ(messages[1].text, "Second words.");
  EXPECT_EQ(messages[1].header, answer.header);
  ASSERT_EQ(messages[1].claims.size(), 2U);
  EXPECT_EQ(messages[1].claims[1].grade, Grade::Exempt);
  EXPECT_THAT(messages[1].claims[0].missing, ElementsAre("\"never\""));
  ASSERT_EQ(messages[1].claims[0].citations.size(), 2U);
  ASSERT_EQ(messages[1].citationIds.size(), 2U);

  const StoredCitation stored = library_->citation(messages[1].citationIds[1]).value();
  const Citation& expected = answer.claims[0].citations[1];
  EXPECT_EQ(stored.message, answered);
  EXPECT_EQ(stored.conversation, talk_);
  EXPECT_EQ(stored.grade, Grade::Verbatim);
  EXPECT_EQ(stored.citation.revision, document_);
  EXPECT_EQ(stored.citation.span, expected.span);
  EXPECT_EQ(stored.citation.page, 2);
  EXPECT_EQ(stored.citation.quote, "Third");
  EXPECT_EQ(stored.citation.quoteSha256, expected.quoteSha256);
  EXPECT_EQ(stored.citation.rects, expected.rects);
  EXPECT_EQ(stored.citation.prefix, "before");
  EXPECT_EQ(stored.citation.suffix, "after");
  EXPECT_EQ(stored.citation.method, CitationMethod::Align);
  EXPECT_EQ(stored.citation.attention, 0.25);
  EXPECT_EQ(stored.citation.coverage, 0.75);
  EXPECT_EQ(stored.citation.score, 0.5);
}

TEST_F(LibraryConversations, StoresNothingOfAMessageWithACitationOutsideItsPage) {
  MessageRecord answer = makeAnswer(*library_, document_, {0, 12});
  answer.claims[0].citations[0].span.end = 30;
  EXPECT_FALSE(library_->addMessage(talk_, answer));
  answer.claims[0].citations[0].span = {0, 12};
  answer.claims[0].citations[0].page = 2;
  EXPECT_FALSE(library_->addMessage(talk_, answer));
  EXPECT_THAT(library_->messages(talk_).value(), IsEmpty());
}

TEST_F(LibraryConversations, RefusesACitationOfAnUnfinishedText) {
  const RevisionId open = library_->beginRevision(sha256("open"), 4, {}).value();
  ASSERT_TRUE(library_->addPage(open, makePage(1, {"Not yet."})));
  EXPECT_FALSE(library_->addMessage(talk_, makeAnswer(*library_, open, {0, 3})));
}

TEST_F(LibraryConversations, ChangesOnlyTheStatusOfACitation) {
  ASSERT_TRUE(library_->addMessage(talk_, makeAnswer(*library_, document_, {0, 5})));
  const CitationId id = library_->messages(talk_)->at(0).citationIds.at(0);
  ASSERT_TRUE(library_->setCitationStatus(id, CitationStatus::Moved));
  EXPECT_EQ(library_->citation(id)->citation.status, CitationStatus::Moved);
  EXPECT_EQ(library_->citation(id)->citation.quote, "First");
  EXPECT_EQ(library_->setCitationStatus(CitationId{99}, CitationStatus::Ok).error().code,
            ErrorCode::NotFound);
}

TEST_F(LibraryConversations, VisitsEveryCitationInOrderAndStopsAtAnError) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(library_->addMessage(talk_, makeAnswer(*library_, document_, {i, i + 3})));
  }
  std::vector<int64_t> begins;
  ASSERT_TRUE(library_->forEachCitation([&](const StoredCitation& stored) -> Result<void> {
    begins.push_back(stored.citation.span.begin);
    return library_->setCitationStatus(stored.id, CitationStatus::Changed);
  }));
  EXPECT_THAT(begins, ElementsAre(0, 1, 2));
  int visits = 0;
  EXPECT_FALSE(library_->forEachCitation([&](const StoredCitation&) -> Result<void> {
    ++visits;
    return Error{ErrorCode::Cancelled, "Enough."};
  }));
  EXPECT_EQ(visits, 1);
}

TEST_F(LibraryConversations, NamesWhatIsNotThere) {
  EXPECT_EQ(library_->messages(ConversationId{99}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(library_->addMessage(ConversationId{99}, {}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(library_->citation(CitationId{99}).error().code, ErrorCode::NotFound);
  EXPECT_EQ(library_->newConversation("x", {RevisionId{99}}).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace lectern
