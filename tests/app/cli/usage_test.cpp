// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/support/terminal.h"

#include <gmock/gmock.h>

namespace lectern::cli {
namespace {

using test::Outcome;
using test::Terminal;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Usage, HelpNamesTheCommandsAndTheExitCodes) {
  Terminal terminal;
  const Outcome outcome = terminal.run({"--help"});
  EXPECT_EQ(outcome.code, ExitCode::Answered);
  EXPECT_THAT(outcome.err, IsEmpty());
  for (const char* name :
       {"add", "ask", "summarize", "show", "verify", "list", "remove", "text", "generate",
        "tokenize", "template", "logits", "models", "bench", "conversations", "Exit codes"}) {
    EXPECT_THAT(outcome.out, HasSubstr(name));
  }
}

TEST(Usage, EachCommandHasAHelpWithTheExitCodes) {
  Terminal terminal;
  for (const char* name : {"add", "ask", "summarize", "show", "verify", "list", "remove", "text",
                           "generate", "tokenize", "logits", "bench"}) {
    const Outcome outcome = terminal.run({name, "--help"});
    EXPECT_EQ(outcome.code, ExitCode::Answered) << name;
    EXPECT_THAT(outcome.out, HasSubstr("--json"));
    EXPECT_THAT(outcome.out, HasSubstr("Exit codes"));
  }
}

TEST(Usage, CommandsOfAGroupAreReachedThroughIt) {
  Terminal terminal;
  const Outcome group = terminal.run({"models", "--help"});
  EXPECT_EQ(group.code, ExitCode::Answered);
  for (const char* name : {"list", "import", "quantize", "verify"})
    EXPECT_THAT(group.out, HasSubstr(name));
  const Outcome command = terminal.run({"template", "render", "--help"});
  EXPECT_EQ(command.code, ExitCode::Answered);
  EXPECT_THAT(command.out, HasSubstr("--json"));
  EXPECT_THAT(command.out, HasSubstr("Exit codes"));
}

TEST(Usage, VersionIsOneLine) {
  Terminal terminal;
  const Outcome outcome = terminal.run({"--version"});
  EXPECT_EQ(outcome.code, ExitCode::Answered);
  EXPECT_THAT(outcome.out, ::testing::MatchesRegex("lectern-cli [0-9.]+\n"));
}

TEST(Usage, MistakesEndWithTwoAndASentence) {
  Terminal terminal;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"read"},
                                             {"add"},
                                             {"ask"},
                                             {"show"},
                                             {"text"},
                                             {"summarize"},
                                             {"template"},
                                             {"template", "draw"},
                                             {"tokenize", "-"},
                                             {"generate"},
                                             {"list", "--colour"},
                                             {"show", "12"},
                                             {"show", "c0"},
                                             {"verify", "everything"},
                                             {"ask", " "},
                                             {"show", "c1", "--dpi", "5"}}) {
    const Outcome outcome = terminal.run(arguments);
    EXPECT_EQ(outcome.code, ExitCode::Usage) << ::testing::PrintToString(arguments);
    EXPECT_THAT(outcome.err, ::testing::StartsWith("lectern-cli: "));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

TEST(Usage, AMistakeWithJsonIsAnErrorObject) {
  Terminal terminal;
  const Outcome outcome = terminal.run({"show", "--json", "page 12"});
  EXPECT_EQ(outcome.code, ExitCode::Usage);
  EXPECT_EQ(outcome.json().at("schema"), "lectern-cli/error/1");
  EXPECT_EQ(outcome.json().at("code"), "usage");
  EXPECT_EQ(outcome.json().at("exitCode"), 2);
}

TEST(Usage, AFileInThePlaceOfTheQuestionIsNoticed) {
  Terminal terminal;
  const std::string file = terminal.folder.write("notes.txt", "Some words.\n").string();
  const Outcome outcome = terminal.run({"ask", file});
  EXPECT_EQ(outcome.code, ExitCode::Usage);
  EXPECT_THAT(outcome.err, HasSubstr("is a file. Put the question behind it"));
}

TEST(Usage, AnEmptyLibrarySaysWhatToDo) {
  Terminal terminal;
  const Outcome asked = terminal.run({"ask", "How long is the notice period?"});
  EXPECT_EQ(asked.code, ExitCode::NotFound);
  EXPECT_THAT(asked.err, HasSubstr("Name a file, or put some in with add."));
  const Outcome listed = terminal.run({"list"});
  EXPECT_EQ(listed.code, ExitCode::Answered);
  EXPECT_THAT(listed.err, HasSubstr("There is no document yet."));
  EXPECT_THAT(terminal.run({"verify"}).out, HasSubstr("There are no citations yet."));
}

TEST(Usage, LookingMakesNoLibrary) {
  Terminal terminal;
  EXPECT_EQ(terminal.run({"list"}).code, ExitCode::Answered);
  EXPECT_EQ(terminal.run({"verify"}).code, ExitCode::NotFound);
  EXPECT_EQ(terminal.run({"show", "c1"}).code, ExitCode::NotFound);
  EXPECT_FALSE(std::filesystem::exists(terminal.options.dataFolder));
}

TEST(Usage, WhatIsNotThereIsNotFound) {
  Terminal terminal;
  EXPECT_EQ(terminal.run({"show", "c7"}).code, ExitCode::NotFound);
  EXPECT_EQ(terminal.run({"verify", "c7"}).code, ExitCode::NotFound);
  EXPECT_EQ(terminal.run({"remove", "d7"}).code, ExitCode::NotFound);
  EXPECT_EQ(terminal.run({"ask", "d7", "What?"}).code, ExitCode::NotFound);
  EXPECT_EQ(terminal.run({"summarize", "--shelf", "none"}).code, ExitCode::NotFound);
}

}  // namespace
}  // namespace lectern::cli
