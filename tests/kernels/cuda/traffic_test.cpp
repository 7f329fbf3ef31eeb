// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/work.h"
#include "tests/kernels/cuda/kernel_device.h"
#include "tests/kernels/suite/device.h"

#include <iostream>
#include <string>

namespace lectern::kernels::cuda {
namespace {

// What the kernels ask of memory at the sides and strides of real models (Jamba 3B: hidden 2560,
// inner 5120, rank 160, 20 heads of 128 on one), with as many rows or tokens as give some sixteen
// blocks: sectors of 32 bytes against the operation's floor, shared memory's wavefronts against the
// fewest that the same requests could take.
constexpr double kMostSectors = 1.15;
constexpr double kMostWavefronts = 1.05;

// One line of what kernel_table.py makes a table of.
void tell(const char* shape, const Operation& operation, const Work& work, double floor) {
  const simt::Traffic traffic = simt::totalTraffic();
  std::cout << "traffic|" << nameOf(operation) << '|' << shape << '|' << floor << '|' << work.flops
            << '|' << traffic.sectors * 32 << '|' << traffic.wavefronts << '|'
            << traffic.idealWavefronts << '|';
  for (const simt::LaunchReport& launch : simt::launches()) std::cout << launch.kernel << ';';
  std::cout << '\n';
}

/// `extraBytes`: what blocks cannot avoid besides the floor of the whole operation, because each
/// brings the vector in by itself.
void expectLean(KernelDevice& d,
                const char* shape,
                const Operation& operation,
                int64_t position,
                int64_t extraBytes,
                double mostWavefronts = kMostWavefronts) {
  simt::clearLaunches();
  d.run(operation);
  const simt::Traffic traffic = simt::totalTraffic();
  const Work work = workOf(operation, position);
  const auto floor = static_cast<double>(work.bytesRead + work.bytesWritten + extraBytes);
  const double sectors = static_cast<double>(traffic.sectors) * 32 / floor;
  const double wavefronts =
      traffic.idealWavefronts == 0
          ? 1
          : static_cast<double>(traffic.wavefronts) / static_cast<double>(traffic.idealWavefronts);
  tell(shape, operation, work, floor);
  EXPECT_LE(sectors, kMostSectors);
  EXPECT_LE(wavefronts, mostWavefronts);
  if (sectors <= kMostSectors && wavefronts <= mostWavefronts) return;
  for (const simt::LaunchReport& launch : simt::launches()) {
    std::cout << "  " << launch.kernel << " " << launch.grid.x << "×" << launch.grid.y << "\n";
    for (size_t i = 0; i < std::min<size_t>(launch.lines.size(), 12); ++i) {
      const simt::Traffic& t = launch.lines[i].traffic;
      std::cout << "    " << launch.lines[i].line << ": sectors " << t.sectors << " ("
                << t.globalBytes / 32 << " asked), wavefronts " << t.wavefronts << " of "
                << t.idealWavefronts << '\n';
    }
  }
}

class CudaTraffic : public testing::Test {
 protected:
  CudaTraffic() {
    simt::Options options;
    options.lines = true;
    simt::reset(options);
  }
  Tensor dense(KernelDevice& d, int64_t rows, int64_t cols, uint32_t seed, float low = -1) {
    return d.put(Matrix::random(rows, cols, seed, low), 0);
  }
};

TEST_F(CudaTraffic, OfNorms) {
  KernelDevice d;
  expectLean(d, "16 × 2560",
             AddNorm{dense(d, 16, 2560, 1), dense(d, 16, 2560, 2), dense(d, 1, 2560, 3),
                     d.room(16, 2560, 0), 1e-6F},
             0, 15 * 2560 * 4);
  expectLean(
      d, "64 × (160 + 2 · 16)",
      SplitNorm{dense(d, 64, 192, 1), dense(d, 1, 160, 2), dense(d, 1, 16, 3), dense(d, 1, 16, 4),
                d.room(64, 160, 0), d.room(64, 16, 0), d.room(64, 16, 0), 1e-6F},
      0, 64 * 2 * 192 * 4);
}

TEST_F(CudaTraffic, OfTheConvolutionAndTheScan) {
  KernelDevice d;
  const int64_t inner = 512;
  const Tensor xz = dense(d, 64, 2 * inner, 1);
  expectLean(d, "64 × 512",
             ConvSilu{xz.colRange(0, inner), dense(d, 4, inner, 2), dense(d, 1, inner, 3),
                      dense(d, 3, inner, 4), d.room(64, inner, 0)},
             0, inner * 4 * (5 + 3 + 3));
  expectLean(d, "64 × 512 × 16",
             SelectiveScan{dense(d, 64, inner, 1), dense(d, 64, inner, 2), dense(d, 1, inner, 3),
                           dense(d, 16, inner, 4, -8), dense(d, 64, 16, 5), dense(d, 64, 16, 6),
                           dense(d, 1, inner, 7), xz.colRange(inner, inner), dense(d, 16, inner, 9),
                           d.room(64, inner, 0)},
             0, (inner / 32 - 1) * 64 * 2 * 16 * 4);
}

// 32 channels are one block, so 512 tokens are cut into eight pieces: all but the last are read
// twice, and the states between them are written, read and written by their join, and read.
TEST_F(CudaTraffic, OfAScanOfFewChannels) {
  KernelDevice d;
  const int64_t tokens = 512;
  const int64_t inner = 32;
  const int64_t states = 16;
  const SelectiveScan few{dense(d, tokens, inner, 1),  dense(d, tokens, inner, 2),
                          dense(d, 1, inner, 3),       dense(d, states, inner, 4, -8),
                          dense(d, tokens, states, 5), dense(d, tokens, states, 6),
                          dense(d, 1, inner, 7),       dense(d, tokens, inner, 8),
                          dense(d, states, inner, 9),  d.room(tokens, inner, 0)};
  const int64_t state = states * inner * 4;
  LaunchContext context;
  context.multiprocessors = 4;
  EXPECT_EQ(workspaceBytes(few, context), 8 * (state + inner * 4));
  context.multiprocessors = 1;  // is never idle
  EXPECT_EQ(workspaceBytes(few, context), 0);
  const int64_t again = (tokens - 64) * (2 * inner + states) * 4;
  expectLean(d, "512 × 32 × 16, in pieces", few, 0,
             again + (7 + 7 + 8 + 8) * state + 15 * state + 2 * 7 * inner * 4);
}

TEST_F(CudaTraffic, OfOneTokensProducts) {
  for (const DType dtype :
       {DType::BF16, DType::Q8_0, DType::Q4_0, DType::Q4_K, DType::Q5_K, DType::Q6_K}) {
    SCOPED_TRACE(asTestName(dtype));
    KernelDevice d;
    // 16 blocks, that is four multiprocessors, each read the vector.
    expectLean(d, ("1 × 2112 × 2560 " + asTestName(dtype)).c_str(),
               Linear{d.weight(2112, 2560, 1, dtype), dense(d, 1, 2560, 2), {}, d.room(1, 2112, 0)},
               0, 15 * 2560 * 4);
  }
  KernelDevice d;
  expectLean(d, "1 × 2 · 2048 × 2560 q4_K",
             LinearGated{d.weight(2048, 2560, 1, DType::Q4_K), d.weight(2048, 2560, 2, DType::Q4_K),
                         dense(d, 1, 2560, 3), d.room(1, 2048, 0)},
             0, 15 * 2560 * 4);
}

TEST_F(CudaTraffic, OfAMambaStep) {
  KernelDevice d;
  const int64_t inner = 5120;
  const int64_t projected = 192;
  const int64_t blocks = inner / 32;
  const Tensor scratch = d.room(1, 3 * inner + 2 * projected, 0);
  // u comes back once for the scan and to each of the 16 blocks of x_proj; x_proj's output to each
  // of the blocks behind it, with the norms.
  expectLean(d, "1 × 5120 × 16 bf16",
             MambaStep{dense(d, 1, 2 * inner, 1), dense(d, 4, inner, 2), dense(d, 1, inner, 3),
                       dense(d, 3, inner, 4), d.weight(projected, inner, 5, DType::BF16),
                       dense(d, 1, 160, 6), dense(d, 1, 16, 7), dense(d, 1, 16, 8),
                       d.weight(inner, 160, 9, DType::BF16), dense(d, 1, inner, 10),
                       dense(d, 16, inner, 11, -8), dense(d, 1, inner, 12), dense(d, 16, inner, 13),
                       scratch, d.room(1, inner, 0), 1e-6F},
             0,
             (1 + 1 + 16) * inner * 4 + (blocks + 1) * 2 * projected * 4 + blocks * projected * 4);
}

TEST_F(CudaTraffic, OfAttention) {
  for (const DType dtype : {DType::BF16, DType::I8}) {
    SCOPED_TRACE(asTestName(dtype));
    KernelDevice d;
    const std::string kept = dtype == DType::BF16 ? "" : ", bytes";
    const auto expect = [&](const std::string& shape, const Operation& operation, int64_t position,
                            int64_t extraBytes) {
      expectLean(d, (shape + kept).c_str(), operation, position, extraBytes);
    };
    const KvCache cache = d.cache(256, 4, 1, 128, dtype);
    d.run(AppendKv{dense(d, 1024, 128, 1), dense(d, 1024, 128, 2), cache, d.at(0)});
    expect("64 × 128", AppendKv{dense(d, 64, 128, 1), dense(d, 64, 128, 2), cache, d.at(900)}, 0,
           0);
    // The query comes to two splits, each time to two warps; their results are written and read,
    // the shares of the tap too.
    const int64_t query = 3 * 2560 * 4;
    const int64_t partials = 2 * 2 * 20 * 130 * 4;
    expect("1 × 20 heads × 1024",
           AttendOne{dense(d, 1, 2560, 3), cache, 20, d.room(1, 2560, 0), {}, {}, d.at(1023)}, 1023,
           query + partials);
    expect("1 × 20 heads × 1024, tapped",
           AttendOne{dense(d, 1, 2560, 3), cache, 20, d.room(1, 2560, 0),
                     d.put(Matrix::random(1, 20, 4, 0, 1), 0), d.room(1, 16, 0), d.at(1023)},
           1023, query + partials + 2 * 2 * 20 * 16 * 8);
    // 64 tokens × 20 heads are ten blocks, which all read the cache.
    expect("64 × 20 heads × 364",
           AttendMany{dense(d, 64, 2560, 3), cache, 20, d.room(64, 2560, 0), d.at(300)}, 300,
           9 * 364 * cacheTokenBytes(dtype, 1, 128));
  }
}

TEST_F(CudaTraffic, OfManyTokensProducts) {
  const int64_t tokens = 128;
  const int64_t out = 384;
  const int64_t in = 2560;
  for (const DType dtype :
       {DType::BF16, DType::Q8_0, DType::Q4_0, DType::Q5_1, DType::Q4_K, DType::Q6_K}) {
    SCOPED_TRACE(asTestName(dtype));
    KernelDevice d;
    const Weight weight = d.weight(out, in, 1, dtype);
    // Two tiles of rows each bring the weight in; the narrowed rows are written once, those of
    // bytes with their spans and the second terms that they do not have, and the first terms come
    // to each of the three tiles of columns.
    const int64_t term = tokens * in * 2;
    const int64_t bytes = tokens * in * (32 + 8) / 32;
    expectLean(d, ("128 × 384 × 2560 " + asTestName(dtype)).c_str(),
               Linear{weight, dense(d, tokens, in, 2), {}, d.room(tokens, out, 0)}, 0,
               weight.bytes() + (dtype == DType::BF16 ? 4 * term : 5 * bytes));
  }
}

// x_proj: two tiles of columns are two blocks, so each is cut in two for the four multiprocessors.
// The parts' sums are written and read once.
TEST_F(CudaTraffic, OfManyTokensProductsWithFewOutputs) {
  const int64_t tokens = 64;
  const int64_t out = 192;
  const int64_t in = 5120;
  for (const DType dtype : {DType::BF16, DType::Q8_0, DType::Q4_K}) {
    SCOPED_TRACE(asTestName(dtype));
    KernelDevice d;
    const int64_t term = tokens * in * 2;
    const int64_t bytes = tokens * in * (32 + 8) / 32;
    const int64_t sums = 2 * 2 * tokens * out * 4;
    expectLean(
        d, ("64 × 192 × 5120 " + asTestName(dtype) + ", in parts").c_str(),
        Linear{d.weight(out, in, 1, dtype), dense(d, tokens, in, 2), {}, d.room(tokens, out, 0)}, 0,
        (dtype == DType::BF16 ? 3 * term : 4 * bytes) + sums);
    EXPECT_EQ(simt::launches()[1].grid.z, 2U);
  }
}

}  // namespace
}  // namespace lectern::kernels::cuda
