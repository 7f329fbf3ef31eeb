// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/arena_planner.h"

#include <gtest/gtest.h>

#include <vector>

namespace lectern::kernels {
namespace {

Linear product(void* in, void* out) {
  static const float kWeight = 0;
  return {Weight{&kWeight, DType::F32, 1, 16, 16},
          matrix(in, DType::F32, 1, 16),
          {},
          matrix(out, DType::F32, 1, 16)};
}

TEST(ArenaPlanner, SharesThePlaceOfSlotsWhoseLivesDoNotMeet) {
  ArenaPlanner planner;
  void* a = planner.addSlot(64);
  void* b = planner.addSlot(64);
  void* c = planner.addSlot(64);
  planner.use(product(a, b));
  planner.use(product(b, c));
  EXPECT_EQ(planner.plan(), 128);
  EXPECT_EQ(planner.offsetOf(a), planner.offsetOf(c));
  EXPECT_NE(planner.offsetOf(a), planner.offsetOf(b));
}

TEST(ArenaPlanner, KeepsWhatIsReadAfterTheLastOperation) {
  ArenaPlanner planner;
  void* a = planner.addSlot(64);
  void* b = planner.addSlot(64);
  void* c = planner.addSlot(64);
  planner.use(product(a, b));
  planner.use(product(b, c));
  planner.useAtEnd(a);
  EXPECT_EQ(planner.plan(), 192);
  EXPECT_NE(planner.offsetOf(a), planner.offsetOf(c));
}

TEST(ArenaPlanner, FindsASlotByAnyAddressInsideIt) {
  ArenaPlanner planner;
  char* a = static_cast<char*>(planner.addSlot(1000));
  void* b = planner.addSlot(10);
  planner.use(product(a + 100, b));
  EXPECT_EQ(planner.plan(), 1024 + 64);
}

TEST(ArenaPlanner, NeverLetsTwoLivingSlotsOverlap) {
  ArenaPlanner planner;
  std::vector<char*> slots;
  std::vector<int64_t> sizes;
  for (int i = 0; i < 40; ++i) {
    sizes.push_back(64 + 64 * (i * 37 % 11));
    slots.push_back(static_cast<char*>(planner.addSlot(sizes.back())));
  }
  // Slot i is written by operation i and read for the last time by operation i + 5, while there is
  // one.
  for (size_t i = 0; i < 40; ++i) planner.use(product(slots[i < 5 ? 0 : i - 5], slots[i]));
  const int64_t total = planner.plan();
  for (size_t i = 0; i < 40; ++i) {
    EXPECT_LE(planner.offsetOf(slots[i]) + sizes[i], total);
    for (size_t j = i + 1; i + 5 < 40 && j <= i + 5; ++j) {
      const int64_t a = planner.offsetOf(slots[i]);
      const int64_t b = planner.offsetOf(slots[j]);
      EXPECT_TRUE(a + sizes[i] <= b || b + sizes[j] <= a) << i << " and " << j;
    }
  }
  EXPECT_LT(total, 10 * 768);
}

}  // namespace
}  // namespace lectern::kernels
