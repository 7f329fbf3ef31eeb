// SPDX-License-Identifier: GPL-3.0-or-later
// A long manual in the window: scrolled from its first page to its last, zoomed, turned, searched
// and asked while another document is read in. Each event that the window handles is timed, in
// processor time of its thread and on the wall. A machine that is busy with other things stops
// every thread now and then: a control thread that only sleeps tells when.
//
// LECTERN_ACCEPTANCE=full: r-reference.pdf, 2,415 pages; else a manual of some two hundred.
#include "app/gui/translations.h"
#include "app/gui/views/reader_pane.h"
#include "app/gui/widgets/find_bar.h"
#include "app/gui/widgets/side_panel.h"
#include "tests/app/gui/window_fixture.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QLabel>
#include <QLineEdit>
#include <QScrollBar>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace lectern::gui {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Handled {
  std::string what;
  Clock::time_point begin;
  Clock::time_point end;
  std::chrono::nanoseconds cpu{};
  std::chrono::nanoseconds queued{};  // ready to run, without a processor
  [[nodiscard]] Clock::duration wall() const { return end - begin; }
};

std::chrono::nanoseconds threadCpu() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

/// How long the calling thread has waited for a processor so far; zero where the kernel does not
/// say.
std::chrono::nanoseconds threadQueued() {
  static const int file = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  std::array<char, 128> line{};
  if (file < 0 || pread(file, line.data(), line.size() - 1, 0) <= 0) return {};
  long long cpu = 0;
  long long queued = 0;
  if (std::sscanf(line.data(), "%lld %lld", &cpu, &queued) != 2) return {};
  return std::chrono::nanoseconds(queued);
}

/// Times what is handled at the top; what a handler sends to others is its own.
class TimedApplication : public QApplication {
 public:
  using QApplication::QApplication;

  bool notify(QObject* receiver, QEvent* event) override {
    if (!timing || depth_ > 0) return QApplication::notify(receiver, event);
    Handled handled;
    // Both may be gone afterwards.
    handled.what =
        fmt::format("{} {}", receiver->metaObject()->className(), static_cast<int>(event->type()));
    ++depth_;
    const std::chrono::nanoseconds queued = threadQueued();
    handled.begin = Clock::now();
    const std::chrono::nanoseconds cpu = threadCpu();
    const bool result = QApplication::notify(receiver, event);
    handled.cpu = threadCpu() - cpu;
    handled.end = Clock::now();
    handled.queued = threadQueued() - queued;
    --depth_;
    all.push_back(std::move(handled));
    return result;
  }

  bool timing = false;
  std::vector<Handled> all;

 private:
  int depth_ = 0;
};

/// Sleeps five milliseconds, again and again, and keeps when it slept much longer.
class Control {
 public:
  static constexpr auto kMuchLonger = 50ms;

  /// Whether this thread, too, was stopped in that time.
  bool stalledIn(Clock::time_point begin, Clock::time_point end) {
    const std::lock_guard lock(mutex_);
    return std::any_of(stalls_.begin(), stalls_.end(), [&](const auto& stall) {
      return stall.first <= end && begin <= stall.second;
    });
  }
  size_t count() {
    const std::lock_guard lock(mutex_);
    return stalls_.size();
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<Clock::time_point, Clock::time_point>> stalls_;
  std::jthread thread_{[this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto begin = Clock::now();
      std::this_thread::sleep_for(5ms);
      const auto end = Clock::now();
      if (end - begin <= 5ms + kMuchLonger) continue;
      const std::lock_guard lock(mutex_);
      stalls_.emplace_back(begin, end);
    }
  }};
};

double milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

class WindowSpeed : public WindowFixture {
 protected:
  static TimedApplication& application() { return *static_cast<TimedApplication*>(qApp); }

  /// Hours on a busy machine, in the full form.
  static testing::AssertionResult untilAtLast(const std::function<bool()>& holds) {
    return QTest::qWaitFor(holds, 3'600'000) ? testing::AssertionSuccess()
                                             : testing::AssertionFailure() << "waited in vain";
  }

  void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
    QTest::keyClick(window.get(), key, modifiers);
    QTest::qWait(20);
  }

  void scrollThrough() {
    ReaderView* reader = window->reader();
    QScrollBar* bar = reader->verticalScrollBar();
    bar->setValue(0);
    reader->setFocus();
    // Page by page as with the space bar, a pause now and then, as readers do.
    for (int step = 0; bar->value() < bar->maximum(); ++step) {
      QTest::keyClick(reader, Qt::Key_Space);
      QTest::qWait(step % 50 == 0 ? 300 : 1);
    }
    EXPECT_EQ(reader->currentPage(), reader->pageCount());
    ASSERT_TRUE(untilAtLast([&] { return reader->isSharp(); }));
  }

  void report(Control& control) {
    std::vector<Handled>& all = application().all;
    ASSERT_GT(all.size(), 1000U);
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.cpu > b.cpu; });
    const auto share = [&](double part) {
      return milliseconds(all[static_cast<size_t>(double(all.size() - 1) * (1 - part))].cpu);
    };
    fmt::print(
        "{} events; thread CPU p50 {:.2f} ms, p99 {:.2f} ms, p99.9 {:.2f} ms, most {:.1f} ms\n",
        all.size(), share(0.5), share(0.99), share(0.999), share(1));
    for (size_t i = 0; i < 12; ++i) {
      fmt::print("  {:7.1f} ms CPU {:7.1f} ms wall  {}\n", milliseconds(all[i].cpu),
                 milliseconds(all[i].wall()), all[i].what);
    }
    int stalls = 0;
    int queued = 0;
    int unexplained = 0;
    for (const Handled& handled : all) {
      if (handled.wall() <= 100ms) continue;
      ++stalls;
      if (control.stalledIn(handled.begin, handled.end)) continue;
      if (handled.wall() - handled.queued <= 100ms) {
        ++queued;
        continue;
      }
      ++unexplained;
      fmt::print("  stalled alone: {:.1f} ms CPU, {:.1f} ms queued, {:.1f} ms wall, {}\n",
                 milliseconds(handled.cpu), milliseconds(handled.queued),
                 milliseconds(handled.wall()), handled.what);
    }
    fmt::print(
        "{} stalls over 100 ms: {} while the control thread was stopped, too, {} without a "
        "processor, {} of its own; the control thread was stopped {} times\n",
        stalls, stalls - queued - unexplained, queued, unexplained, control.count());
    EXPECT_LE(share(0.99), 50);
    EXPECT_EQ(unexplained, 0);
  }
};

TEST_F(WindowSpeed, ALongManualIsReadWhileAnotherDocumentIsAdded) {
  const char* form = std::getenv("LECTERN_ACCEPTANCE");
  const bool full = form != nullptr && std::string(form) == "full";
  const auto manual = test::debianManual(full ? "r-reference.pdf" : "bash-reference.pdf");
  const auto another =
      test::debianManual(full ? "debian-reference.pdf" : "developers-reference.pdf");
  if (!manual || !another) GTEST_SKIP() << "the manuals are not there (LECTERN_DEBIAN_MANUALS)";

  window->addFiles({*manual});
  ASSERT_TRUE(untilAtLast([&] { return window->reader()->document() != nullptr; }));
  ReaderView* reader = window->reader();
  ASSERT_TRUE(untilAtLast([&] { return reader->isSharp() && window->jobs()->rowCount() == 0; }));
  fmt::print("{}: {} pages\n", manual->filename().string(), reader->pageCount());

  Control control;
  application().timing = true;
  window->addFiles({*another});
  window->addFiles({});                // the first document of nothing is opened: this one stays
  key(Qt::Key_F7, Qt::ShiftModifier);  // the table of contents follows
  QElapsedTimer clock;
  clock.start();
  scrollThrough();
  fmt::print("first to last page in {:.1f} s\n", static_cast<double>(clock.elapsed()) / 1000);
  window->readerPane()->sidePanel()->setCurrentIndex(1);
  key(Qt::Key_Home, Qt::ControlModifier);
  for (int i = 0; i < 6; ++i) key(Qt::Key_Plus, Qt::ControlModifier);
  for (int i = 0; i < 6; ++i) key(Qt::Key_Minus, Qt::ControlModifier);
  key(Qt::Key_0, Qt::ControlModifier);
  key(Qt::Key_Plus, Qt::ControlModifier | Qt::ShiftModifier);
  key(Qt::Key_Minus, Qt::ControlModifier | Qt::ShiftModifier);
  ASSERT_TRUE(untilAtLast([&] { return reader->isSharp(); }));

  key(Qt::Key_F, Qt::ControlModifier);
  clock.restart();
  auto* field = window->readerPane()->findBar()->findChild<QLineEdit*>();
  field->setText(QStringLiteral("function"));
  ASSERT_TRUE(untilAtLast([&] { return reader->hits().count() > 0; }));
  fmt::print("first hit after {} ms\n", clock.elapsed());
  for (int i = 0; i < 20; ++i) key(Qt::Key_F3);
  const auto* count = window->readerPane()->findBar()->findChild<QLabel*>();
  ASSERT_TRUE(untilAtLast([&] { return !count->text().endsWith(QStringLiteral("…")); }));
  fmt::print("all searched in {} ms: {}\n", clock.elapsed(), fromQt(count->text()));
  clock.restart();
  reader->goToPage(reader->pageCount() / 2);
  ASSERT_TRUE(untilAtLast([&] { return reader->isSharp(); }));
  fmt::print("a page far away is sharp after {} ms\n", clock.elapsed());
  field->setText(QStringLiteral("e"));  // as much as there can be
  QTest::qWait(3000);
  QTest::keyClick(field, Qt::Key_Escape);
  QTest::keyClick(reader, Qt::Key_A, Qt::ControlModifier);
  askByKeyboard(QStringLiteral("How is a variable assigned?"));
  key(Qt::Key_F8);
  ASSERT_TRUE(untilAtLast([&] { return window->jobs()->rowCount() == 0; }));
  application().timing = false;
  report(control);
}

}  // namespace
}  // namespace lectern::gui

int main(int argc, char** argv) {
  if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  ::testing::InitGoogleTest(&argc, argv);
  lectern::gui::TimedApplication application(argc, argv);
  QApplication::setApplicationName(QStringLiteral("lectern-test"));
  lectern::gui::installTranslations(application);
  return RUN_ALL_TESTS();
}
