// SPDX-License-Identifier: GPL-3.0-or-later
// A window that is used for an hour: open, scroll, ask, close, again and again. What the process
// holds at the end is what it held early on. LECTERN_MEMORY_ROUNDS: how often (30; full: 200).
#include "tests/app/gui/window_fixture.h"

#include <malloc.h>

#include <fstream>

namespace lectern::gui {
namespace {

class WindowMemory : public WindowFixture {
 protected:
  /// Of this process, without what malloc only keeps for the next time.
  static int64_t residentKiB() {
    malloc_trim(0);
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word) {
      if (word != "VmRSS:") continue;
      int64_t kib = 0;
      status >> kib;
      return kib;
    }
    return 0;
  }

  void openScrollAskClose() {
    open();
    ReaderView* reader = window->reader();
    window->addFiles({test::fixture("../../resources/sample/tenancy-agreement.pdf")});
    ASSERT_TRUE(until([&] { return reader->document() != nullptr; }));
    for (int page = 1; page <= 3; ++page) {
      reader->goToPage(page);
      ASSERT_TRUE(until([&] { return reader->isSharp(); }));
    }
    // In a conversation of its own: one of two hundred answers takes what two hundred answers take.
    QTest::keyClick(window.get(), Qt::Key_N, Qt::ControlModifier);
    askByKeyboard(QStringLiteral("How long is the notice period?"));
    QTest::keyClick(window.get(), Qt::Key_F8);
    ASSERT_TRUE(until([&] { return !reader->evidenceInView().isEmpty(); }));
    window->close();
    window.reset();
  }
};

TEST_F(WindowMemory, DoesNotGrowWithUse) {
  const int rounds = qEnvironmentVariable("LECTERN_MEMORY_ROUNDS", QStringLiteral("30")).toInt();
  const int warm = rounds / 3;
  int64_t early = 0;
  for (int round = 1; round <= rounds; ++round) {
    openScrollAskClose();
    ASSERT_FALSE(HasFatalFailure());
    if (round == warm) early = residentKiB();
  }
  const int64_t late = residentKiB();
  RecordProperty("early_kib", static_cast<int>(early));
  RecordProperty("late_kib", static_cast<int>(late));
  EXPECT_LT(late, early + early / 20)
      << early << " KiB after " << warm << " rounds, " << late << " KiB after " << rounds;
  printf("%lld KiB after %d rounds, %lld KiB after %d\n", static_cast<long long>(early), warm,
         static_cast<long long>(late), rounds);
}

}  // namespace
}  // namespace lectern::gui
