// SPDX-License-Identifier: GPL-3.0-or-later
// context: what documents take of a model's window.
#include "tests/app/support/model_folders.h"
#include "tests/app/support/terminal.h"

#include <gmock/gmock.h>

#include <string>

namespace lectern::cli {
namespace {

using test::Outcome;
using test::Terminal;
using ::testing::HasSubstr;

class ContextCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    nlohmann::json config = test::tinyConfig();
    config["max_position_embeddings"] = 1200;
    test::writeModel(model, config);
    std::string text;
    for (int i = 0; i < 60; ++i) text += "The tower is tall and old. ";
    tower = terminal.folder.write("tower.txt", text).string();
    well = terminal.folder.write("well.txt", "The well is nine metres deep.\n").string();
  }
  Outcome expect(ExitCode code, const std::vector<std::string>& arguments) {
    const Outcome outcome = terminal.run(arguments);
    EXPECT_EQ(outcome.code, code) << ::testing::PrintToString(arguments) << outcome.out
                                  << outcome.err;
    return outcome;
  }

  Terminal terminal;
  std::filesystem::path model = terminal.folder.path() / "tiny";
  std::string tower;
  std::string well;
};

TEST_F(ContextCommand, CountsEachDocumentAndTheRest) {
  const auto json =
      expect(ExitCode::Answered, {"context", well, "--model", model.string(), "--json"}).json();
  EXPECT_EQ(json.at("way"), "window");
  EXPECT_EQ(json.at("engine"), "tiny");
  const auto& window = json.at("window");
  EXPECT_EQ(window.at("tokens"), 1200);
  EXPECT_EQ(window.at("answer"), 150) << "an eighth of the window";
  EXPECT_EQ(json.at("documents").at(0).at("tokens"), window.at("documents"));
  EXPECT_EQ(window.at("instructions").get<int>() + window.at("documents").get<int>() +
                window.at("answer").get<int>() + window.at("free").get<int>(),
            1200);
  EXPECT_THAT(expect(ExitCode::Answered, {"context", well, "--model", model.string()}).out,
              HasSubstr(std::to_string(window.at("free").get<int>()) + "  free"));
}

TEST_F(ContextCommand, WhatDoesNotFitHasAnExitCodeOfItsOwn) {
  const Outcome outcome =
      expect(ExitCode::DoesNotFit, {"context", tower, well, "--model", model.string()});
  EXPECT_THAT(outcome.out, HasSubstr("more than fits"));
  EXPECT_THAT(outcome.err, HasSubstr("a search finds"));
}

TEST_F(ContextCommand, WithoutAWindowItSaysThatAllIsSearched) {
  EXPECT_THAT(expect(ExitCode::Answered, {"context", well}).out, HasSubstr("searches all of it"));
  const auto json = expect(ExitCode::Answered, {"context", "--json"}).json();
  EXPECT_EQ(json.at("way"), "search");
  EXPECT_EQ(json.at("engine"), "extractive");
  EXPECT_TRUE(json.at("window").is_null());
}

TEST_F(ContextCommand, TheSettingsNameTheModelUnlessTheCommandDoes) {
  expect(ExitCode::Answered, {"config", "set", "answers.engine", model.string()});
  expect(ExitCode::Answered, {"config", "set", "answers.window", "600"});
  const auto json = expect(ExitCode::Answered, {"context", well, "--json"}).json();
  EXPECT_EQ(json.at("engine"), "tiny");
  EXPECT_EQ(json.at("window").at("tokens"), 600);
}

}  // namespace
}  // namespace lectern::cli
