// SPDX-License-Identifier: GPL-3.0-or-later
// The whole way: a file in, a question, its quotations looked up, drawn and proven, the file out.
#include "tests/app/support/terminal.h"
#include "tests/support/fixtures.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lectern::cli {
namespace {

using test::Outcome;
using test::Terminal;
using ::testing::HasSubstr;
using ::testing::Not;

std::string shelfFile(const std::string& name) {
  return std::string(LECTERN_SOURCE_DIR) + "/resources/sample/" + name;
}

/// The names of all citations of an answer in JSON.
std::vector<std::string> citationsOf(const nlohmann::json& answer) {
  std::vector<std::string> names;
  for (const auto& claim : answer.at("claims")) {
    for (const auto& citation : claim.at("citations")) names.push_back(citation.at("id"));
  }
  return names;
}

/// Adds, asks, shows, draws, verifies, removes.
void tellStory(const std::string& file, const std::string& words, const std::string& quoted) {
  Terminal terminal;
  const Outcome added = terminal.run({"add", file, "--json"});
  ASSERT_EQ(added.code, ExitCode::Answered) << added.err;
  const std::string document = added.json().at("added").at(0).at("document").at("id");

  const Outcome asked = terminal.run({"ask", document, words, "--json"});
  ASSERT_EQ(asked.code, ExitCode::Answered) << asked.out << asked.err;
  EXPECT_THAT(asked.json().at("text").get<std::string>(), HasSubstr(quoted));
  const std::vector<std::string> citations = citationsOf(asked.json());
  ASSERT_FALSE(citations.empty());

  for (const std::string& name : citations) {
    const Outcome shown = terminal.run({"show", name});
    EXPECT_EQ(shown.code, ExitCode::Answered) << shown.err;
    EXPECT_THAT(shown.out, HasSubstr("»"));
    EXPECT_EQ(terminal.run({"verify", name}).code, ExitCode::Answered);
  }
  const std::string picture = (terminal.folder.path() / "page.png").string();
  const Outcome drawn = terminal.run({"show", citations.front(), "--png", picture});
  EXPECT_EQ(drawn.code, ExitCode::Answered) << drawn.err;
  EXPECT_THAT(test::bytesOf(picture), ::testing::StartsWith("\x89PNG"));

  EXPECT_EQ(terminal.run({"verify", "--database"}).code, ExitCode::Answered);
  EXPECT_EQ(terminal.run({"remove", document}).code, ExitCode::Answered);
  EXPECT_TRUE(terminal.run({"list", "--json"}).json().at("documents").empty());

  // What was cited stays provable, though its page cannot be drawn any more.
  EXPECT_EQ(terminal.run({"verify"}).code, ExitCode::Answered);
  const Outcome after = terminal.run({"show", citations.front()});
  EXPECT_EQ(after.code, ExitCode::Answered) << after.err;
  EXPECT_THAT(after.out, HasSubstr("Its text is still in the library"));
  EXPECT_EQ(terminal.run({"show", citations.front(), "--png", picture}).code,
            ExitCode::InputRefused);
}

TEST(Story, ATenancyAgreementTellsItsNoticePeriod) {
  tellStory(shelfFile("tenancy-agreement.pdf"), "How long is the notice period?", "three months");
}

TEST(Story, AMarkdownManualTellsItsRefrigerant) {
  Terminal terminal;
  const Outcome asked = terminal.run(
      {"ask", shelfFile("dehumidifier-manual.md"), "Which refrigerant does it contain?"});
  EXPECT_EQ(asked.code, ExitCode::Answered) << asked.err;
  EXPECT_THAT(asked.out, HasSubstr("R290"));
}

TEST(Story, AHebrewNoticeIsAnsweredInItsOwnWords) {
  Terminal terminal;
  const Outcome asked = terminal.run({"ask", shelfFile("notice-he.pdf"), "מתי תהיה הפסקת מים?"});
  EXPECT_EQ(asked.code, ExitCode::Answered) << asked.err;
  EXPECT_THAT(asked.out, HasSubstr("מים"));
}

struct RealDocument {
  const char* file;
  const char* question;
  const char* quoted;
};

class RealDocuments : public ::testing::TestWithParam<RealDocument> {};

TEST_P(RealDocuments, AreAnsweredWithProvenQuotations) {
  const auto file = test::sample(GetParam().file);
  if (!file) GTEST_SKIP() << GetParam().file << " is not there (LECTERN_SAMPLES)";
  tellStory(file->string(), GetParam().question, GetParam().quoted);
}

INSTANTIATE_TEST_SUITE_P(
    Samples,
    RealDocuments,
    ::testing::Values(
        RealDocument{"pdf/manual-en.pdf", "Which field names the maintainer of the package?",
                     "maintainer"},
        RealDocument{"pdf/manual-de.pdf", "Wie viel Arbeitsspeicher wird benötigt?", "speicher"},
        RealDocument{"pdf/paper-two-columns.pdf", "Which three datasets does the benchmark use?",
                     "datasets"}),
    [](const auto& info) {
      std::string name(info.param.file + 4);
      std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
      return name;
    });

TEST(Story, TheAnswerSaysWhatWasReadAndHowToLookUpItsQuotations) {
  Terminal terminal;
  const Outcome asked =
      terminal.run({"ask", shelfFile("tenancy-agreement.pdf"), "How long is the notice period?"});
  EXPECT_THAT(asked.out,
              ::testing::StartsWith("Quotations from your documents, no model · read 3 pages of 1 "
                                    "document\n\n“"));
  EXPECT_THAT(asked.out, HasSubstr("” [1]\n"));
  EXPECT_THAT(asked.out, ::testing::ContainsRegex("\n\\[1\\] .*, page [0-9]+: c1\n"));
  EXPECT_THAT(asked.out, Not(HasSubstr("\x1b")));
}

TEST(Story, WhatTheDocumentsDoNotSayIsSaidWithTheNearestPassages) {
  Terminal terminal;
  const Outcome asked = terminal.run(
      {"ask", shelfFile("tenancy-agreement.pdf"), "Who discovered the moons of Jupiter in 1610?"});
  EXPECT_EQ(asked.code, ExitCode::NotFound) << asked.out;
  EXPECT_THAT(asked.out, ::testing::StartsWith("Not in your documents"));
}

TEST(Story, TheSameContentIsOneDocumentWhereverItLies) {
  Terminal terminal;
  const std::string text = "The well is nine metres deep.\n";
  const std::string first = terminal.folder.write("first.txt", text).string();
  const std::string second = terminal.folder.write("second.txt", text).string();
  EXPECT_EQ(terminal.run({"add", first}).code, ExitCode::Answered);
  const Outcome again = terminal.run({"add", second});
  EXPECT_EQ(again.code, ExitCode::Answered);
  EXPECT_THAT(again.out, HasSubstr("already in the library"));
  const auto documents = terminal.run({"list", "--json"}).json().at("documents");
  ASSERT_EQ(documents.size(), 1U);
  EXPECT_EQ(documents.at(0).at("locations").size(), 2U);
}

TEST(Story, AChangedFileIsANewDocumentAndOldCitationsStayProvable) {
  Terminal terminal;
  const std::string file =
      terminal.folder.write("well.txt", "The well is nine metres deep.\n").string();
  ASSERT_EQ(terminal.run({"ask", file, "How deep is the well?"}).code, ExitCode::Answered);
  static_cast<void>(terminal.folder.write("well.txt", "The well is eleven metres deep.\n"));
  const Outcome asked = terminal.run({"ask", file, "How deep is the well?"});
  ASSERT_EQ(asked.code, ExitCode::Answered) << asked.err;
  EXPECT_THAT(asked.out, HasSubstr("eleven"));
  EXPECT_EQ(terminal.run({"verify"}).code, ExitCode::Answered);
  EXPECT_THAT(terminal.run({"show", "c1"}).out, HasSubstr("nine"));
}

TEST(Story, KeysAndValuesAreKeptAsTheCommandLineOrTheSettingHasIt) {
  Terminal terminal;
  const std::string file =
      terminal.folder.write("well.txt", "The well is nine metres deep.\n").string();
  const auto ask = [&](std::vector<std::string> options) {
    std::vector<std::string> arguments = {"ask", file, "How deep is the well?"};
    arguments.insert(arguments.begin() + 1, options.begin(), options.end());
    return terminal.run(arguments);
  };
  for (const char* type : {"f32", "bf16", "int8"}) {
    const Outcome asked = ask({"--model", "pocket", "--kv", type});
    ASSERT_EQ(asked.code, ExitCode::Answered) << asked.err;
    EXPECT_THAT(asked.out, HasSubstr("nine"));
  }
  EXPECT_EQ(ask({"--model", "pocket", "--kv", "int4"}).code, ExitCode::Usage);
  const Outcome extractive = ask({"--engine", "extractive", "--kv", "int8"});
  EXPECT_EQ(extractive.code, ExitCode::Usage);
  EXPECT_THAT(extractive.err, HasSubstr("--kv"));
  ASSERT_EQ(terminal.run({"config", "set", "answers.kv", "int8"}).code, ExitCode::Answered);
  EXPECT_EQ(ask({"--model", "pocket"}).code, ExitCode::Answered);
  EXPECT_EQ(ask({"--engine", "extractive"}).code, ExitCode::Answered)
      << "a setting that counts for models";
}

TEST(Story, AShelfIsAskedAsAWhole) {
  Terminal terminal;
  const std::string well =
      terminal.folder.write("well.txt", "The well is nine metres deep.\n").string();
  const std::string tower =
      terminal.folder.write("tower.txt", "The tower has forty steps.\n").string();
  ASSERT_EQ(terminal.run({"add", well, tower, "--shelf", "castle"}).code, ExitCode::Answered);
  const Outcome asked = terminal.run({"ask", "--shelf", "castle", "How many steps has the tower?"});
  EXPECT_EQ(asked.code, ExitCode::Answered) << asked.err;
  EXPECT_THAT(asked.out, HasSubstr("of 2 documents"));
  EXPECT_THAT(asked.out, HasSubstr("forty"));
  EXPECT_THAT(terminal.run({"list"}).out, HasSubstr("Shelf castle: d1 d2"));
}

TEST(Story, TheQuestionMayComeFromStandardInput) {
  Terminal terminal;
  const std::string file =
      terminal.folder.write("well.txt", "The well is nine metres deep.\n").string();
  const Outcome asked = terminal.run({"ask", file, "-"}, "How deep is\nthe well?\n");
  EXPECT_EQ(asked.code, ExitCode::Answered) << asked.err;
  EXPECT_THAT(asked.out, HasSubstr("nine metres"));
}

TEST(Story, ASummaryCitesEachOfItsSentences) {
  Terminal terminal;
  const Outcome summary = terminal.run({"summarize", shelfFile("tenancy-agreement.pdf"), "--json"});
  ASSERT_EQ(summary.code, ExitCode::Answered) << summary.err;
  const nlohmann::json json = summary.json();
  int sentences = 0;
  for (const auto& section : json.at("documents").at(0).at("sections")) {
    for (const auto& sentence : section.at("sentences")) {
      ++sentences;
      EXPECT_EQ(terminal.run({"verify", sentence.at("id")}).code, ExitCode::Answered);
    }
  }
  EXPECT_GE(sentences, 10);
}

TEST(Story, TextPrintsAFileWithoutALibrary) {
  Terminal terminal;
  const std::string file =
      terminal.folder.write("well.txt", "The well is nine metres deep.\n").string();
  const Outcome text = terminal.run({"text", file});
  EXPECT_EQ(text.code, ExitCode::Answered) << text.err;
  EXPECT_THAT(text.out, HasSubstr("The well is nine metres deep."));
  EXPECT_FALSE(std::filesystem::exists(terminal.options.dataFolder));
}

}  // namespace
}  // namespace lectern::cli
