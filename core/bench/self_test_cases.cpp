// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/self_test_cases.h"

#include <fmt/format.h>

#include <utility>

namespace lectern::bench {

using kernels::DType;
using kernels::Tensor;
using kernels::Weight;
using Outputs = std::vector<std::vector<float>>;

namespace {

// In float32 nothing but the order of a sum differs. Others may round what they meet to bfloat16 or
// to bytes (operations.h).
constexpr double kExact = 2e-4;
double boundOf(DType numbers) {
  if (kernels::isQuantised(numbers)) return 2e-2;
  return numbers == DType::F32 ? kExact : 1e-2;
}

const char* nameOf(DType dtype) {
  constexpr const char* kNames[] = {"F32",  "BF16", "I32",  "Q8_0", "Q4_0", "Q4_1",
                                    "Q5_0", "Q5_1", "Q4_K", "Q5_K", "Q6_K", "I8"};
  return kNames[static_cast<size_t>(dtype)];
}

constexpr DType kWeightTypes[] = {DType::F32,  DType::BF16, DType::Q8_0, DType::Q4_0, DType::Q4_1,
                                  DType::Q5_0, DType::Q5_1, DType::Q4_K, DType::Q5_K, DType::Q6_K};

void addProducts(std::vector<SelfTestCase>& cases) {
  for (const DType type : kWeightTypes) {
    for (const int64_t tokens : {1, 33}) {
      cases.push_back({fmt::format("Linear {}, {} × 517 × 768", nameOf(type), tokens),
                       boundOf(type), [=](Workbench& w) -> Outputs {
                         const Weight weight = w.weight(type, 1, 517, 768, 1);
                         const Tensor in = w.numbers(tokens, 768, 2);
                         const Tensor bias = w.numbers(1, 517, 3);
                         const Tensor out = w.zeros(tokens, 517);
                         if (w.isReady()) w.run(kernels::Linear{weight, in, bias, out});
                         return {w.read(out)};
                       }});
      // The product of two sums of which each is off.
      cases.push_back({fmt::format("LinearGated {}, {} × 300 × 512", nameOf(type), tokens),
                       2 * boundOf(type), [=](Workbench& w) -> Outputs {
                         const Weight gate = w.weight(type, 1, 300, 512, 1);
                         const Weight up = w.weight(type, 1, 300, 512, 2);
                         const Tensor in = w.numbers(tokens, 512, 3, -0.01F, 0.01F);
                         const Tensor out = w.zeros(tokens, 300);
                         if (w.isReady()) w.run(kernels::LinearGated{gate, up, in, out});
                         return {w.read(out)};
                       }});
    }
    cases.push_back({fmt::format("EmbedRows {}", nameOf(type)), 0, [=](Workbench& w) -> Outputs {
                       const Weight table = w.weight(type, 1, 300, 512, 1);
                       const Tensor ids = w.ids(1, 65, 300);
                       const Tensor out = w.zeros(65, 512);
                       if (w.isReady()) w.run(kernels::EmbedRows{table, ids, out});
                       return {w.read(out)};
                     }});
  }
}

void addExperts(std::vector<SelfTestCase>& cases) {
  for (const DType type : {DType::F32, DType::BF16, DType::Q8_0, DType::Q4_K}) {
    for (const int64_t tokens : {1, 37}) {
      cases.push_back({fmt::format("Experts {}, {} × 2 of 8", nameOf(type), tokens),
                       2 * boundOf(type), [=](Workbench& w) -> Outputs {
                         const Weight gate = w.weight(type, 8, 512, 256, 1);
                         const Weight up = w.weight(type, 8, 512, 256, 2);
                         const Weight down = w.weight(type, 8, 256, 512, 3);
                         const Tensor in = w.numbers(tokens, 256, 4, -0.01F, 0.01F);
                         const Tensor chosen = w.ids(tokens, 2, 8);
                         const Tensor chances = w.numbers(tokens, 2, 5, 0, 1);
                         const Tensor scratch = w.zeros(tokens * 2, 256 + 512);
                         const Tensor out = w.zeros(tokens, 256);
                         if (w.isReady()) {
                           w.run(
                               kernels::Experts{gate, up, down, in, chosen, chances, scratch, out});
                         }
                         return {w.read(out)};
                       }});
    }
  }
  cases.push_back({"Route 65 × 16", kExact, [](Workbench& w) -> Outputs {
                     const Tensor logits = w.numbers(65, 16, 1, -5, 5);
                     const Tensor chosen = w.ids(65, 2, 16);
                     const Tensor chances = w.zeros(65, 2);
                     if (w.isReady()) w.run(kernels::Route{logits, chosen, chances});
                     return {w.readIds(chosen), w.read(chances)};
                   }});
  cases.push_back({"TopLogits 256 of 65536", 0, [](Workbench& w) -> Outputs {
                     const Tensor logits = w.numbers(1, 65'536, 1);
                     const Tensor values = w.zeros(1, 256);
                     const Tensor ids = w.ids(1, 256, 1);
                     if (w.isReady()) w.run(kernels::TopLogits{logits, {}, values, ids});
                     return {w.readIds(ids), w.read(values)};
                   }});
}

void addMixers(std::vector<SelfTestCase>& cases) {
  for (const int64_t tokens : {1, 65}) {
    cases.push_back(
        {fmt::format("AddNorm {} × 2560", tokens), kExact, [=](Workbench& w) -> Outputs {
           const Tensor residual = w.numbers(tokens, 2560, 1, -3, 3);
           const Tensor delta = w.numbers(tokens, 2560, 2);
           const Tensor weight = w.numbers(1, 2560, 3);
           const Tensor out = w.zeros(tokens, 2560);
           if (w.isReady()) {
             w.run(kernels::AddNorm{residual, delta, weight, out, 1e-6F});
           }
           return {w.read(residual), w.read(out)};
         }});
    cases.push_back(
        {fmt::format("ConvSilu {} × 5120", tokens), kExact, [=](Workbench& w) -> Outputs {
           const Tensor in = w.numbers(tokens, 5120, 1);
           const Tensor weight = w.numbers(4, 5120, 2);
           const Tensor bias = w.numbers(1, 5120, 3);
           const Tensor state = w.numbers(3, 5120, 4);
           const Tensor out = w.zeros(tokens, 5120);
           if (w.isReady()) w.run(kernels::ConvSilu{in, weight, bias, state, out});
           return {w.read(out), w.read(state)};
         }});
    cases.push_back(
        {fmt::format("SplitNorm {} × 192", tokens), kExact, [=](Workbench& w) -> Outputs {
           const Tensor in = w.numbers(tokens, 192, 1);
           const Tensor deltaWeight = w.numbers(1, 160, 2);
           const Tensor bWeight = w.numbers(1, 16, 3);
           const Tensor cWeight = w.numbers(1, 16, 4);
           const Tensor delta = w.zeros(tokens, 160);
           const Tensor b = w.zeros(tokens, 16);
           const Tensor c = w.zeros(tokens, 16);
           if (w.isReady()) {
             w.run(kernels::SplitNorm{in, deltaWeight, bWeight, cWeight, delta, b, c, 1e-6F});
           }
           return {w.read(delta), w.read(b), w.read(c)};
         }});
  }
  for (const int64_t tokens : {1, 33, 300}) {
    cases.push_back(
        {fmt::format("SelectiveScan {} × 520", tokens), kExact, [=](Workbench& w) -> Outputs {
           const Tensor u = w.numbers(tokens, 520, 1);
           const Tensor delta = w.numbers(tokens, 520, 2, -4, 3);
           const Tensor bias = w.numbers(1, 520, 3, -2, 0);
           const Tensor a = w.numbers(16, 520, 4, -16, -0.1F);
           const Tensor b = w.numbers(tokens, 16, 5);
           const Tensor c = w.numbers(tokens, 16, 6);
           const Tensor skip = w.numbers(1, 520, 7);
           const Tensor z = w.numbers(tokens, 520, 8, -3, 3);
           const Tensor h = w.numbers(16, 520, 9);
           const Tensor out = w.zeros(tokens, 520);
           if (w.isReady()) {
             w.run(kernels::SelectiveScan{u, delta, bias, a, b, c, skip, z, h, out});
           }
           return {w.read(out), w.read(h)};
         }});
  }
}

struct Attention {
  int64_t tokens, heads, kvHeads, headDim;
  DType cache;
};

// Fills the cache in one go, then asks with all tokens and with the last one alone.
Outputs attend(Workbench& w, const Attention& shape) {
  const kernels::KvCache cache = w.cache(shape.cache, shape.tokens, shape.kvHeads, shape.headDim);
  const Tensor k = w.numbers(shape.tokens, shape.kvHeads * shape.headDim, 1);
  const Tensor v = w.numbers(shape.tokens, shape.kvHeads * shape.headDim, 2);
  const Tensor q = w.numbers(shape.tokens, shape.heads * shape.headDim, 3);
  const Tensor weights = w.numbers(1, shape.heads, 4, 0, 1);
  const Tensor many = w.zeros(shape.tokens, shape.heads * shape.headDim);
  const Tensor one = w.zeros(1, shape.heads * shape.headDim);
  const int64_t room = cache.pageCount * cache.pageTokens;
  const Tensor mass = w.zeros(1, room / kernels::AttendOne::kBlockTokens);
  const kernels::Step start = w.at(0);
  const kernels::Step last = w.at(static_cast<int32_t>(shape.tokens - 1));
  if (!w.isReady()) return {};
  w.run(kernels::AppendKv{k, v, cache, start});
  w.run(kernels::AttendMany{q, cache, shape.heads, many, start});
  w.run(kernels::AttendOne{q.rowRange(shape.tokens - 1, 1), cache, shape.heads, one, weights, mass,
                           last});
  return {w.read(many), w.read(one), w.read(mass)};
}

void addAttention(std::vector<SelfTestCase>& cases) {
  for (const Attention shape :
       {Attention{70, 4, 2, 32, DType::F32}, Attention{70, 4, 2, 32, DType::BF16},
        Attention{300, 20, 1, 128, DType::BF16}, Attention{129, 32, 8, 128, DType::BF16},
        Attention{129, 6, 1, 128, DType::I8}, Attention{70, 4, 2, 36, DType::I8}}) {
    cases.push_back(
        {fmt::format("Attention {}, {} tokens, {} heads of {} over {}", nameOf(shape.cache),
                     shape.tokens, shape.heads, shape.headDim, shape.kvHeads),
         boundOf(shape.cache), [=](Workbench& w) { return attend(w, shape); }});
  }
}

}  // namespace

std::vector<SelfTestCase> selfTestCases() {
  std::vector<SelfTestCase> cases;
  addMixers(cases);
  addProducts(cases);
  addExperts(cases);
  addAttention(cases);
  return cases;
}

}  // namespace lectern::bench
