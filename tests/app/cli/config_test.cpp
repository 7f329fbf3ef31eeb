// SPDX-License-Identifier: GPL-3.0-or-later
// config list, get and set, and that the other commands do as the settings say.
#include "tests/app/support/terminal.h"

#include <gmock/gmock.h>

namespace lectern::cli {
namespace {

using test::Outcome;
using test::Terminal;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Config : public ::testing::Test {
 protected:
  Config() { std::filesystem::remove(file()); }  // as a new user has it
  Outcome expect(ExitCode code, const std::vector<std::string>& arguments) {
    const Outcome outcome = terminal.run(arguments);
    EXPECT_EQ(outcome.code, code) << ::testing::PrintToString(arguments) << outcome.out
                                  << outcome.err;
    return outcome;
  }
  [[nodiscard]] std::filesystem::path file() const {
    return terminal.options.configFolder / "settings.ini";
  }

  Terminal terminal;
};

TEST_F(Config, WhatIsSetIsListedAndGoneAgainWithTheDefault) {
  EXPECT_EQ(expect(ExitCode::Answered, {"config", "get", "answers.threads"}).out, "0\n");
  EXPECT_FALSE(std::filesystem::exists(file())) << "looking makes nothing";
  EXPECT_THAT(expect(ExitCode::Answered, {"config", "set", "answers.threads", "3"}).out, IsEmpty());
  EXPECT_EQ(expect(ExitCode::Answered, {"config", "get", "answers.threads"}).out, "3\n");
  EXPECT_THAT(expect(ExitCode::Answered, {"config", "list"}).out,
              HasSubstr("answers.threads = 3\n    Threads a model computes with"));
  expect(ExitCode::Answered, {"config", "set", "answers.threads", "--default"});
  EXPECT_EQ(expect(ExitCode::Answered, {"config", "get", "answers.threads"}).out, "0\n");
}

TEST_F(Config, WhatCannotBeIsRefusedWithWhatCan) {
  EXPECT_THAT(expect(ExitCode::Usage, {"config", "set", "answers.threads", "many"}).err,
              HasSubstr("answers.threads: The value must be a whole number from 0 to 1024, and is "
                        "\"many\""));
  EXPECT_THAT(expect(ExitCode::Usage, {"config", "get", "answers.colour"}).err,
              HasSubstr("config list"));
  expect(ExitCode::Usage, {"config", "set", "answers.threads"});
  expect(ExitCode::Usage, {"config", "set", "answers.threads", "3", "--default"});
  expect(ExitCode::ModelUnusable, {"config", "set", "answers.engine", "nobody"});
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(Config, ABrokenFileIsSaidOnceAndLeftAlone) {
  std::filesystem::create_directories(terminal.options.configFolder);
  const auto broken = terminal.folder.write("config/settings.ini", "[answers]\nthreads 3\n");
  const auto text = terminal.folder.write("a.txt", "The well is nine metres deep.\n");
  const Outcome asked = expect(ExitCode::Answered, {"ask", text.string(), "How deep is the well?"});
  EXPECT_THAT(asked.err, HasSubstr("Line 2 of " + broken.string()));
  EXPECT_EQ(asked.err.find("Line 2"), asked.err.rfind("Line 2"));
  expect(ExitCode::InputRefused, {"config", "set", "answers.threads", "3"});
  EXPECT_EQ(test::bytesOf(broken), "[answers]\nthreads 3\n");
}

TEST_F(Config, TheEngineOfTheSettingsAnswersUnlessAnotherIsNamed) {
  const auto text = terminal.folder.write("a.txt", "The well is nine metres deep.\n");
  expect(ExitCode::Answered,
         {"config", "set", "answers.engine", LECTERN_SOURCE_DIR "/resources/models/pocket"});
  const auto engine = [&](const std::vector<std::string>& more) -> std::string {
    std::vector<std::string> arguments = {"ask", text.string(), "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.emplace_back("How deep is the well?");
    return terminal.run(arguments).json().at("engine");
  };
  EXPECT_EQ(engine({}), "pocket");
  EXPECT_EQ(engine({"--engine", "extractive"}), "extractive");
  EXPECT_EQ(engine({"--engine", "model"}), "pocket");
}

}  // namespace
}  // namespace lectern::cli
