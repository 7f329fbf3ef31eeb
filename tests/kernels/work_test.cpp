// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/work.h"

#include "tests/kernels/op_data.h"

#include <gtest/gtest.h>

namespace lectern::kernels {
namespace {

TEST(Work, CountsAProductOnce) {
  Matrix weight(3, 4), in(2, 4), out(2, 3);
  const Work work = workOf(Linear{weight.weight(), in.view(), {}, out.view()}, 0);
  EXPECT_EQ(work.flops, 2 * 2 * 3 * 4);
  EXPECT_EQ(work.bytesRead, 4 * (3 * 4 + 2 * 4));
  EXPECT_EQ(work.bytesWritten, 4 * 2 * 3);
}

TEST(Work, CountsTheBlocksOfAQuantisedWeight) {
  Matrix in(2, 256), out(2, 3);
  const std::vector<char> blocks = randomBlocks(DType::Q4_K, 3 * 256, 1);
  const Weight weight{blocks.data(), DType::Q4_K, 1, 3, 256};
  const Work work = workOf(Linear{weight, in.view(), {}, out.view()}, 0);
  EXPECT_EQ(work.flops, 2 * 2 * 3 * 256);
  EXPECT_EQ(work.bytesRead, 3 * 144 + 4 * 2 * 256);
}

TEST(Work, CountsOfATableTheRowsInUse) {
  Matrix table(100, 4), out(2, 4);
  std::vector<int32_t> ids = {1, 2};
  const Work work =
      workOf(EmbedRows{table.weight(), vector(ids.data(), DType::I32, 2), out.view()}, 0);
  EXPECT_EQ(work.bytesRead, 4 * 2 + 4 * 2 * 4);
}

TEST(Work, CountsAttentionByThePairsThatMeet) {
  Matrix q(3, 8), out(3, 8);
  int32_t position = 0;
  void* pages[16] = {};
  const KvCache cache{pages, 64, 16, 1, 4, DType::BF16};
  const Work work = workOf(AttendMany{q.view(), cache, 2, out.view(), Step{&position}}, 10);
  // Three queries see 11, 12 and 13 tokens; four flops a pair and channel, one exponential a pair
  // and head.
  EXPECT_EQ(work.flops, (11 + 12 + 13) * (4 * 8 + 2));
  EXPECT_EQ(work.bytesRead, 4 * 3 * 8 + 2 * 13 * 4 * 2);
}

TEST(Work, CountsTheScalesOfACacheOfBytes) {
  Matrix q(1, 8), k(3, 8), v(3, 8), out(1, 8);
  int32_t position = 0;
  void* pages[16] = {};
  const KvCache cache{pages, 64, 16, 2, 4, DType::I8};
  const Work read = workOf(AttendOne{q.view(), cache, 2, out.view(), {}, {}, Step{&position}}, 10);
  EXPECT_EQ(read.bytesRead, 4 * 8 + 11 * 2 * 2 * (4 + 4));
  const Work written = workOf(AppendKv{k.view(), v.view(), cache, Step{&position}}, 10);
  EXPECT_EQ(written.bytesWritten, 3 * 2 * 2 * (4 + 4));
}

TEST(Work, CountsAStateBothWays) {
  Matrix in(1, 8), weight(4, 8), state(3, 8), out(1, 8);
  const Work work = workOf(ConvSilu{in.view(), weight.view(), {}, state.view(), out.view()}, 0);
  EXPECT_EQ(work.bytesRead, 4 * (8 + 32 + 24));
  EXPECT_EQ(work.bytesWritten, 4 * (24 + 8));
}

TEST(Work, CountsTheExpertsThatATokenNeeds) {
  Matrix gate(4 * 5, 3), up(4 * 5, 3), down(4 * 3, 5), in(1, 3), scratch(2, 8), out(1, 3),
      weights(1, 2);
  std::vector<int32_t> experts = {0, 3};
  const Work work = workOf(
      Experts{gate.weight(4), up.weight(4), down.weight(4), in.view(),
              vector(experts.data(), DType::I32, 2), weights.view(), scratch.view(), out.view()},
      0);
  EXPECT_EQ(work.bytesRead, 4 * (2 * 3 * 5 * 3 + 3 + 2 + 2));
  EXPECT_EQ(work.bytesWritten, 4 * 3);
}

}  // namespace
}  // namespace lectern::kernels
