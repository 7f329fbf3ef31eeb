// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/ceilings.h"
#include "core/bench/workbench.h"

#include <algorithm>
#include <chrono>
#include <memory>

namespace lectern::bench {

namespace {

using kernels::DType;
using Clock = std::chrono::steady_clock;

// A try that takes so long drowns what a launch costs; before that, the work is doubled.
constexpr double kEnoughSeconds = 0.02;
constexpr int kTries = 3;
constexpr int64_t kLeastBytes = int64_t{1} << 22;
constexpr int64_t kMostBytes = int64_t{1} << 28;
constexpr int64_t kLeastSide = 256;
constexpr int64_t kMostSide = 4096;

// Bytes read and written a second.
Result<double> copiedBytes(kernels::Backend& backend) {
  const std::unique_ptr<kernels::Stream> stream = TRY(backend.newStream());
  double best = 0;
  for (int64_t bytes = kLeastBytes; bytes <= kMostBytes; bytes *= 2) {
    const kernels::Buffer from = TRY(backend.allocate(bytes, "A measurement of the memory"));
    const kernels::Buffer to = TRY(backend.allocate(bytes, "A measurement of the memory"));
    double least = 0;
    for (int i = 0; i < kTries; ++i) {
      const Clock::time_point begin = Clock::now();
      stream->copy(to.data(), from.data(), bytes);
      TRY(stream->wait());
      const double took = std::chrono::duration<double>(Clock::now() - begin).count();
      least = i == 0 ? took : std::min(least, took);
    }
    best = std::max(best, 2 * static_cast<double>(bytes) / least);
    if (least >= kEnoughSeconds) break;
  }
  return best;
}

// Of a square matrix times as many tokens.
Result<double> productOperations(kernels::Backend& backend, DType dtype) {
  double best = 0;
  for (int64_t side = kLeastSide; side <= kMostSide; side *= 2) {
    Workbench bench(backend);
    const kernels::Weight weight = bench.weight(dtype, 1, side, side, 1);
    const kernels::Tensor in = bench.numbers(side, side, 2);
    const kernels::Tensor out = bench.zeros(side, side);
    double least = 0;
    for (int i = 0; i < kTries && bench.isReady(); ++i) {
      const double before = bench.seconds();
      bench.run(kernels::Linear{weight, in, {}, out});
      const double took = bench.seconds() - before;
      least = i == 0 ? took : std::min(least, took);
    }
    TRY(bench.status());
    const auto length = static_cast<double>(side);
    best = std::max(best, 2 * length * length * length / least);
    if (least >= kEnoughSeconds) break;
  }
  return best;
}

}  // namespace

Result<Ceilings> measureDeviceCeilings(kernels::Backend& backend) {
  Ceilings ceilings;
  ceilings.instructions = "its own largest products";
  ceilings.memoryBytes = TRY(copiedBytes(backend));
  ceilings.float32Operations = TRY(productOperations(backend, DType::F32));
  ceilings.bfloat16Operations = TRY(productOperations(backend, DType::BF16));
  ceilings.int8Operations = TRY(productOperations(backend, DType::Q8_0));
  return ceilings;
}

}  // namespace lectern::bench
