// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/ceilings.h"

#include "core/base/huge_pages.h"
#include "core/base/threads.h"
#include "kernels/cpu/unroll.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <barrier>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace lectern::bench {

namespace {

using Clock = std::chrono::steady_clock;

// Sums that do not wait for each other: twice what hides four cycles of latency in two units.
constexpr int kSums = 12;
// A try is a part of a millisecond, and comes after a sleep: on a busy machine it then has the
// processor for itself, more often than not.
constexpr int64_t kRounds = 200'000;
constexpr int kTries = 100;
constexpr std::chrono::milliseconds kSleep{1};
// Each try reads another part, so that it comes from memory.
constexpr int64_t kParts = 16;

/// One way of doing arithmetic: `run` does `operations` a round, and leaves something that depends
/// on all of them.
struct Arithmetic {
  double operations = 0;
  float (*run)(int64_t rounds) = nullptr;
};

// Every sum begins as another number, or the compiler would compute one of them.
float start(int i) {
  return 0.01F * static_cast<float>(i);
}

#if defined(__x86_64__)

__attribute__((target("avx2,fma"))) float floatsAvx2(int64_t rounds) {
  __m256 sums[kSums];
  for (int i = 0; i < kSums; ++i) sums[i] = _mm256_set1_ps(start(i));
  const __m256 a = _mm256_set1_ps(0.5F);
  const __m256 b = _mm256_set1_ps(0.25F);
  for (int64_t round = 0; round < rounds; ++round) {
    LECTERN_UNROLL
    for (__m256& sum : sums) sum = _mm256_fmadd_ps(sum, a, b);
  }
  float result = 0;
  for (const __m256& sum : sums) result += _mm256_cvtss_f32(sum);
  return result;
}

// The way of a processor without VNNI: products of bytes to pairs, pairs to fours, added.
__attribute__((target("avx2"))) float bytesAvx2(int64_t rounds) {
  __m256i sums[kSums];
  for (int i = 0; i < kSums; ++i) sums[i] = _mm256_set1_epi32(i);
  const __m256i ones = _mm256_set1_epi16(1);
  for (int64_t round = 0; round < rounds; ++round) {
    LECTERN_UNROLL
    for (__m256i& sum : sums) {
      const __m256i pairs = _mm256_maddubs_epi16(sum, ones);
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, ones));
    }
  }
  int result = 0;
  for (const __m256i& sum : sums) result += _mm256_extract_epi32(sum, 0);
  return static_cast<float>(result);
}

__attribute__((target("avx512f"))) float floatsAvx512(int64_t rounds) {
  __m512 sums[kSums];
  for (int i = 0; i < kSums; ++i) sums[i] = _mm512_set1_ps(start(i));
  const __m512 a = _mm512_set1_ps(0.5F);
  const __m512 b = _mm512_set1_ps(0.25F);
  for (int64_t round = 0; round < rounds; ++round) {
    LECTERN_UNROLL
    for (__m512& sum : sums) sum = _mm512_fmadd_ps(sum, a, b);
  }
  float result = 0;
  for (const __m512& sum : sums) result += _mm512_cvtss_f32(sum);
  return result;
}

__attribute__((target("avx512f,avx512bf16"))) float pairsAvx512(int64_t rounds) {
  __m512 sums[kSums];
  for (int i = 0; i < kSums; ++i) sums[i] = _mm512_set1_ps(start(i));
  const auto half = reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x3F003F00));
  for (int64_t round = 0; round < rounds; ++round) {
    LECTERN_UNROLL
    for (__m512& sum : sums) sum = _mm512_dpbf16_ps(sum, half, half);
  }
  float result = 0;
  for (const __m512& sum : sums) result += _mm512_cvtss_f32(sum);
  return result;
}

__attribute__((target("avx512f,avx512vnni"))) float bytesAvx512(int64_t rounds) {
  __m512i sums[kSums];
  for (int i = 0; i < kSums; ++i) sums[i] = _mm512_set1_epi32(i);
  const __m512i a = _mm512_set1_epi32(0x01020304);
  for (int64_t round = 0; round < rounds; ++round) {
    LECTERN_UNROLL
    for (__m512i& sum : sums) sum = _mm512_dpbusd_epi32(sum, a, a);
  }
  int result = 0;
  for (const __m512i& sum : sums) {
    int values[16];
    _mm512_storeu_si512(values, sum);
    result += values[0];
  }
  return static_cast<float>(result);
}

__attribute__((target("avx2,avxvnni"))) float bytesAvxVnni(int64_t rounds) {
  __m256i sums[kSums];
  for (int i = 0; i < kSums; ++i) sums[i] = _mm256_set1_epi32(i);
  const __m256i a = _mm256_set1_epi32(0x01020304);
  for (int64_t round = 0; round < rounds; ++round) {
    LECTERN_UNROLL
    for (__m256i& sum : sums) sum = _mm256_dpbusd_avx_epi32(sum, a, a);
  }
  int result = 0;
  for (const __m256i& sum : sums) result += _mm256_extract_epi32(sum, 0);
  return static_cast<float>(result);
}

// Tiles of 16 rows of 64 bytes; what ldtilecfg reads.
struct alignas(64) TileShape {
  uint8_t palette = 1;
  uint8_t startRow = 0;
  uint8_t reserved[14] = {};
  uint16_t rowBytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr TileShape kTileShape;

// A round is an eighth of four products of tiles, which take sixteen cycles each.
constexpr int kRoundsPerTiles = 8;

__attribute__((target("amx-tile,amx-bf16"))) float pairsAmx(int64_t rounds) {
  _tile_loadconfig(&kTileShape);
  for (int64_t round = 0; round < rounds; round += kRoundsPerTiles) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_release();
  return 0;
}

__attribute__((target("amx-tile,amx-int8"))) float bytesAmx(int64_t rounds) {
  _tile_loadconfig(&kTileShape);
  for (int64_t round = 0; round < rounds; round += kRoundsPerTiles) {
    _tile_dpbssd(0, 4, 6);
    _tile_dpbssd(1, 4, 7);
    _tile_dpbssd(2, 5, 6);
    _tile_dpbssd(3, 5, 7);
  }
  _tile_release();
  return 0;
}

// The process has to ask before it uses the matrix unit, which the backend for it has done.
bool hasMatrixUnit() {
  return std::ranges::any_of(kernels::availableBackends(),
                             [](const auto& backend) { return backend.name == "cpu-avx512-amx"; });
}

#endif

// In the vectors that every processor of a kind has.
float floatsAnywhere(int64_t rounds) {
  using Four = float __attribute__((vector_size(16)));
  Four sums[kSums];
  for (int i = 0; i < kSums; ++i) sums[i] = Four{} + start(i);
  const Four a = Four{} + 0.5F;
  const Four b = Four{} + 0.25F;
  for (int64_t round = 0; round < rounds; ++round) {
    LECTERN_UNROLL
    for (Four& sum : sums) sum = sum * a + b;
  }
  float result = 0;
  for (const Four& sum : sums) result += sum[0];
  return result;
}

/// The best ways of this processor.
struct Ways {
  std::string instructions = "plain vectors";
  Arithmetic floats{4 * 2 * kSums, floatsAnywhere};
  Arithmetic pairs;  ///< none: as floats
  Arithmetic bytes;  ///< none: as floats
};

Ways waysHere() {
  Ways ways;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") != 0) {
    ways.instructions = "avx512";
    ways.floats = {16 * 2 * kSums, floatsAvx512};
  } else if (__builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0) {
    ways.instructions = "avx2";
    ways.floats = {8 * 2 * kSums, floatsAvx2};
  }
  if (__builtin_cpu_supports("avx512bf16") != 0) {
    ways.instructions += " bf16";
    ways.pairs = {32 * 2 * kSums, pairsAvx512};
  }
  if (__builtin_cpu_supports("avx512vnni") != 0) {
    ways.instructions += " vnni";
    ways.bytes = {64 * 2 * kSums, bytesAvx512};
  } else if (__builtin_cpu_supports("avxvnni") != 0) {
    ways.instructions += " vnni";
    ways.bytes = {32 * 2 * kSums, bytesAvxVnni};
  } else if (__builtin_cpu_supports("avx2") != 0) {
    ways.bytes = {32 * 2 * kSums, bytesAvx2};
  }
  if (hasMatrixUnit()) {
    constexpr int kTiles = 4 * 16 * 16 / kRoundsPerTiles;
    ways.instructions += " amx";
    ways.pairs = {kTiles * 32 * 2, pairsAmx};
    if (__builtin_cpu_supports("amx-int8") != 0) ways.bytes = {kTiles * 64 * 2, bytesAmx};
  }
#endif
  return ways;
}

/// Seconds from when the first of the threads begins until the last one ends. Errors: OutOfMemory
/// (the system grants fewer threads).
Result<double> secondsTogether(int threads, const std::function<void(int thread)>& work) {
  std::barrier together(threads);
  std::vector<Clock::time_point> begins(static_cast<size_t>(threads));
  std::vector<Clock::time_point> ends(begins.size());
  const auto one = [&](size_t thread) {
    std::this_thread::sleep_for(kSleep);
    together.arrive_and_wait();
    begins[thread] = Clock::now();
    work(static_cast<int>(thread));
    ends[thread] = Clock::now();
  };
  size_t granted = 1;
  {
    const auto helpers = startThreads(begins.size() - 1, one);
    granted += helpers.size();
    for (size_t missing = granted; missing < begins.size(); ++missing) together.arrive_and_drop();
    one(0);
  }
  if (granted < begins.size()) {
    return Error{
        ErrorCode::OutOfMemory,
        fmt::format("Measuring takes {} threads, and the system grants {}. Name fewer with "
                    "--threads.",
                    threads, granted)};
  }
  return std::chrono::duration<double>(*std::max_element(ends.begin(), ends.end()) -
                                       *std::min_element(begins.begin(), begins.end()))
      .count();
}

Result<double> bestOfTries(int threads, const std::function<void(int thread, int attempt)>& work) {
  double best = std::numeric_limits<double>::infinity();
  for (int attempt = 0; attempt < kTries; ++attempt) {
    best =
        std::min(best, TRY(secondsTogether(threads, [&](int thread) { work(thread, attempt); })));
  }
  return best;
}

// Keeps what was computed from being left out.
void use(float& value) {
  asm volatile("" : "+m"(value));
}

Result<double> operationsPerSecond(const Arithmetic& way, int threads) {
  const double seconds = TRY(bestOfTries(threads, [&](int, int) {
    float result = way.run(kRounds);
    use(result);
  }));
  return way.operations * static_cast<double>(kRounds * threads) / seconds;
}

float readAll(const char* from, int64_t bytes) {
  using Two = uint64_t __attribute__((vector_size(16), may_alias));
  constexpr int64_t kStep = 128;
  constexpr int64_t kAhead = 1024;  // performance of 1 KiB ahead: the most of several distances
  Two sums[kStep / 16] = {};
  for (const char* end = from + bytes; from < end; from += kStep) {
    __builtin_prefetch(from + kAhead);
    __builtin_prefetch(from + kAhead + 64);
    const auto* values = reinterpret_cast<const Two*>(from);
    LECTERN_UNROLL
    for (int i = 0; i < kStep / 16; ++i) sums[i] += values[i];
  }
  uint64_t result = 0;
  for (const Two& sum : sums) result += sum[0] + sum[1];
  return static_cast<float>(result);
}

Result<double> bytesPerSecond(int threads) {
  void* memory =
      ::mmap(nullptr, kReadBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    return Error{ErrorCode::OutOfMemory,
                 fmt::format("Measuring the memory takes {} bytes, which are refused. Close other "
                             "programs.",
                             kReadBytes)};
  }
  preferHugePages(memory, kReadBytes);
  const std::unique_ptr<void, void (*)(void*)> release(memory,
                                                       [](void* m) { ::munmap(m, kReadBytes); });
  constexpr int64_t kPage = 4096;
  const int64_t share = kReadBytes / threads / kPage * kPage;
  // Pages that were never written would all be the same one, of zeros.
  TRY(secondsTogether(threads, [&](int thread) {
    char* own = static_cast<char*>(memory) + thread * share;
    for (int64_t at = 0; at < share; at += kPage) own[at] = 1;
  }));
  const int64_t part = share / kParts / kPage * kPage;
  const double seconds = TRY(bestOfTries(threads, [&](int thread, int attempt) {
    const char* own = static_cast<const char*>(memory) + thread * share;
    float result = readAll(own + attempt % kParts * part, part);
    use(result);
  }));
  return static_cast<double>(part * threads) / seconds;
}

}  // namespace

Result<Ceilings> measureCeilings(int threads) {
  const Ways ways = waysHere();
  Ceilings ceilings;
  ceilings.instructions = ways.instructions;
  ceilings.memoryBytes = TRY(bytesPerSecond(threads));
  ceilings.float32Operations = TRY(operationsPerSecond(ways.floats, threads));
  const auto orFloats = [&](const Arithmetic& way) -> Result<double> {
    if (way.run == nullptr) return ceilings.float32Operations;
    return operationsPerSecond(way, threads);
  };
  ceilings.bfloat16Operations = std::max(ceilings.float32Operations, TRY(orFloats(ways.pairs)));
  ceilings.int8Operations = TRY(orFloats(ways.bytes));
  return ceilings;
}

}  // namespace lectern::bench
