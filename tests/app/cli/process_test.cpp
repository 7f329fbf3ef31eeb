// SPDX-License-Identifier: GPL-3.0-or-later
// The program as a process: signals, limits, full disks, two at once. strace stands in for a disk
// that is full; where it may not trace, those tests skip and say so.
#include "tests/app/support/child_process.h"
#include "tests/support/fixtures.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sys/mount.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace lectern::cli {
namespace {

using test::ChildProcess;
using test::ProcessOutcome;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Process : public ::testing::Test {
 protected:
  Process() {
    options.environment["LECTERN_DATA_DIR"] = (folder.path() / "data").string();
    options.environment["LECTERN_HELPER"] = LECTERN_HELPER_PROGRAM;
  }

  /// Arguments behind the program's name, and in front of it what runs it.
  [[nodiscard]] std::vector<std::string> command(std::vector<std::string> arguments,
                                                 std::vector<std::string> before = {}) const {
    before.emplace_back(LECTERN_CLI_PROGRAM);
    before.insert(before.end(), arguments.begin(), arguments.end());
    return before;
  }
  std::unique_ptr<ChildProcess> start(std::vector<std::string> arguments,
                                      std::vector<std::string> before = {}) {
    return std::make_unique<ChildProcess>(
        folder.path(), command(std::move(arguments), std::move(before)), options);
  }
  ProcessOutcome run(std::vector<std::string> arguments, std::vector<std::string> before = {}) {
    return start(std::move(arguments), std::move(before))->wait();
  }

  nlohmann::json documents() {
    return nlohmann::json::parse(run({"list", "--json"}).out).at("documents");
  }
  /// Waits until the library has more than `pages` of its one document.
  bool waitForPages(ChildProcess& process, int pages) {
    while (process.isRunning()) {
      const auto now = run({"list", "--json"});
      if (now.code == 0) {
        const auto list = nlohmann::json::parse(now.out).at("documents");
        if (!list.empty() && list.at(0).at("pagesStored") > pages) return true;
      }
    }
    return false;
  }
  void expectSound() {
    const ProcessOutcome checked = run({"verify", "--database"});
    EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
  }
  std::string note(const std::string& text = "The well is nine metres deep.\n") {
    return folder.write("well.txt", text).string();
  }
  /// Runs a program so that every write to the library fails from that one on.
  [[nodiscard]] std::vector<std::string> fullDiskFrom(int write) const {
    const std::string library = (folder.path() / "data" / "library.db").string();
    // The leak sanitizer cannot look at a process that is traced, and fails it.
    return {"strace", "-f",
            "-E",     "ASAN_OPTIONS=detect_leaks=0",
            "-o",     "/dev/null",
            "-P",     library,
            "-P",     library + "-wal",
            "-e",     "trace=pwrite64",
            "-e",     "inject=pwrite64:error=ENOSPC:when=" + std::to_string(write) + "+"};
  }
  /// Many pages of text, so that there is time to do something to who reads them.
  std::string longText() {
    std::string text;
    for (int i = 0; i < 8'000; ++i) {
      text += "Room " + std::to_string(i) + " has a window to the east and a door of oak.\n\n";
    }
    return folder.write("rooms.txt", text).string();
  }

  test::TemporaryFolder folder;
  ChildProcess::Options options;
};

TEST_F(Process, ControlCKeepsThePagesAndTheNextAddGoesOn) {
  const std::string file = longText();
  const auto adding = start({"add", file});
  ASSERT_TRUE(waitForPages(*adding, 3));
  ::kill(-adding->pid(), SIGINT);  // to its group, as a terminal does it
  const ProcessOutcome stopped = adding->wait();
  EXPECT_EQ(stopped.code, 130) << stopped.err;
  EXPECT_THAT(stopped.err, HasSubstr("is kept up to page"));
  EXPECT_THAT(stopped.err, HasSubstr("Add it again to go on there."));
  expectSound();

  const ProcessOutcome again = run({"add", file});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("went on at page"));
  EXPECT_EQ(documents().at(0).at("complete"), true);
  EXPECT_EQ(documents().at(0).at("pagesSkipped"), 0);
  expectSound();
}

TEST_F(Process, AfterAKillTheDocumentIsTheSameAsWithoutOne) {
  const std::string file = longText();
  const auto adding = start({"add", file});
  ASSERT_TRUE(waitForPages(*adding, 3));
  ::kill(adding->pid(), SIGKILL);
  EXPECT_EQ(adding->wait().signal, SIGKILL);
  expectSound();
  const int kept = documents().at(0).at("pagesStored");
  EXPECT_GT(kept, 3);

  const ProcessOutcome again = run({"add", file});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("went on at page"));
  const nlohmann::json resumed = documents().at(0);
  expectSound();

  options.environment["LECTERN_DATA_DIR"] = (folder.path() / "fresh").string();
  ASSERT_EQ(run({"add", file}).code, 0);
  for (const char* member : {"sha256", "pages", "pagesStored", "pagesSkipped", "textBytes"}) {
    EXPECT_EQ(resumed.at(member), documents().at(0).at(member)) << member;
  }
}

TEST_F(Process, ASecondInterruptEndsItAtOnce) {
  const auto adding = start({"add", longText()});
  ASSERT_TRUE(waitForPages(*adding, 1));
  // Stopped, it cannot answer the first signal before the second is there.
  ::kill(adding->pid(), SIGSTOP);
  ::kill(adding->pid(), SIGINT);
  ::kill(adding->pid(), SIGTERM);
  ::kill(adding->pid(), SIGCONT);
  const ProcessOutcome ended = adding->wait();
  EXPECT_TRUE(ended.signal == SIGINT || ended.signal == SIGTERM || ended.code == 130)
      << ended.code << ' ' << ended.signal;
  expectSound();
}

/// The children of a process, as the kernel lists them.
std::vector<int> childrenOf(int pid) {
  std::ifstream list("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
  return {std::istream_iterator<int>(list), {}};
}

TEST_F(Process, AKilledHelperCostsNothing) {
  const auto adding = start({"add", longText()});
  ASSERT_TRUE(waitForPages(*adding, 3));
  const std::vector<int> helpers = childrenOf(adding->pid());
  ASSERT_EQ(helpers.size(), 1U);
  ::kill(helpers.front(), SIGKILL);
  const ProcessOutcome added = adding->wait();
  EXPECT_EQ(added.code, 0) << added.err;
  EXPECT_EQ(documents().at(0).at("pagesSkipped"), 0);
}

TEST_F(Process, OneWriterAtATimeAndTheOtherSaysWho) {
  const auto adding = start({"add", longText()});
  ASSERT_TRUE(waitForPages(*adding, 1));
  ::kill(adding->pid(), SIGSTOP);
  const ProcessOutcome second = run({"add", note()});
  EXPECT_EQ(second.code, 7) << second.out;
  EXPECT_THAT(second.err, HasSubstr(std::to_string(adding->pid())));
  EXPECT_EQ(run({"list"}).code, 0);
  ::kill(adding->pid(), SIGCONT);
  EXPECT_EQ(adding->wait().code, 0);
}

TEST_F(Process, WithoutTheLockAnAnswerIsGivenAndSaidNotToBeStored) {
  const std::string well = note();
  ASSERT_EQ(run({"add", well}).code, 0);
  const auto adding = start({"add", longText()});
  while (adding->isRunning() && documents().size() < 2) {
  }
  ::kill(adding->pid(), SIGSTOP);
  const ProcessOutcome asked = run({"ask", well, "How deep is the well?"});
  EXPECT_EQ(asked.code, 0) << asked.err;
  EXPECT_THAT(asked.out, HasSubstr("nine metres"));
  EXPECT_THAT(asked.err, HasSubstr("The answer is not stored"));
  EXPECT_THAT(asked.err, HasSubstr(std::to_string(adding->pid())));
  ::kill(adding->pid(), SIGCONT);
  EXPECT_EQ(adding->wait().code, 0);
}

TEST_F(Process, AFileSizeLimitDuringAddIsAStorageErrorAndDamagesNothing) {
  ASSERT_EQ(run({"add", note()}).code, 0);
  options.maxFileBytes = int64_t{1} << 20;
  const ProcessOutcome limited = run({"add", longText()});
  options.maxFileBytes = 0;
  EXPECT_EQ(limited.code, 7) << limited.err;
  EXPECT_THAT(limited.err, HasSubstr("library.db"));
  expectSound();
  EXPECT_EQ(run({"ask", "How deep is the well?"}).code, 0);
}

bool mayTrace(const std::filesystem::path& scratch) {
  return ChildProcess(scratch, {"strace", "-o", "/dev/null", "true"}, {}).wait().code == 0;
}

TEST_F(Process, AFullDiskAtAnyWriteIsAStorageErrorAndDamagesNothing) {
  if (!mayTrace(folder.path())) GTEST_SKIP() << "strace is missing or may not trace";
  const std::string well = note();
  ASSERT_EQ(run({"add", well}).code, 0);
  for (const int when : {1, 2, 5, 20}) {
    const std::string other =
        folder.write("other" + std::to_string(when), "Number " + std::to_string(when) + ".\n")
            .string();
    const ProcessOutcome full = run({"add", other}, fullDiskFrom(when));
    // Late points lie behind the last write of so small a document.
    EXPECT_TRUE(full.code == 7 || (full.code == 0 && when >= 20)) << when << ' ' << full.err;
    if (full.code == 7) {
      EXPECT_THAT(full.err, HasSubstr("library.db"));
    }
    expectSound();
  }
  const ProcessOutcome asked = run({"ask", well, "How deep is the well?"}, fullDiskFrom(1));
  EXPECT_EQ(asked.code, 7) << asked.out;
  expectSound();
}

TEST_F(Process, ATinyDiskIsAStorageErrorThatNamesTheFile) {
  const std::string disk = (folder.path() / "disk").string();
  std::filesystem::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "a small disk cannot be mounted here";
  }
  options.environment["LECTERN_DATA_DIR"] = disk + "/data";
  EXPECT_EQ(run({"add", note()}).code, 0);
  const ProcessOutcome full = run({"add", longText()});
  EXPECT_EQ(full.code, 7) << full.err;
  EXPECT_THAT(full.err, HasSubstr(disk));
  const ProcessOutcome asked = run({"ask", "How deep is the well?"});
  EXPECT_THAT(asked.out, HasSubstr("nine metres")) << "an answer is shown though it cannot be kept";
  EXPECT_TRUE(asked.code == 0 || asked.code == 7) << asked.err;
  ::umount2(disk.c_str(), MNT_DETACH);
}

TEST_F(Process, AReadOnlyLibraryIsAStorageErrorThatNamesTheFile) {
  const std::string disk = (folder.path() / "disk").string();
  std::filesystem::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=8m") != 0) {
    GTEST_SKIP() << "a disk cannot be mounted here";
  }
  options.environment["LECTERN_DATA_DIR"] = disk + "/data";
  EXPECT_EQ(run({"ask", note(), "How deep is the well?"}).code, 0);
  EXPECT_EQ(::mount(nullptr, disk.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr), 0);
  const ProcessOutcome refused = run({"add", folder.write("new.txt", "New.\n").string()});
  EXPECT_EQ(refused.code, 7) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr(disk));
  for (const std::vector<std::string>& reading :
       std::vector<std::vector<std::string>>{{"list"}, {"show", "c1"}, {"verify"}}) {
    EXPECT_EQ(run(reading).code, 0) << reading.front();
  }
  ::umount2(disk.c_str(), MNT_DETACH);
}

TEST_F(Process, ADamagedLibraryIsRefusedAndNotTouched) {
  ASSERT_EQ(run({"add", note()}).code, 0);
  const auto database = folder.path() / "data" / "library.db";
  {
    std::fstream file(database, std::ios::in | std::ios::out | std::ios::binary);
    file << std::string(4096, 'x');
  }
  const std::string before = test::bytesOf(database);
  const ProcessOutcome refused = run({"ask", "How deep is the well?"});
  EXPECT_EQ(refused.code, 7) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("library.db"));
  EXPECT_EQ(test::bytesOf(database), before);
}

TEST_F(Process, AFullOutputIsReported) {
  ASSERT_EQ(run({"add", note()}).code, 0);
  options.out = "/dev/full";
  const ProcessOutcome listed = run({"list"});
  EXPECT_EQ(listed.code, 7);
  EXPECT_THAT(listed.err, HasSubstr("No space left on device"));
}

TEST_F(Process, AReaderThatHasEnoughIsNoError) {
  const std::string file = longText();
  const auto piped =
      start({"text", file}, {"bash", "-c", "set -o pipefail; \"$0\" \"$@\" | head -n 1"});
  const ProcessOutcome outcome = piped->wait();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty());
  EXPECT_THAT(outcome.out, HasSubstr("Room 0"));
}

TEST_F(Process, TheLibraryIsPrivate) {
  ASSERT_EQ(run({"add", note()}).code, 0);
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(folder.path() / "data").permissions(), perms::owner_all);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "data")) {
    EXPECT_EQ(entry.status().permissions() & (perms::group_all | perms::others_all), perms::none)
        << entry.path();
  }
}

}  // namespace
}  // namespace lectern::cli
