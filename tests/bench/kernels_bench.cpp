// SPDX-License-Identifier: GPL-3.0-or-later
//
// kernels_bench [HIDDEN] [TOKENS] [THREADS] [OPERATION]: the time of each operation at the shape of
// a model, on every backend of the machine, beside `reference` and beside its floor
// (kernels/work.h) at what the processor was seen to do in the same run. Best of several, so a busy
// machine shows less; small operands lie in caches that are faster than the memory their floor is
// counted with.
#include "core/bench/ceilings.h"
#include "kernels/work.h"
#include "tests/kernels/suite/device.h"

#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

namespace lectern::kernels {
namespace {

// One thread is measured by the processor's time that it got, which a busy machine lengthens less;
// several by the clock.
bool oneThread = false;

double now() {
  timespec time{};
  ::clock_gettime(oneThread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double secondsOf(const std::function<void()>& work) {
  const double begin = now();
  work();
  return now() - begin;
}

// The shortest of as many runs as fit into a part of a second, at least one.
double best(const std::function<void()>& work) {
  double shortest = secondsOf(work);
  for (double spent = shortest; spent < 0.25; spent += shortest)
    shortest = std::min(shortest, secondsOf(work));
  return shortest;
}

// What the machine does at best with numbers of a type.
double operationsWith(DType weight, const bench::Ceilings& ceilings) {
  if (isQuantised(weight)) return ceilings.int8Operations;
  // Keys and values in bytes are multiplied as bfloat16.
  return weight == DType::BF16 || weight == DType::I8 ? ceilings.bfloat16Operations
                                                      : ceilings.float32Operations;
}

struct Case {
  std::string name;
  int64_t position = 0;
  std::function<Operation(Device&)> make;
};

std::vector<Case> cases(int64_t hidden, int64_t tokens) {
  const int64_t inner = 2 * hidden;
  const int64_t width = 7 * hidden / 2;
  const int64_t rank = std::max<int64_t>(hidden / 16, 8);
  const int64_t projected = rank + 32;
  const int64_t heads = std::max<int64_t>(hidden / 128, 1);
  const int64_t dim = hidden / heads;
  const auto random = [](Device& d, int64_t rows, int64_t cols) {
    return d.put(Matrix::random(rows, cols, 1), 0);
  };
  const auto linear = [=](int64_t t, int64_t out, int64_t in, DType dtype) {
    return [=](Device& d) -> Operation {
      return Linear{d.weight(out, in, 1, dtype), random(d, t, in), {}, random(d, t, out)};
    };
  };
  const auto experts = [=](int64_t t) {
    return [=](Device& d) -> Operation {
      const auto stack = [&](int64_t out, int64_t in) {
        return d.weight(Matrix::random(4 * out, in, 1), DType::BF16, 4);
      };
      std::vector<int32_t> chosen;
      for (int32_t i = 0; i < 2 * t; ++i) chosen.push_back(i * 5 % 4);
      return Experts{stack(width, hidden),
                     stack(width, hidden),
                     stack(hidden, width),
                     random(d, t, hidden),
                     d.put(chosen, t),
                     random(d, t, 2),
                     random(d, 2 * t, hidden + width),
                     random(d, t, hidden)};
    };
  };
  // Written to the end: memory that was never written is one page for all, in the first level.
  const auto cache = [=](Device& d, int64_t past, int64_t kvHeads, DType dtype) {
    const KvCache made = d.cache(512, (past + tokens) / 512 + 1, kvHeads, dim, dtype);
    const Tensor numbers = random(d, 512, kvHeads * dim);
    for (int64_t page = 0; page < made.pageCount; ++page) {
      d.run(AppendKv{numbers, numbers, made, d.at(static_cast<int32_t>(page * 512))});
    }
    return made;
  };
  const auto many = [=](DType dtype) {
    return Case{"AttendMany " + asTestName(dtype) + ", 4096", 4096, [=](Device& d) -> Operation {
                  return AttendMany{random(d, tokens, heads * dim), cache(d, 4096, 1, dtype), heads,
                                    random(d, tokens, heads * dim), d.at(4096)};
                }};
  };
  // With a key for `sharing` heads.
  const auto one = [=](DType dtype, int64_t past, int64_t sharing) {
    const int64_t kvHeads = std::max<int64_t>(heads / sharing, 1);
    return Case{fmt::format("AttendOne {}, {}, {}", asTestName(dtype), past, heads / kvHeads), past,
                [=](Device& d) -> Operation {
                  return AttendOne{random(d, 1, heads * dim),
                                   cache(d, past, kvHeads, dtype),
                                   heads,
                                   random(d, 1, heads * dim),
                                   {},
                                   {},
                                   d.at(static_cast<int32_t>(past))};
                }};
  };
  return {
      {"Linear f32, one", 0, linear(1, 2 * inner, hidden, DType::F32)},
      {"Linear bf16, one", 0, linear(1, 2 * inner, hidden, DType::BF16)},
      {"Linear q8_0, one", 0, linear(1, 2 * inner, hidden, DType::Q8_0)},
      {"Linear q4_0, one", 0, linear(1, 2 * inner, hidden, DType::Q4_0)},
      {"Linear q4_K, one", 0, linear(1, 2 * inner, hidden, DType::Q4_K)},
      {"Linear q6_K, one", 0, linear(1, 2 * inner, hidden, DType::Q6_K)},
      {"Linear q8_0", 0, linear(tokens, 2 * inner, hidden, DType::Q8_0)},
      {"Linear q4_0", 0, linear(tokens, 2 * inner, hidden, DType::Q4_0)},
      {"Linear q4_K", 0, linear(tokens, 2 * inner, hidden, DType::Q4_K)},
      {"Linear q6_K", 0, linear(tokens, 2 * inner, hidden, DType::Q6_K)},
      {"Linear f32", 0, linear(tokens, 2 * inner, hidden, DType::F32)},
      {"Linear bf16", 0, linear(tokens, 2 * inner, hidden, DType::BF16)},
      {"x_proj bf16", 0, linear(tokens, projected, inner, DType::BF16)},
      {"LinearGated bf16", 0,
       [=](Device& d) -> Operation {
         return LinearGated{d.weight(Matrix::random(width, hidden, 1), DType::BF16),
                            d.weight(Matrix::random(width, hidden, 2), DType::BF16),
                            random(d, tokens, hidden), random(d, tokens, width)};
       }},
      {"Experts bf16, one", 0, experts(1)},
      {"Experts bf16", 0, experts(tokens)},
      {"EmbedRows bf16", 0,
       [=](Device& d) -> Operation {
         return EmbedRows{d.weight(Matrix::random(1024, hidden, 1), DType::BF16),
                          d.put(std::vector<int32_t>(static_cast<size_t>(tokens), 77), 1),
                          random(d, tokens, hidden)};
       }},
      {"AddNorm", 0,
       [=](Device& d) -> Operation {
         return AddNorm{random(d, tokens, hidden), random(d, tokens, hidden), random(d, 1, hidden),
                        random(d, tokens, hidden), 1e-6F};
       }},
      {"ConvSilu", 0,
       [=](Device& d) -> Operation {
         return ConvSilu{random(d, tokens, 2 * inner).colRange(0, inner), random(d, 4, inner),
                         random(d, 1, inner), random(d, 3, inner), random(d, tokens, inner)};
       }},
      {"SplitNorm", 0,
       [=](Device& d) -> Operation {
         return SplitNorm{random(d, tokens, projected),
                          random(d, 1, rank),
                          random(d, 1, 16),
                          random(d, 1, 16),
                          random(d, tokens, rank),
                          random(d, tokens, 16),
                          random(d, tokens, 16),
                          1e-6F};
       }},
      {"SelectiveScan", 0,
       [=](Device& d) -> Operation {
         return SelectiveScan{
             random(d, tokens, inner), random(d, tokens, inner),
             random(d, 1, inner),      d.put(Matrix::random(16, inner, 1, -9, -1), 0),
             random(d, tokens, 16),    random(d, tokens, 16),
             random(d, 1, inner),      random(d, tokens, 2 * inner).colRange(inner, inner),
             random(d, 16, inner),     random(d, tokens, inner)};
       }},
      {"MambaStep bf16", 0,
       [=](Device& d) -> Operation {
         return MambaStep{random(d, 1, 2 * inner),
                          random(d, 4, inner),
                          random(d, 1, inner),
                          random(d, 3, inner),
                          d.weight(Matrix::random(projected, inner, 1), DType::BF16),
                          random(d, 1, rank),
                          random(d, 1, 16),
                          random(d, 1, 16),
                          d.weight(Matrix::random(inner, rank, 1), DType::BF16),
                          random(d, 1, inner),
                          d.put(Matrix::random(16, inner, 1, -9, -1), 0),
                          random(d, 1, inner),
                          random(d, 16, inner),
                          random(d, 1, 3 * inner + 2 * projected),
                          random(d, 1, inner),
                          1e-6F};
       }},
      many(DType::BF16),
      many(DType::I8),
      one(DType::BF16, 4096, heads),
      one(DType::I8, 4096, heads),
      one(DType::BF16, 32'768, heads),
      one(DType::I8, 32'768, heads),
      one(DType::BF16, 32'768, 4),
      one(DType::I8, 32'768, 4),
      {"Route", 0,
       [=](Device& d) -> Operation {
         return Route{random(d, tokens, 16),
                      d.put(std::vector<int32_t>(static_cast<size_t>(2 * tokens)), tokens),
                      random(d, tokens, 2)};
       }},
      {"TopLogits 64 of 65536", 0,
       [=](Device& d) -> Operation {
         return TopLogits{
             random(d, 1, 65'536), {}, random(d, 1, 64), d.put(std::vector<int32_t>(64), 1)};
       }},
  };
}

// The type of what an operation multiplies with.
DType weightType(const Operation& operation) {
  if (const auto* linear = std::get_if<Linear>(&operation)) return linear->weight.dtype;
  if (const auto* gated = std::get_if<LinearGated>(&operation)) return gated->gate.dtype;
  if (const auto* experts = std::get_if<Experts>(&operation)) return experts->gate.dtype;
  if (const auto* attend = std::get_if<AttendMany>(&operation)) return attend->cache.dtype;
  if (const auto* attend = std::get_if<AttendOne>(&operation)) return attend->cache.dtype;
  return DType::F32;
}

// More than a few seconds are not worth the comparison.
constexpr int64_t kReferenceFlops = 4'000'000'000;

void measure(int64_t hidden, int64_t tokens, int threads, const std::string& only) {
  oneThread = threads == 1;
  const bench::Ceilings ceilings = bench::measureCeilings(threads).value();
  fmt::print(
      "{} threads: {:.0f} GFLOP/s, {:.0f} of bf16, {:.0f} of int8; {:.1f} GB/s. Hidden {}, {} "
      "tokens.\n",
      threads, ceilings.float32Operations * 1e-9, ceilings.bfloat16Operations * 1e-9,
      ceilings.int8Operations * 1e-9, ceilings.memoryBytes * 1e-9, hidden, tokens);
  fmt::print("{:24} {:>12} {:>12}", "microseconds", "floor", "reference");
  for (const std::string& backend : testedBackends()) fmt::print("  {:>26}", backend);
  fmt::print("\n");
  for (const Case& c : cases(hidden, tokens)) {
    if (!c.name.starts_with(only)) continue;
    double floor = 0;
    double slow = 0;
    {
      Device reference("reference");
      const Operation op = c.make(reference);
      const Work work = workOf(op, c.position);
      floor =
          std::max(static_cast<double>(work.flops) / operationsWith(weightType(op), ceilings),
                   static_cast<double>(work.bytesRead + work.bytesWritten) / ceilings.memoryBytes);
      if (work.flops < kReferenceFlops) slow = best([&] { reference.run(op); });
    }
    fmt::print("{:24} {:12.1f} {:12.1f}", c.name, floor * 1e6, slow * 1e6);
    for (const std::string& backend : testedBackends()) {
      Device device(backend, threads);
      const Operation op = c.make(device);
      const double seconds = best([&] { device.run(op); });
      fmt::print("  {:10.1f} {:6.0f} x {:4.0f} %", seconds * 1e6, slow / seconds,
                 100 * floor / seconds);
    }
    fmt::print("\n");
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace lectern::kernels

int main(int argc, char** argv) {
  const auto argument = [&](int index, int64_t otherwise) {
    return argc > index ? std::atoll(argv[index]) : otherwise;
  };
  lectern::kernels::measure(argument(1, 1024), argument(2, 128), static_cast<int>(argument(3, 2)),
                            argc > 4 ? argv[4] : "");
}
