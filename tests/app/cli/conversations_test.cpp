// SPDX-License-Identifier: GPL-3.0-or-later
// conversations list, show, rename, delete and search, and ask --conversation.
#include "tests/app/support/terminal.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace lectern::cli {
namespace {

using test::Outcome;
using test::Terminal;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Conversations : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string well =
        terminal.folder.write("well.txt", "The well is nine metres deep.\n").string();
    tower = terminal.folder.write("tower.txt", "The tower has forty steps.\n").string();
    expect(ExitCode::Answered, {"ask", well, "How deep is the well?"});
  }

  Outcome expect(ExitCode code, const std::vector<std::string>& arguments) {
    const Outcome outcome = terminal.run(arguments);
    EXPECT_EQ(outcome.code, code) << ::testing::PrintToString(arguments) << outcome.out
                                  << outcome.err;
    return outcome;
  }

  Terminal terminal;
  std::string tower;
};

TEST_F(Conversations, AreListedWithWhatTheyAreAbout) {
  const Outcome listed = expect(ExitCode::Answered, {"conversations", "list"});
  EXPECT_THAT(listed.out, StartsWith("t1  How deep is the well?\n    2 messages, last used "));
  EXPECT_THAT(listed.out, HasSubstr("about d1"));
  EXPECT_EQ(expect(ExitCode::Answered, {"conversations"}).out, listed.out);
  const nlohmann::json json = expect(ExitCode::Answered, {"conversations", "--json"}).json();
  EXPECT_EQ(json.at("conversations").at(0).at("id"), "t1");
}

TEST_F(Conversations, GoOnWithTheirDocumentsAndOthers) {
  // Its own document, without being named.
  const nlohmann::json again =
      expect(ExitCode::Answered, {"ask", "--conversation", "t1", "Is the well deep?", "--json"})
          .json();
  EXPECT_EQ(again.at("conversation"), "t1");
  EXPECT_EQ(again.at("reading").at("documents"), 1);
  expect(ExitCode::Answered,
         {"ask", "--conversation", "t1", tower, "How many steps has the tower?"});
  const nlohmann::json shown =
      expect(ExitCode::Answered, {"conversations", "show", "t1", "--json"}).json();
  ASSERT_EQ(shown.at("exchanges").size(), 3U);
  EXPECT_EQ(shown.at("conversation").at("documents"), (std::vector<std::string>{"d1", "d2"}));
  EXPECT_EQ(shown.at("exchanges").at(2).at("question"), "How many steps has the tower?");
  const std::string cited =
      shown.at("exchanges").at(2).at("claims").at(0).at("citations").at(0).at("id");
  EXPECT_THAT(expect(ExitCode::Answered, {"show", cited}).out,
              HasSubstr("How many steps has the tower?"))
      << "the question before the answer, not the first of the conversation";
}

TEST_F(Conversations, AreShownAsTheyWereTold) {
  expect(ExitCode::NotFound,
         {"ask", "--conversation", "t1", "Who painted the metres of the ceiling in Rome?"});
  const std::string told =
      expect(ExitCode::Answered, {"ask", "--conversation", "t1", "How deep is the well?"}).out;
  const std::string shown = expect(ExitCode::Answered, {"conversations", "show", "t1"}).out;
  EXPECT_THAT(shown, HasSubstr("Asked: How deep is the well?\n"));
  EXPECT_THAT(shown, HasSubstr(told));
  EXPECT_THAT(shown, HasSubstr("Not in your documents"));
  EXPECT_THAT(shown, HasSubstr("The nearest passages:"));
}

TEST_F(Conversations, AreRenamedAndFoundByTheirWords) {
  expect(ExitCode::Answered, {"conversations", "rename", "t1", "Depths", "of", "wells"});
  EXPECT_THAT(expect(ExitCode::Answered, {"conversations", "list"}).out,
              StartsWith("t1  Depths of wells\n"));
  const Outcome found = expect(ExitCode::Answered, {"conversations", "search", "depths", "NINE"});
  EXPECT_THAT(found.out, HasSubstr("nine metres deep"));
  expect(ExitCode::NotFound, {"conversations", "search", "tower"});
  expect(ExitCode::Usage, {"conversations", "rename", "t1", " "});
}

TEST_F(Conversations, AreDeletedWithTheirCitations) {
  expect(ExitCode::Answered, {"ask", tower, "How many steps has the tower?"});
  expect(ExitCode::NotFound, {"conversations", "delete", "t1", "t9"});
  EXPECT_THAT(expect(ExitCode::Answered, {"conversations", "list"}).out, HasSubstr("t1"))
      << "all names are looked up before anything is deleted";
  EXPECT_THAT(expect(ExitCode::Answered, {"conversations", "delete", "t1"}).out,
              StartsWith("Deleted t1"));
  EXPECT_THAT(expect(ExitCode::Answered, {"conversations", "list"}).out, Not(HasSubstr("t1")));
  expect(ExitCode::NotFound, {"show", "c1"});
  expect(ExitCode::NotFound, {"conversations", "show", "t1"});
  expect(ExitCode::Answered, {"verify", "--database"});
  expect(ExitCode::NotFound, {"ask", "--conversation", "t1", "How deep is the well?"});
}

TEST_F(Conversations, ASummaryIsShownWithItsSections) {
  expect(ExitCode::Answered,
         {"summarize", LECTERN_SOURCE_DIR "/resources/sample/tenancy-agreement.pdf"});
  const std::string shown = expect(ExitCode::Answered, {"conversations", "show", "t2"}).out;
  EXPECT_THAT(shown, HasSubstr("The central sentences of each section, no model"));
  EXPECT_THAT(shown, HasSubstr("Section 4 of "));
  EXPECT_THAT(shown, HasSubstr("\nTenancy agreement › 3. Rent\n“"));
  EXPECT_EQ(shown.find("Asked: "), shown.rfind("Asked: "));
  EXPECT_THAT(shown, Not(HasSubstr("#")));
}

TEST_F(Conversations, AWrongNameIsAMistake) {
  for (const char* name : {"1", "c1", "t0", "talk"}) {
    EXPECT_THAT(expect(ExitCode::Usage, {"conversations", "show", name}).err,
                HasSubstr("is not a conversation"));
  }
  expect(ExitCode::Usage, {"conversations", "burn", "t1"});
}

}  // namespace
}  // namespace lectern::cli
