// SPDX-License-Identifier: GPL-3.0-or-later
// Each kind of bad file ends with its exit code, a sentence that says what to do, and a library
// that is as it was.
#include "core/base/check.h"
#include "tests/app/support/terminal.h"
#include "tests/support/fixtures.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <random>
#include <string>
#include <vector>

namespace lectern::cli {
namespace {

using test::Outcome;
using test::Terminal;
using ::testing::HasSubstr;

/// Adds the file and expects a refusal that leaves nothing behind.
Outcome expectRefused(Terminal& terminal,
                      const std::string& file,
                      std::vector<std::string> options = {}) {
  std::vector<std::string> arguments = {"add", file};
  arguments.insert(arguments.end(), options.begin(), options.end());
  Outcome outcome = terminal.run(arguments);
  EXPECT_EQ(outcome.code, ExitCode::InputRefused) << file << '\n' << outcome.out << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(std::filesystem::path(file).filename().string()));
  EXPECT_THAT(outcome.out, ::testing::IsEmpty());
  EXPECT_EQ(terminal.run({"verify", "--database"}).code, ExitCode::Answered);
  return outcome;
}

TEST(BadInput, AMissingFile) {
  Terminal terminal;
  EXPECT_THAT(expectRefused(terminal, "/nowhere/lease.pdf").err, HasSubstr("Check the name."));
}

TEST(BadInput, AnEmptyFile) {
  Terminal terminal;
  expectRefused(terminal, terminal.folder.write("empty.pdf", "").string());
  expectRefused(terminal, terminal.folder.write("empty.txt", "").string());
}

TEST(BadInput, AFolderAndADevice) {
  Terminal terminal;
  EXPECT_THAT(expectRefused(terminal, terminal.folder.path().string()).err,
              HasSubstr("is a folder, not a document"));
  EXPECT_THAT(expectRefused(terminal, "/dev/null").err, HasSubstr("is not a regular file"));
}

/// Root may read every file. In its scope the process acts as a user who may not, and to whom
/// `folder` belongs.
class Unprivileged {
 public:
  explicit Unprivileged(const std::filesystem::path& folder) : wasRoot_(::geteuid() == 0) {
    constexpr uid_t kNobody = 65534;
    if (!wasRoot_) return;
    LECTERN_CHECK(::chown(folder.c_str(), kNobody, static_cast<gid_t>(-1)) == 0);
    LECTERN_CHECK(::seteuid(kNobody) == 0);
  }
  ~Unprivileged() {
    if (wasRoot_) LECTERN_CHECK(::seteuid(0) == 0);
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  bool wasRoot_;
};

TEST(BadInput, AnUnreadableFile) {
  Terminal terminal;
  const auto file = terminal.folder.write("secret.txt", "Words.\n");
  std::filesystem::permissions(file, std::filesystem::perms::none);
  const Unprivileged user(terminal.folder.path());
  EXPECT_THAT(expectRefused(terminal, file.string()).err, HasSubstr("permission"));
}

TEST(BadInput, RandomBytesThatClaimToBeAPdf) {
  Terminal terminal;
  std::mt19937 random(7);
  std::string bytes = "%PDF-1.7\n";
  for (int i = 0; i < 20'000; ++i) bytes += static_cast<char>(random() & 0xff);
  expectRefused(terminal, terminal.folder.write("noise.pdf", bytes).string());
}

TEST(BadInput, HostilePdfs) {
  Terminal terminal;
  for (const char* name : {"zero-pages", "random-bytes", "truncated-10", "pages-loop"}) {
    expectRefused(terminal, test::fixture("pdf/hostile/" + std::string(name) + ".pdf").string());
  }
}

TEST(BadInput, AnEncryptedFileNeedsItsPassword) {
  const auto file = test::sample("pdf/encrypted-aes256.pdf");
  if (!file) GTEST_SKIP() << "encrypted-aes256.pdf is not there (LECTERN_SAMPLES)";
  Terminal terminal;
  EXPECT_THAT(expectRefused(terminal, file->string()).err, HasSubstr("--password-file"));
  const std::string wrong = terminal.folder.write("wrong", "lectern-loser\n").string();
  expectRefused(terminal, file->string(), {"--password-file", wrong});

  const std::string right = terminal.folder.write("right", "lectern-user\n").string();
  const Outcome added = terminal.run({"add", file->string(), "--password-file", right});
  EXPECT_EQ(added.code, ExitCode::Answered) << added.err;
  EXPECT_EQ(terminal.run({"text", file->string(), "--password-file", "-"}, "lectern-user\n").code,
            ExitCode::Answered);
  // Once it is in the library nobody needs the password to ask.
  EXPECT_NE(terminal.run({"ask", file->string(), "Which letters?"}).code, ExitCode::InputRefused);
}

TEST(BadInput, AMissingPasswordFileIsRefusedByName) {
  Terminal terminal;
  const std::string file = terminal.folder.write("a.txt", "Words.\n").string();
  const Outcome outcome = terminal.run({"add", file, "--password-file", "/nowhere/password"});
  EXPECT_EQ(outcome.code, ExitCode::InputRefused);
  EXPECT_THAT(outcome.err, HasSubstr("/nowhere/password"));
}

TEST(BadInput, ADamagedPdfIsReadAsFarAsItGoes) {
  const auto file = test::sample("pdf/damaged-prefix.pdf");
  if (!file) GTEST_SKIP() << "damaged-prefix.pdf is not there (LECTERN_SAMPLES)";
  Terminal terminal;
  const Outcome added = terminal.run({"add", file->string()});
  EXPECT_EQ(added.code, ExitCode::Answered) << added.err;
}

TEST(BadInput, AScanIsAddedAndSaidToHaveNoText) {
  const auto file = test::sample("pdf/scanned-page.pdf");
  if (!file) GTEST_SKIP() << "scanned-page.pdf is not there (LECTERN_SAMPLES)";
  Terminal terminal;
  const Outcome added = terminal.run({"add", file->string()});
  EXPECT_EQ(added.code, ExitCode::Answered) << added.err;
  EXPECT_THAT(added.err, HasSubstr("no text to search or quote, only a picture, on page 1"));
  const Outcome asked = terminal.run({"ask", "What was scanned?"});
  EXPECT_EQ(asked.code, ExitCode::NotFound);
  EXPECT_THAT(asked.out, HasSubstr("no page has text that could be read"));
}

TEST(BadInput, AnAnswerTellsOfWhatIsNotReadToItsEnd) {
  Terminal terminal;
  const std::string file = test::fixture("pdf/layout/running-headers.pdf").string();
  {
    const auto workspace = Workspace::open(terminal.options);
    ASSERT_TRUE(workspace) << workspace.error().message;
    std::stop_source stop;
    ASSERT_FALSE((*workspace)
                     ->add(
                         file, {},
                         [&stop](const AddProgress& progress) {
                           if (progress.page == 2) stop.request_stop();
                         },
                         stop.get_token()));
  }
  const Outcome alone = terminal.run({"ask", "How deep is the well?"});
  EXPECT_EQ(alone.code, ExitCode::NotFound);
  EXPECT_THAT(alone.out, HasSubstr("Nothing was searched · 1 document not searched, read up to "
                                   "page 2 of 4"));
  EXPECT_THAT(alone.out, HasSubstr("Let it be read to the end"));
  ASSERT_EQ(
      terminal
          .run({"add", terminal.folder.write("a.txt", "The well is nine metres deep.\n").string()})
          .code,
      ExitCode::Answered);
  const Outcome beside = terminal.run({"ask", "How deep is the well?"});
  EXPECT_EQ(beside.code, ExitCode::Answered);
  EXPECT_THAT(beside.out, HasSubstr("1 document · 1 document not searched"));
}

TEST(BadInput, AHangingPageIsSkippedAndTheRestRead) {
  Terminal terminal;
  terminal.options.limits.pageCpu = std::chrono::seconds(2);
  const Outcome added =
      terminal.run({"add", test::fixture("pdf/hostile/hanging-page.pdf").string(), "--json"});
  ASSERT_EQ(added.code, ExitCode::Answered) << added.err;
  EXPECT_THAT(added.err, HasSubstr("page 2 was skipped"));
  const auto document = added.json().at("added").at(0).at("document");
  EXPECT_EQ(document.at("pages"), 3);
  EXPECT_EQ(document.at("pagesSkipped"), 1);
  EXPECT_EQ(added.json().at("added").at(0).at("troubledPages").at(0).at("number"), 2);
}

TEST(BadInput, TwentyMegabytesInOneLineAreRead) {
  Terminal terminal;
  std::string line;
  while (line.size() < 20U << 20) line += "The ferry leaves at nine and returns at five. ";
  line += "The lighthouse keeper is called Ottoline.";
  const std::string file = terminal.folder.write("line.txt", line).string();
  const Outcome added = terminal.run({"add", file});
  ASSERT_EQ(added.code, ExitCode::Answered) << added.err;
  const Outcome asked = terminal.run({"ask", file, "Who is the lighthouse keeper?"});
  EXPECT_EQ(asked.code, ExitCode::Answered) << asked.err;
  EXPECT_THAT(asked.out, HasSubstr("Ottoline"));
}

TEST(BadInput, InvalidUtf8IsReadSomehowAndPrintedWellFormed) {
  Terminal terminal;
  const std::string file = terminal.folder
                               .write("latin.txt",
                                      "Die Br\xfc"
                                      "cke ist gesperrt.\n\xff\xfe\x80 Ende.\n")
                               .string();
  const Outcome text = terminal.run({"text", file, "--json"});
  ASSERT_EQ(text.code, ExitCode::Answered) << text.err;
  EXPECT_THAT(text.json().at("pages").at(0).at("text").get<std::string>(), HasSubstr("gesperrt"));
}

TEST(BadInput, OneBadFileDoesNotKeepTheOthersOut) {
  Terminal terminal;
  const std::string good = terminal.folder.write("good.txt", "Good words.\n").string();
  const Outcome outcome = terminal.run({"add", "/nowhere/bad.txt", good, "--json"});
  EXPECT_EQ(outcome.code, ExitCode::InputRefused);
  EXPECT_EQ(outcome.json().at("added").size(), 1U);
  EXPECT_EQ(outcome.json().at("refused").at(0).at("code"), "input-refused");
}

TEST(BadInput, EscapeSequencesInNamesAndTextsAreNeutralised) {
  Terminal terminal;
  const std::string file =
      terminal.folder.write("a\x1b[31m.txt", "The well \x1b[5mis\x1b[0m nine metres deep.\n")
          .string();
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"add", file}, {"list"}, {"text", file}, {"ask", file, "How deep is the well?"}}) {
    const Outcome outcome = terminal.run(arguments);
    EXPECT_THAT(outcome.out + outcome.err, ::testing::Not(HasSubstr("\x1b")));
  }
}

TEST(BadInput, AMissingHelperIsAnInternalErrorThatNamesIt) {
  Terminal terminal;
  terminal.options.helper = "/nowhere/lectern-extract";
  const std::string file = terminal.folder.write("a.txt", "Words.\n").string();
  const Outcome outcome = terminal.run({"add", file});
  EXPECT_EQ(outcome.code, ExitCode::Internal);
  EXPECT_THAT(outcome.err, HasSubstr("/nowhere/lectern-extract"));
}

TEST(BadInput, AStopBeforeTheBeginningEndsWith130) {
  Terminal terminal;
  const std::string file = terminal.folder.write("a.txt", "Words.\n").string();
  terminal.stop.request_stop();
  EXPECT_EQ(terminal.run({"add", file}).code, ExitCode::Cancelled);
  EXPECT_EQ(terminal.run({"text", file}).code, ExitCode::Cancelled);
}

}  // namespace
}  // namespace lectern::cli
