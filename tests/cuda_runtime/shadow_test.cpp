// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cuda_runtime/shadow.h"

#include "tests/cuda_runtime/order.h"

#include <gtest/gtest.h>

namespace lectern::cuda_runtime {
namespace {

/// Nothing is ordered within a block unless it was before time 10.
bool beforeTen(const void* /*context*/, const Mark& mark) {
  return mark.time < 10;
}

class ShadowTest : public ::testing::Test {
 protected:
  void SetUp() override {
    order().reset();
    Clock clock;
    operation_ = order().newOperation(order().newChain(), clock, "kernel");
    order().begin(operation_, clock);
  }

  ShadowAccess by(uint32_t thread, bool write, uint32_t time = 20) const {
    ShadowAccess access;
    access.mark = {operation_, makeThread(0, thread), time, 7};
    access.write = write;
    access.orderedInBlock = beforeTen;
    return access;
  }

  ConflictKind record(int64_t offset, int64_t bytes, const ShadowAccess& access) {
    return shadow_.record(offset, bytes, access).kind;
  }

  uint32_t operation_ = 0;
  Shadow shadow_{10000};
};

TEST_F(ShadowTest, KnowsWhatWasWritten) {
  EXPECT_EQ(shadow_.firstUninitialised(0, 1), 0);
  shadow_.markInitialised(3, 200);
  EXPECT_EQ(shadow_.firstUninitialised(3, 200), -1);
  EXPECT_EQ(shadow_.firstUninitialised(2, 200), 2);
  EXPECT_EQ(shadow_.firstUninitialised(100, 200), 203);
  record(203, 1, by(0, true));
  EXPECT_EQ(shadow_.firstUninitialised(100, 200), 204);
  shadow_.clear();
  EXPECT_EQ(shadow_.firstUninitialised(100, 1), 100);
}

TEST_F(ShadowTest, TwoReadersAreNoRace) {
  EXPECT_EQ(record(0, 4, by(0, false)), ConflictKind::None);
  EXPECT_EQ(record(0, 4, by(1, false)), ConflictKind::None);
}

TEST_F(ShadowTest, AWriterRacesWithEither) {
  EXPECT_EQ(record(0, 4, by(0, true)), ConflictKind::None);
  EXPECT_EQ(record(0, 4, by(1, false)), ConflictKind::Race);
  EXPECT_EQ(record(16, 4, by(1, false)), ConflictKind::None);
  EXPECT_EQ(record(16, 4, by(0, false)), ConflictKind::None);
  EXPECT_EQ(record(16, 4, by(0, true)), ConflictKind::Race) << "the reader before the last";
  EXPECT_EQ(record(32, 4, by(0, true)), ConflictKind::None);
  EXPECT_EQ(record(32, 4, by(0, true)), ConflictKind::None) << "its own";
}

TEST_F(ShadowTest, ABarrierOrders) {
  EXPECT_EQ(record(0, 4, by(0, true, 5)), ConflictKind::None);
  EXPECT_EQ(record(0, 4, by(1, true)), ConflictKind::None);
}

TEST_F(ShadowTest, SmallerAccessesSplitWhatIsKnown) {
  EXPECT_EQ(record(0, 4096, by(0, true)), ConflictKind::None);
  EXPECT_EQ(record(64, 16, by(0, false)), ConflictKind::None);
  EXPECT_EQ(record(65, 1, by(0, true)), ConflictKind::None);
  EXPECT_EQ(record(66, 1, by(1, false)), ConflictKind::Race) << "from the first write";
  EXPECT_EQ(record(4096, 1, by(1, true)), ConflictKind::None) << "another page";
  EXPECT_EQ(record(4097, 1, by(2, true)), ConflictKind::None) << "a neighbouring byte";
}

TEST_F(ShadowTest, RangesOverPagesAreWhole) {
  EXPECT_EQ(record(4090, 5000, by(0, true)), ConflictKind::None);
  EXPECT_EQ(record(4089, 1, by(1, true)), ConflictKind::None);
  EXPECT_EQ(record(9090, 1, by(1, true)), ConflictKind::None);
  const Conflict conflict = shadow_.record(4000, 5000, by(2, false));
  EXPECT_EQ(conflict.kind, ConflictKind::Race);
  EXPECT_TRUE(conflict.otherWrote);
}

TEST_F(ShadowTest, AtomicsDoNotRaceWithEachOther) {
  ShadowAccess first = by(0, true);
  ShadowAccess second = by(1, true);
  first.atomic = second.atomic = true;
  EXPECT_EQ(record(0, 4, first), ConflictKind::None);
  EXPECT_EQ(record(0, 4, second), ConflictKind::None);
  EXPECT_EQ(record(0, 4, by(2, false)), ConflictKind::Race);
  EXPECT_EQ(record(32, 4, by(0, true)), ConflictKind::None);
  EXPECT_EQ(record(32, 4, second), ConflictKind::Race) << "plain before atomic";
}

TEST_F(ShadowTest, ForgetsForTheNextBlock) {
  EXPECT_EQ(record(0, 4, by(0, true)), ConflictKind::None);
  shadow_.clear();
  EXPECT_EQ(record(0, 4, by(1, true)), ConflictKind::None);
}

TEST_F(ShadowTest, CountsASectorOncePerLaunchAndKind) {
  EXPECT_TRUE(shadow_.touchSector(3, 1, false));
  EXPECT_FALSE(shadow_.touchSector(3, 1, false));
  EXPECT_TRUE(shadow_.touchSector(3, 1, true));
  EXPECT_TRUE(shadow_.touchSector(3, 2, false));
}

}  // namespace
}  // namespace lectern::cuda_runtime
