// SPDX-License-Identifier: GPL-3.0-or-later
// Kills a storing process at its writes and syncs, and takes the disk from it. At every point:
// nothing is damaged, nothing that was acknowledged is lost, and work goes on where it stopped.
//
// strace injects the fault, so that the program under test is the one that is shipped. There
// are LECTERN_CRASH_POINTS (24) kills, half as many full disks and a quarter as many failed syncs,
// spread evenly over all calls of a run.

#include "tests/core/library/crash_child.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>

namespace lectern {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr int kPages = 12;
constexpr int kAnswers = 12;

struct ChildRun {
  int exitCode = 0;  // 128 + signal where one ended it
  std::string output;
  std::string errors;
};

class Crash : public LibraryTest {
 protected:
  void SetUp() override {
    LibraryTest::SetUp();
    if (std::system("strace -o /dev/null true > /dev/null 2>&1") != 0) {
      GTEST_SKIP() << "strace is missing or may not trace here: no fault was injected";
    }
  }

  // Each run has a folder of its own, with a document in it where answers are to be stored.
  [[nodiscard]] std::filesystem::path prepare(std::string_view what, int point) const {
    const std::filesystem::path folder = folder_ / fmt::format("{}-{}", what, point);
    auto library = Library::open(folder, Library::OpenMode::ReadWrite).value();
    if (what == "answers") {
      const RevisionId id = library->beginRevision(crashContent(), 1, {}).value();
      EXPECT_TRUE(library->addPage(id, crashPage(1)));
      EXPECT_TRUE(sealCrashDocument(*library, id, 1));
    }
    return folder;
  }

  [[nodiscard]] ChildRun runChild(const std::filesystem::path& folder,
                                  std::string_view what,
                                  const std::string& inject) const {
    const std::string command = fmt::format(
        "ASAN_OPTIONS=detect_leaks=0 strace -f -o {0}/trace -e trace=pwrite64,fdatasync {1} {2} "
        "{3} "
        "{4} {5} > {0}/output 2> {0}/errors",
        folder_.string(), inject, LECTERN_CRASH_CHILD, folder.string(), what,
        what == "pages" ? kPages : kAnswers);
    const int status = std::system(command.c_str());
    ChildRun run;
    // strace ends as its child did.
    run.exitCode = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    run.output = readFile(folder_ / "output", 1 << 20).value();
    run.errors = readFile(folder_ / "errors", 1 << 20).value();
    return run;
  }

  // How often an undisturbed run makes that call.
  [[nodiscard]] int countCalls(std::string_view what, std::string_view call) const {
    const ChildRun run = runChild(prepare(what, 0), what, "");
    EXPECT_EQ(run.exitCode, 0) << run.errors;
    std::ifstream trace(folder_ / "trace");
    int calls = 0;
    for (std::string line; std::getline(trace, line);) {
      if (line.find(std::string(call) + "(") != std::string::npos) ++calls;
    }
    std::filesystem::remove_all(folder_ / fmt::format("{}-0", what));
    return calls;
  }

  static int points() {
    const char* wanted = std::getenv("LECTERN_CRASH_POINTS");
    return wanted == nullptr ? 24 : std::atoi(wanted);
  }

  template <class Inject, class Judge>
  void atEachPoint(std::string_view what, std::string_view call, Inject inject, Judge judge) {
    const int calls = countCalls(what, call);
    ASSERT_GT(calls, 10);
    const int count = std::min(std::max(points() / 4, 1), calls);
    for (int i = 0; i < count; ++i) {
      const int n = 1 + i * (calls - 1) / std::max(count - 1, 1);
      SCOPED_TRACE(fmt::format("{}, {} number {} of {}", what, call, n, calls));
      const std::filesystem::path folder = prepare(what, n);
      const ChildRun run = runChild(folder, what, inject(call, n));
      judge(run);
      expectSound(folder, what, run.output);
      if (HasFailure()) return;
      std::filesystem::remove_all(folder);
    }
  }

  static void expectSound(const std::filesystem::path& folder,
                          std::string_view what,
                          const std::string& output) {
    const auto acknowledged = [&](std::string_view line) {
      int count = 0;
      for (size_t at = 0; (at = output.find(line, at)) != std::string::npos; ++at) ++count;
      return count;
    };
    auto opened = Library::open(folder, Library::OpenMode::ReadWrite);
    ASSERT_TRUE(opened) << opened.error().message;
    Library& library = **opened;
    EXPECT_THAT(library.checkDatabase()->problems, IsEmpty());
    if (what == "pages") {
      expectPages(library, acknowledged("page"), acknowledged("sealed") > 0);
    } else {
      expectAnswers(library, acknowledged("answer"));
    }
  }

  static void expectPages(Library& library, int acknowledged, bool sealed) {
    const RevisionId id = library.beginRevision(crashContent(), 1, {}).value();
    const RevisionInfo info = library.revision(id).value();
    EXPECT_GE(info.pagesStored, acknowledged);
    EXPECT_LE(info.pagesStored, acknowledged + 1);
    EXPECT_TRUE(info.sealed || !sealed);
    for (int number = info.pagesStored + 1; number <= kPages; ++number) {
      ASSERT_TRUE(library.addPage(id, crashPage(number)));
    }
    ASSERT_TRUE(info.sealed || sealCrashDocument(library, id, kPages));
    for (int number = 1; number <= kPages; ++number) {
      EXPECT_EQ(library.page(id, number)->page.text, crashPage(number).text);
    }
    EXPECT_EQ(library.searchSegments({"sentence"}, {id}, 1000)->size(), size_t{30} * kPages);
    EXPECT_THAT(library.checkDatabase()->problems, IsEmpty());
  }

  static void expectAnswers(Library& library, int acknowledged) {
    int whole = 0;
    EXPECT_TRUE(library.forEachCitation([&](const StoredCitation& stored) -> Result<void> {
      EXPECT_EQ(sha256(stored.citation.quote), stored.citation.quoteSha256);
      ++whole;
      return {};
    }));
    EXPECT_GE(whole, acknowledged);
    EXPECT_LE(whole, acknowledged + 1);
  }
};

std::string kill(std::string_view call, int n) {
  return fmt::format("-e inject={}:signal=SIGKILL:when={}", call, n);
}

void expectKilled(const ChildRun& run) {
  EXPECT_EQ(run.exitCode, 128 + SIGKILL) << run.errors;
}

TEST_F(Crash, LosesNoStoredPageWhenKilledAtAWrite) {
  atEachPoint("pages", "pwrite64", kill, expectKilled);
}
TEST_F(Crash, LosesNoStoredPageWhenKilledAtASync) {
  atEachPoint("pages", "fdatasync", kill, expectKilled);
}
TEST_F(Crash, LosesNoStoredAnswerWhenKilledAtAWrite) {
  atEachPoint("answers", "pwrite64", kill, expectKilled);
}
TEST_F(Crash, LosesNoStoredAnswerWhenKilledAtASync) {
  atEachPoint("answers", "fdatasync", kill, expectKilled);
}

std::string fillDisk(std::string_view call, int n) {
  return fmt::format("-e inject={}:error=ENOSPC:when={}+", call, n);
}

// A disk that is full only when the log is copied back, at the end, has let everything be stored.
void expectDiskFull(const ChildRun& run) {
  if (run.exitCode == 0) return;
  EXPECT_EQ(run.exitCode, 7) << run.errors;
  EXPECT_THAT(run.errors, HasSubstr("Free some space on the disk that holds"));
}

TEST_F(Crash, SaysThatTheDiskIsFullAndKeepsEveryPage) {
  atEachPoint("pages", "pwrite64", fillDisk, expectDiskFull);
}
TEST_F(Crash, SaysThatTheDiskIsFullAndKeepsEveryAnswer) {
  atEachPoint("answers", "pwrite64", fillDisk, expectDiskFull);
}

TEST_F(Crash, SaysThatTheDiskFailedWhenASyncDoes) {
  atEachPoint(
      "pages", "fdatasync",
      [](std::string_view call, int n) {
        return fmt::format("-e inject={}:error=EIO:when={}+", call, n);
      },
      [](const ChildRun& run) {
        if (run.exitCode == 0) return;
        EXPECT_EQ(run.exitCode, 7) << run.errors;
        EXPECT_THAT(run.errors, HasSubstr("The disk failed"));
      });
}

// No strace: a limit on the size of files stands for a full disk, in a real process.
TEST(FullDisk, KeepsWhatIsThereAndGoesOnWhenThereIsRoom) {
  std::string pattern = testing::TempDir() + "lectern-full-XXXXXX";
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  const std::filesystem::path folder = pattern;
  EXPECT_EXIT(
      {
        ::signal(SIGXFSZ, SIG_IGN);
        auto library = Library::open(folder, Library::OpenMode::ReadWrite).value();
        const RevisionId id = library->beginRevision(crashContent(), 1, {}).value();
        struct rlimit limit{};
        ::getrlimit(RLIMIT_FSIZE, &limit);
        const rlim_t before = limit.rlim_cur;
        limit.rlim_cur = 500'000;  // room for the empty tables and some pages
        ::setrlimit(RLIMIT_FSIZE, &limit);
        int stored = 0;
        Result<void> added;
        while ((added = library->addPage(id, crashPage(stored + 1)))) ++stored;
        fprintf(stderr, "%s\n", added.error().message.c_str());
        limit.rlim_cur = before;
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const bool sound = stored > 2 && library->revision(id)->pagesStored == stored &&
                           library->addPage(id, crashPage(stored + 1)).has_value() &&
                           library->checkDatabase()->problems.empty();
        ::_exit(sound ? 0 : 1);
      },
      testing::ExitedWithCode(0), "could not be written: File too large.*Free some space");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace lectern
