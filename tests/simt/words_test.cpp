// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simt/kernels/words.h"

#include "tests/cuda_runtime/findings.h"
#include "tests/simt/device_array.h"
#include "tests/simt/simt.h"

#include <gtest/gtest.h>

#include <vector>

namespace lectern::simt {
namespace {

TEST(Words, MeanWhatCudaMeans) {
  for (const uint32_t seed : {0U, 1U, 2U}) {
    reset({.seed = seed});
    std::vector<int> numbers;
    for (int i = 0; i < 64; ++i) numbers.push_back(100 + i);
    const DeviceArray<int> in(numbers);
    const DeviceArray<int> out(64 * kWords);
    const DeviceArray<int> cell(std::vector<int>{3});
    ASSERT_EQ(launchWords(in.data(), out.data(), cell.data(), nullptr), cudaSuccess);
    const std::vector<int> all = out.read();
    EXPECT_EQ(cuda_runtime::findingsText(), "");
    for (int t = 0; t < 64; ++t) {
      const int* mine = all.data() + kWords * t;
      const int lane = t % 32;
      const int warp = t - lane;
      EXPECT_EQ(mine[kShuffle], 100 + warp + 5);
      EXPECT_EQ(mine[kShuffleInSegments], 100 + warp + lane / 8 * 8 + 3);
      EXPECT_EQ(mine[kShuffleUp], 100 + (lane < 2 ? t : t - 2));
      EXPECT_EQ(mine[kShuffleDown], 100 + (lane > 29 ? t : t + 2));
      EXPECT_EQ(mine[kShuffleXor], 100 + warp + (lane ^ 16));
      EXPECT_EQ(static_cast<unsigned>(mine[kBallot]), warp == 0 ? 0x49249249U : 0x92492492U);
      EXPECT_EQ(mine[kAny], warp == 32 ? 1 : 0);
      EXPECT_EQ(mine[kAll], warp == 32 ? 1 : 0);
      EXPECT_EQ(static_cast<unsigned>(mine[kMatch]), 0x11111111U << (t % 4));
      EXPECT_EQ(mine[kReduceAdd], 32 * (100 + warp) + 31 * 16);
      EXPECT_EQ(mine[kReduceMax], -(100 + warp));
      EXPECT_EQ(mine[kReduceXor], -1);
      EXPECT_EQ(mine[kCount], 10);
      EXPECT_EQ(mine[kOr], 1);
      EXPECT_EQ(mine[kAnd], 0);
      // Nibbles from the right: byte 4 = 84, byte 0 = 00, the sign of byte 4 = FF, byte 7 = 77.
      EXPECT_EQ(static_cast<unsigned>(mine[kBytePerm]), 0x77FF0084U);
      EXPECT_EQ(mine[kDp4a], 5 + 127 * 1 + 2 * 3 - 1 * 2 + 1 * 2);
      // 0x10-1, 0x7F-(-1) held at 0x7F, 1-1, -128-1 held at 0x80.
      EXPECT_EQ(static_cast<unsigned>(mine[kSaturatingSub]), 0x80007F0FU);
    }
    EXPECT_EQ(all[kExchange], 3);
    EXPECT_EQ(all[kCompareAndSwap], 7);
    EXPECT_EQ(cell.read()[0], 9);
  }
}

}  // namespace
}  // namespace lectern::simt
