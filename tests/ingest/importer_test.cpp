// SPDX-License-Identifier: GPL-3.0-or-later
// The importer against helpers that go down in every way we could think of. They are real processes
// of lectern-extract's own code; only the format they read is made for the test.
#include "ingest/importer.h"

#include "tests/ingest/import_fixture.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <thread>

namespace lectern {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

size_t openDescriptors() {
  size_t count = 0;
  DIR* folder = opendir("/proc/self/fd");
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

class Importer : public ImportFixture {
 protected:
  Importer() : ImportFixture(LECTERN_SCRIPTED_HELPER) {
    options.limits.pageCpu = std::chrono::seconds(1);
    options.limits.pageWall = std::chrono::seconds(1);
    options.limits.openWall = std::chrono::seconds(1);
  }

  void SetUp() override { descriptorsBefore_ = openDescriptors(); }
  void TearDown() override {
    EXPECT_EQ(openDescriptors(), descriptorsBefore_) << "a descriptor was left open";
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a process was left behind";
  }

  Result<void> importScript(std::string_view script) { return import(write("script.txt", script)); }

  std::string problemOfSecondPage(std::string_view act) {
    const auto done = importScript(std::string("page one\n").append(act).append("\npage three\n"));
    EXPECT_TRUE(done.has_value()) << done.error().message;
    if (sink.pages.size() != 3) return "not three pages";
    EXPECT_EQ(sink.pages[0].text, "one\n\n");
    EXPECT_EQ(sink.pages[1].state, PageState::Skipped);
    EXPECT_EQ(sink.pages[2].text, "three\n\n");
    EXPECT_EQ(sink.pages[2].number, 3);
    return sink.pages[1].problem;
  }

  std::string answerOfSandbox(std::string_view act) {
    const auto done = importScript(std::string("try ").append(act).append("\n"));
    if (!done.has_value()) return done.error().message;
    std::string text = sink.pages.at(0).text;
    sink = CollectingSink();
    return text.substr(0, text.size() - 2);
  }

 private:
  size_t descriptorsBefore_ = 0;
};

TEST_F(Importer, GivesTheDescriptionAndThePagesInOrder) {
  const auto done = importScript("page one\npage two\n");
  ASSERT_TRUE(done.has_value()) << done.error().message;
  ASSERT_TRUE(sink.info.has_value());
  EXPECT_EQ(sink.info->title, "A script");
  EXPECT_EQ(sink.info->pageCount, 2);
  EXPECT_EQ(sink.info->outline, (std::vector<OutlineItem>{{255, "Title", 0, 0}}));
  ASSERT_EQ(sink.pages.size(), 2U);
  EXPECT_EQ(sink.pages[1].number, 2);
  EXPECT_EQ(sink.pages[1].text, "two\n\n");
}

TEST_F(Importer, GoesOnAtTheFirstPageAskedFor) {
  options.firstPage = 3;
  ASSERT_TRUE(importScript("crash\ncrash\npage three\npage four\n").has_value());
  ASSERT_EQ(sink.pages.size(), 2U);
  EXPECT_EQ(sink.pages[0].number, 3);
}

TEST_F(Importer, HasNothingToDoBehindTheLastPage) {
  options.firstPage = 3;
  ASSERT_TRUE(importScript("page one\npage two\n").has_value());
  EXPECT_TRUE(sink.info.has_value());
  EXPECT_TRUE(sink.pages.empty());
}

TEST_F(Importer, NamesAMissingHelper) {
  options.helper = "/nowhere/lectern-extract";
  const auto done = importScript("page one\n");
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::Internal);
  EXPECT_THAT(done.error().message, StartsWith("/nowhere/lectern-extract"));
}

TEST_F(Importer, RefusesWhatIsNoHelper) {
  options.helper = "/bin/false";
  const auto done = importScript("page one\n");
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::InputRefused);
}

TEST_F(Importer, SkipsAPageThatHangs) {
  EXPECT_EQ(problemOfSecondPage("hang"), "Page 2 took longer than 1 seconds and was skipped.");
}

TEST_F(Importer, SkipsAPageThatSleeps) {
  EXPECT_EQ(problemOfSecondPage("sleep"),
            "Page 2 made the reading stand still for 1 seconds and was skipped.");
}

TEST_F(Importer, SkipsAPageThatCrashes) {
  EXPECT_EQ(problemOfSecondPage("crash"), "Page 2 made the reading program crash and was skipped.");
}

TEST_F(Importer, SkipsAPageThatAborts) {
  EXPECT_EQ(problemOfSecondPage("abort"), "Page 2 made the reading program crash and was skipped.");
}

TEST_F(Importer, SkipsAPageThatOverflowsTheStack) {
  EXPECT_EQ(problemOfSecondPage("overflow"),
            "Page 2 made the reading program crash and was skipped.");
}

TEST_F(Importer, SkipsAPageAtWhichTheHelperJustEnds) {
  EXPECT_EQ(problemOfSecondPage("exit"), "Page 2 made the reading program crash and was skipped.");
}

TEST_F(Importer, SkipsAPageWhoseHelperIsKilled) {
  EXPECT_EQ(problemOfSecondPage("kill"),
            "Page 2 lost its reading program (ended from outside) and was skipped.");
}

TEST_F(Importer, SkipsAPageThatTakesAllMemory) {
  options.limits.memoryBytes = int64_t{300} << 20;
  options.limits.pageCpu = std::chrono::seconds(20);
  EXPECT_EQ(problemOfSecondPage("allocate"),
            "Page 2 needed more than 300 MB of memory and was skipped.");
}

TEST_F(Importer, SkipsAPageWhoseReaderIsRefusedMemory) {
  options.limits.memoryBytes = int64_t{300} << 20;
  options.limits.pageCpu = std::chrono::seconds(20);
  EXPECT_THAT(problemOfSecondPage("allocate-new"), HasSubstr("300 MB of memory"));
}

TEST_F(Importer, SkipsAPageThatThrows) {
  EXPECT_EQ(problemOfSecondPage("throw"), "Page 2 could not be read (thrown for the test).");
}

TEST_F(Importer, SkipsAPageThatTheReaderRefuses) {
  EXPECT_EQ(problemOfSecondPage("fail Its stream is broken."), "Its stream is broken.");
}

TEST_F(Importer, SkipsAPageThatIsAnsweredWithNonsense) {
  EXPECT_EQ(problemOfSecondPage("nonsense"),
            "Page 2 made the reading program answer with nonsense and was skipped.");
}

TEST_F(Importer, SkipsAPageThatIsAnsweredWithAnother) {
  EXPECT_EQ(problemOfSecondPage("wrong-number"),
            "Page 2 made the reading program answer with nonsense and was skipped.");
}

TEST_F(Importer, SkipsAPageThatTriesWhatIsForbidden) {
  EXPECT_EQ(problemOfSecondPage("forbidden"),
            "Page 2 made the reading program try what it is not allowed to do and was skipped.");
}

TEST_F(Importer, SkipsAPageWithTooMuchText) {
  options.limits.pageTextBytes = int64_t{1} << 20;
  EXPECT_EQ(problemOfSecondPage("large 1048577"),
            "Page 2 holds more than 1 MB of text and was skipped.");
}

TEST_F(Importer, TakesAPageOfTheLargestSize) {
  ASSERT_TRUE(importScript("large 16777214\n").has_value());
  EXPECT_EQ(sink.pages.at(0).text.size(), size_t{16} << 20);
}

TEST_F(Importer, TakesControlCharactersOutOfTheText) {
  ASSERT_TRUE(importScript("controls\n").has_value());
  EXPECT_EQ(sink.pages.at(0).text, "a b [31m\u00A0c \n\n");
}

TEST_F(Importer, NamesCauseAndRemedyWhenNothingCanBeOpened) {
  for (const char* act : {"hang", "sleep", "crash", "exit"}) {
    const auto done = importScript(std::string("open ") + act + "\npage one\n");
    ASSERT_FALSE(done.has_value()) << act;
    EXPECT_EQ(done.error().code, ErrorCode::InputRefused) << act;
    EXPECT_THAT(done.error().message, HasSubstr("script.txt could not be opened: it ")) << act;
  }
}

TEST_F(Importer, SaysThatAFileNeedsTooMuchMemoryToBeOpened) {
  options.limits.memoryBytes = int64_t{300} << 20;
  options.limits.openWall = std::chrono::seconds(20);
  for (const char* act : {"allocate", "allocate-new"}) {
    const auto done = importScript(std::string("open ") + act + "\npage one\n");
    ASSERT_FALSE(done.has_value()) << act;
    EXPECT_EQ(done.error().code, ErrorCode::OutOfMemory) << act;
    EXPECT_THAT(done.error().message, HasSubstr("300 MB of memory")) << act;
  }
}

TEST_F(Importer, HandsThePasswordOver) {
  const auto refused = importScript("password s\u00E9same\npage one\n");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::PasswordNeeded);
  options.password = "s\u00E9same";
  EXPECT_TRUE(importScript("password s\u00E9same\npage one\n").has_value());
}

TEST_F(Importer, RefusesADocumentWithoutPages) {
  const auto done = importScript("");
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().message, "script.txt has no pages.");
}

TEST_F(Importer, RefusesADocumentWithTooManyPages) {
  options.limits.maxPages = 9;
  const auto done = importScript("repeat 10 page x\n");
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::DoesNotFit);
}

TEST_F(Importer, RefusesADocumentOfWhichNoPageCanBeRead) {
  const auto done = importScript("repeat 100000 crash\n");
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::InputRefused);
  EXPECT_THAT(done.error().message,
              HasSubstr("could be read (8 of 100000 were tried). Page 1 made"));
  EXPECT_EQ(sink.pages.size(), 8U);
}

TEST_F(Importer, LeavesTheRestOfADocumentThatGoesDownPageAfterPage) {
  const auto done = importScript("page one\nrepeat 99999 crash\n");
  ASSERT_TRUE(done.has_value()) << done.error().message;
  ASSERT_EQ(sink.pages.size(), 100'000U);
  EXPECT_EQ(sink.pages[8].problem, "Page 9 made the reading program crash and was skipped.");
  EXPECT_EQ(sink.pages[9].problem,
            "Page 10 was not read, because each of the 8 pages before it had failed.");
  EXPECT_EQ(sink.pages.back().number, 100'000);
}

TEST_F(Importer, LeavesTheRestOfADocumentThatTookItsTime) {
  options.limits.documentCpu = std::chrono::seconds(2);
  const auto done = importScript("page one\nhang\npage three\nhang\npage five\nhang\npage seven\n");
  ASSERT_TRUE(done.has_value()) << done.error().message;
  ASSERT_EQ(sink.pages.size(), 7U);
  EXPECT_EQ(sink.pages[2].text, "three\n\n");
  EXPECT_EQ(sink.pages[6].problem,
            "Page 7 was not read, because the document had used its 2 seconds.");
}

TEST_F(Importer, SurvivesEverySecondPageGoingDown) {
  std::string script;
  for (int i = 0; i < 20; ++i) script += "crash\npage x\n";
  ASSERT_TRUE(importScript(script).has_value());
  EXPECT_EQ(sink.pages.size(), 40U);
}

TEST_F(Importer, EndsWithTheErrorOfTheSink) {
  sink.afterPage = [](const Page&) { return Error{ErrorCode::Storage, "The disk is full."}; };
  const auto done = importScript("page one\npage two\n");
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code, ErrorCode::Storage);
  EXPECT_EQ(sink.pages.size(), 1U);
}

TEST_F(Importer, DoesNotBlameThePageForASlowSink) {
  sink.afterPage = [](const Page&) -> Result<void> {
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    return {};
  };
  ASSERT_TRUE(importScript("page one\npage two\n").has_value());
  EXPECT_EQ(sink.pages[1].state, PageState::Text);
}

TEST_F(Importer, StopsWithinATenthOfASecond) {
  options.limits.pageCpu = options.limits.pageWall = std::chrono::seconds(60);
  for (const char* act : {"hang", "sleep"}) {
    stop = std::stop_source();
    std::chrono::steady_clock::time_point asked;
    std::jthread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      asked = std::chrono::steady_clock::now();
      stop.request_stop();
    });
    sink = CollectingSink();
    const auto done = importScript(std::string("page one\n") + act + "\n");
    const auto ended = std::chrono::steady_clock::now();
    stopper.join();
    ASSERT_FALSE(done.has_value());
    EXPECT_EQ(done.error().code, ErrorCode::Cancelled);
    EXPECT_LT(ended - asked, std::chrono::milliseconds(100)) << act;
  }
}

TEST_F(Importer, InheritsNothingToTheHelper) {
  const FileDescriptor leak(dup(STDERR_FILENO));  // without FD_CLOEXEC
  EXPECT_EQ(answerOfSandbox("open-descriptors"), "0 1 2 3 4 ");
  setenv("LECTERN_SECRET", "secret", 1);
  EXPECT_THAT(answerOfSandbox("environment"), StartsWith("LANG=C.UTF-8 LC_ALL=C.UTF-8 "));
  EXPECT_THAT(answerOfSandbox("environment"), testing::Not(HasSubstr("SECRET")));
}

TEST_F(Importer, ShutsTheHelperIn) {
  for (const char* act : {"socket", "unix-socket", "write", "mkdir", "unlink", "exec", "fork",
                          "raise-limit", "kill-parent"}) {
    EXPECT_EQ(answerOfSandbox(act), "EACCES") << act;
  }
  EXPECT_EQ(answerOfSandbox("read-fonts"), "done");
  EXPECT_EQ(answerOfSandbox("thread"), "done");
}

TEST_F(Importer, LetsTheHelperReadNothingOfOurs) {
  ASSERT_TRUE(importScript("page one\n").has_value());
  if (!sink.info->notices.empty()) GTEST_SKIP() << sink.info->notices.front();
  sink = CollectingSink();
  EXPECT_EQ(answerOfSandbox("read-passwd"), "EACCES");
  EXPECT_EQ(answerOfSandbox("read-proc"), "EACCES");
}

TEST_F(Importer, DrawsAPageIntoSharedMemory) {
  const auto image = render(write("script.txt", "page one\npage two\n"), 2, 144);
  ASSERT_TRUE(image.has_value()) << image.error().message;
  EXPECT_EQ(image->width, 400);
  EXPECT_EQ(image->height, 200);
  ASSERT_EQ(image->pixels.size(), 80'000U);
  EXPECT_EQ(image->pixels[77'777], 0xFF000000U | 77'777U);
}

TEST_F(Importer, SaysWhyAPageCannotBeDrawn) {
  const auto path = write("script.txt", "page crash\npage hang\n");
  const auto crashed = render(path, 1, 72);
  ASSERT_FALSE(crashed.has_value());
  EXPECT_THAT(crashed.error().message,
              HasSubstr("could not be drawn: it made the reading program"));
  const auto hung = render(path, 2, 72);
  ASSERT_FALSE(hung.has_value());
  EXPECT_THAT(hung.error().message, HasSubstr("took longer than 1 seconds"));
  const auto missing = render(path, 3, 72);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().message, "script.txt has no page 3, only 2.");
  const auto large = render(path, 1, 10'000);
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(large.error().code, ErrorCode::DoesNotFit);
}

class Drawer : public Importer {
 protected:
  PageDrawer drawerOf(std::string_view script) {
    const auto path = write("script.txt", script);
    auto file = openForReading(path);
    EXPECT_TRUE(file.has_value());
    return {std::move(*file), path, options};
  }
  static pid_t pidOf(const Result<PageImage>& image) {
    EXPECT_TRUE(image.has_value()) << image.error().message;
    return image ? static_cast<pid_t>(image->pixels.front()) : 0;
  }
  // Stops while the page is being drawn.
  static void drawAndStop(PageDrawer& drawer, int page) {
    std::stop_source stop;
    std::jthread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      stop.request_stop();
    });
    const auto stopped = drawer.draw(page, 72, stop.get_token());
    ASSERT_FALSE(stopped.has_value());
    EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
  }
};

TEST_F(Drawer, KeepsTheDocumentOpenFromPageToPage) {
  PageDrawer drawer = drawerOf("pid\npage two\npid\n");
  const pid_t helper = pidOf(drawer.draw(1, 72, {}));
  EXPECT_EQ(drawer.draw(2, 144, {})->width, 400);
  EXPECT_EQ(pidOf(drawer.draw(3, 72, {})), helper);
}

TEST_F(Drawer, EndsItsHelper) {
  pid_t helper = 0;
  {
    PageDrawer drawer = drawerOf("pid\n");
    helper = pidOf(drawer.draw(1, 72, {}));
    EXPECT_EQ(kill(helper, 0), 0);
  }
  EXPECT_NE(kill(helper, 0), 0);
}

TEST_F(Drawer, ReplacesAHelperThatWasLostBetweenTwoPages) {
  PageDrawer drawer = drawerOf("pid\npid\n");
  const pid_t helper = pidOf(drawer.draw(1, 72, {}));
  ASSERT_EQ(kill(helper, SIGKILL), 0);
  EXPECT_NE(pidOf(drawer.draw(2, 72, {})), helper);
}

TEST_F(Drawer, GoesOnBehindAPageThatCannotBeDrawn) {
  PageDrawer drawer = drawerOf("pid\npage crash\npid\n");
  pidOf(drawer.draw(1, 72, {}));
  EXPECT_THAT(drawer.draw(2, 72, {}).error().message, HasSubstr("crash"));
  EXPECT_THAT(drawer.draw(9, 72, {}).error().message, HasSubstr("has no page 9"));
  pidOf(drawer.draw(3, 72, {}));
}

TEST_F(Drawer, LosesNothingOfAHelperWhosePageIsNotWantedAnyMore) {
  PageDrawer drawer = drawerOf("pid\ndoze\n");
  const pid_t helper = pidOf(drawer.draw(1, 72, {}));
  drawAndStop(drawer, 2);
  EXPECT_EQ(pidOf(drawer.draw(1, 72, {})), helper);
}

TEST_F(Drawer, WaitsInVainForNoPageThatIsNotWantedAnyMore) {
  options.limits.pageCpu = std::chrono::seconds(30);
  PageDrawer drawer = drawerOf("pid\npage hang\n");
  const pid_t helper = pidOf(drawer.draw(1, 72, {}));
  drawAndStop(drawer, 2);
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_NE(pidOf(drawer.draw(1, 72, {})), helper);
  EXPECT_LT(std::chrono::steady_clock::now() - asked, std::chrono::seconds(10));
}

}  // namespace
}  // namespace lectern
