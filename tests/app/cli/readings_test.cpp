// SPDX-License-Identifier: GPL-3.0-or-later
// readings list and remove: what a model has read is on the disk, is used again, and goes.
#include "app/workspace/readings.h"

#include "app/workspace/workspace.h"
#include "tests/app/support/terminal.h"
#include "tests/support/answer_model_fixture.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace lectern::cli {
namespace {

using test::Outcome;
using test::Terminal;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

namespace fs = std::filesystem;

class Readings : public ::testing::Test {
 protected:
  Readings() {
    const auto write = [&](const char* name, const char* text) {
      return terminal.folder.write(name, text).string();
    };
    expect(ExitCode::Answered,
           {"add",
            write("lease.txt", "The tenant pays the deposit in March. The landlord gives it back."),
            write("manual.txt", "The tank holds four litres. Empty it every evening.")});
  }

  Outcome expect(ExitCode code, const std::vector<std::string>& arguments) {
    const Outcome outcome = terminal.run(arguments);
    EXPECT_EQ(outcome.code, code) << ::testing::PrintToString(arguments) << outcome.out
                                  << outcome.err;
    return outcome;
  }
  /// A question to the model that keeps even what takes no time to read.
  void read(const std::vector<RevisionId>& scope) {
    const auto workspace = Workspace::open(terminal.options).value();
    AskOptions options;
    options.model = model.path();
    options.readings.worthMs = 0;
    options.answer.maxTokens = 1;
    ASSERT_TRUE(workspace->ask("What is the deposit?", scope, options, {}, {}));
  }
  /// What of its reading a question did not read again.
  int64_t tokensKept(const std::vector<std::string>& documents) {
    std::vector<std::string> arguments = {
        "ask", "--json", "--model", model.path().string(), "--max-tokens", "1"};
    arguments.insert(arguments.end(), documents.begin(), documents.end());
    arguments.emplace_back("Who pays?");
    const nlohmann::json json = terminal.run(arguments).json();
    EXPECT_EQ(json["notice"], "");
    return json["reading"]["tokensKept"];
  }
  nlohmann::json list() { return expect(ExitCode::Answered, {"readings", "--json"}).json(); }

  Terminal terminal;
  const test::TinyAnswerModel model{test::TinyFamily::Jamba2};
  const RevisionId lease{1};
  const RevisionId manual{2};
};

TEST_F(Readings, AreListedAndUsedByTheNextQuestion) {
  EXPECT_THAT(expect(ExitCode::Answered, {"readings"}).err, HasSubstr("No reading is kept yet."));
  read({lease, manual});

  const Outcome shown = expect(ExitCode::Answered, {"readings", "list"});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("read by tiny in "), HasSubstr(" tokens, "),
                               HasSubstr("last used 20")));
  EXPECT_THAT(shown.err, HasSubstr("All together take "));
  const nlohmann::json json = list();
  ASSERT_THAT(json["readings"], SizeIs(1));
  EXPECT_EQ(json["readings"][0]["documents"], nlohmann::json({"d1", "d2"}));
  EXPECT_EQ(json["readings"][0]["bytes"], json["bytes"]);

  EXPECT_GT(tokensKept({"d1", "d2"}), 100);
  EXPECT_GT(tokensKept({"d1"}), 50);
  EXPECT_EQ(tokensKept({"d2"}), 0) << "it was read behind the other one";
  EXPECT_THAT(expect(ExitCode::Answered, {"ask", "--model", model.path().string(), "--max-tokens",
                                          "1", "d1", "Who pays?"})
                  .out,
              HasSubstr(" tokens, read before"));
}

TEST_F(Readings, GoWithTheirDocument) {
  read({lease, manual});
  read({manual});
  ASSERT_THAT(list()["readings"], SizeIs(2));
  expect(ExitCode::Answered, {"remove", "d2"});
  const nlohmann::json json = list();
  ASSERT_THAT(json["readings"], SizeIs(1));
  EXPECT_EQ(json["readings"][0]["documents"], nlohmann::json({"d1"}));
}

// A removal that was cut off between the library and the readings.
TEST_F(Readings, OfADocumentThatWentAreDeletedWithTheNext) {
  read({lease, manual});
  ASSERT_TRUE(Workspace::open(terminal.options).value()->library().removeRevision(lease));
  const nlohmann::json json = list();
  ASSERT_THAT(json["readings"], SizeIs(1));
  EXPECT_EQ(json["readings"][0]["documents"], nlohmann::json({nullptr, "d2"}));
  EXPECT_THAT(expect(ExitCode::Answered, {"readings"}).out,
              HasSubstr("a document that is not there any more, "));
  Workspace::open(terminal.options).value()->forgetReadings();
  EXPECT_THAT(list()["readings"], IsEmpty());
}

TEST_F(Readings, ThatAreDamagedAreReadAgainAndTheAnswerSaysSo) {
  read({lease});
  for (const auto& file :
       fs::recursive_directory_iterator(terminal.options.dataFolder / "readings")) {
    if (file.path().extension() == ".state") {
      ASSERT_TRUE(writeFileAtomically(file.path(), "no state"));
    }
  }
  const Outcome outcome = expect(ExitCode::Answered, {"ask", "--model", model.path().string(),
                                                      "--max-tokens", "1", "d1", "Who pays?"});
  EXPECT_THAT(outcome.err, HasSubstr("cannot be used: it is no saved reading. It was read again."));
}

TEST_F(Readings, WithoutALibraryMakeNone) {
  test::Terminal other;
  EXPECT_EQ(other.run({"readings", "remove", "--all"}).code, ExitCode::Answered);
  EXPECT_FALSE(fs::exists(other.options.dataFolder));
}

TEST_F(Readings, AreRemovedByNameByAgeAndAllOfThem) {
  read({lease});
  read({manual});
  read({manual, lease});
  nlohmann::json json = list();
  ASSERT_THAT(json["readings"], SizeIs(2)) << "one goes on from another";
  const std::string first = json["readings"][0]["id"];
  EXPECT_THAT(expect(ExitCode::Usage, {"readings", "remove"}).err, HasSubstr("--all"));
  EXPECT_THAT(expect(ExitCode::NotFound, {"readings", "remove", first, "ffff-00000000"}).err,
              HasSubstr("There is no reading ffff-00000000."));
  ASSERT_THAT(list()["readings"], SizeIs(2)) << "all or none";
  EXPECT_THAT(expect(ExitCode::Answered, {"readings", "remove", first}).out,
              HasSubstr("Deleted 1 reading."));
  EXPECT_THAT(expect(ExitCode::Answered, {"readings", "remove", "--unused-days", "1"}).out,
              HasSubstr("Deleted 0 readings."));
  EXPECT_THAT(expect(ExitCode::Answered, {"readings", "remove", "--unused-days", "0"}).out,
              HasSubstr("Deleted 1 reading."));
  read({lease});
  read({manual});
  EXPECT_THAT(expect(ExitCode::Answered, {"readings", "remove", "--all"}).out,
              HasSubstr("Deleted 2 readings."));
  EXPECT_EQ(list()["bytes"], 0);
}

TEST_F(Readings, AreNeitherKeptNorUsedWhereTheyMayTakeNothing) {
  read({lease});
  expect(ExitCode::Answered, {"config", "set", "readings.gigabytes", "0"});
  EXPECT_EQ(tokensKept({"d1"}), 0);
}

TEST_F(Readings, AreTheUsersAloneAndLeftOutOfBackups) {
  read({lease});
  const fs::path folder = terminal.options.dataFolder / "readings";
  EXPECT_THAT(readFile(folder / "CACHEDIR.TAG", 1000).value(),
              ::testing::StartsWith("Signature: 8a477f597d28d172789f06886806bc55\n"));
  const auto others = fs::perms::group_all | fs::perms::others_all;
  EXPECT_EQ(fs::status(folder).permissions() & others, fs::perms::none);
}

}  // namespace
}  // namespace lectern::cli
