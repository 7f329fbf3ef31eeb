// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/page_pace.h"

#include <gtest/gtest.h>

namespace lectern {
namespace {

using namespace std::chrono_literals;

TEST(PagePace, SaysNothingBeforeAFewPagesWereRead) {
  PagePace pace;
  PagePace::Clock::time_point now{};
  pace.start(now);
  for (int i = 0; i < 4; ++i) pace.pageDone(now += 10ms);
  EXPECT_FALSE(pace.left(100));
  pace.pageDone(now += 10ms);
  EXPECT_EQ(pace.left(100), 1000ms);
}

TEST(PagePace, IsNotFrightenedByOneSlowPage) {
  PagePace pace;
  PagePace::Clock::time_point now{};
  pace.start(now);
  for (int i = 0; i < 10; ++i) pace.pageDone(now += i == 4 ? 60s : 20ms);
  EXPECT_EQ(pace.left(50), 1000ms);
}

TEST(PagePace, FollowsAChangeOfPace) {
  PagePace pace;
  PagePace::Clock::time_point now{};
  pace.start(now);
  for (int i = 0; i < 100; ++i) pace.pageDone(now += 10ms);
  for (int i = 0; i < 31; ++i) pace.pageDone(now += 100ms);
  EXPECT_EQ(pace.left(10), 1000ms);
}

}  // namespace
}  // namespace lectern
