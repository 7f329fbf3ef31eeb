// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/kernels/cpu/device.h"
#include "tests/kernels/cuda/kernel_device.h"

#include <type_traits>

namespace lectern::kernels::cuda {

/// Starts the engine anew with a seed: 0 runs threads in their order, others in any, and also lets
/// others go first in the middle of what a thread does.
inline void startEngine(uint32_t seed) {
  simt::Options options;
  options.seed = seed;
  options.preemptEvery = seed == 0 ? 0 : 97;
  simt::reset(options);
}

/// Does the same with the reference and with the kernels under two seeds, and compares: the first
/// within `bound`, the second to the bit. `make(device)` returns all results.
template <class Make>
void expectLikeReference(double bound, const Make& make) {
  Device reference("reference");
  const Results expected = make(reference);
  Results values;
  for (const uint32_t seed : {0U, 1U}) {
    startEngine(seed);
    KernelDevice device;
    const Results now = make(device);
    if (testing::Test::HasFatalFailure()) return;
    ASSERT_EQ(now.size(), expected.size());
    if (seed == 0) {
      values = now;
      for (size_t i = 0; i < values.size(); ++i) {
        EXPECT_LE(errorOf(values[i], expected[i]), bound) << "result " << i;
      }
    } else {
      EXPECT_TRUE(now == values) << "another order of threads";
    }
  }
}

/// Room for a result, with so much of a gap between its rows where the kernels write it.
template <class AnyDevice>
Tensor roomFor(AnyDevice& d, int64_t rows, int64_t cols, int64_t gap) {
  if constexpr (std::is_same_v<AnyDevice, KernelDevice>) {
    return d.room(rows, cols, gap);
  } else {
    return d.room(rows, cols);
  }
}

/// As many columns as the type's blocks have.
inline int64_t wholeBlocks(DType dtype, int64_t cols) {
  const int64_t elements = blockShape(dtype).elements;
  return (cols + elements - 1) / elements * elements;
}

/// What the kernels multiply a weight of the type with; they do so themselves, the reference gets
/// the rounded numbers.
template <class AnyDevice>
Tensor activationsFor(
    AnyDevice& d, DType dtype, int64_t tokens, int64_t cols, float largest = 1, int64_t gap = 3) {
  Matrix values = Matrix::random(tokens, cols, 2, -largest, largest);
  if (d.isReference()) {
    for (int64_t t = 0; t < tokens; ++t) {
      if (isQuantised(dtype)) roundToBytes(&values.at(t, 0), cols);
    }
    if (dtype == DType::BF16) {
      for (float& value : values.values()) value = toFloat(toBFloat16(value));
    }
  }
  return d.put(values, gap);
}

}  // namespace lectern::kernels::cuda
