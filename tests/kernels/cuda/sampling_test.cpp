// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/kernels/cuda/lane.h"

#include <cmath>
#include <tuple>

namespace lectern::kernels::cuda {
namespace {

TEST(CudaSampling, RoutesLikeTheReference) {
  for (const auto& [tokens, experts, topK] :
       {std::tuple<int64_t, int64_t, int64_t>{1, 1, 1}, {7, 4, 2}, {64, 16, 2}, {70, 33, 5}}) {
    std::vector<std::vector<int32_t>> chosen;
    expectLikeReference(boundOf(experts), [&, tokens = tokens, experts = experts,
                                           topK = topK](auto& d) {
      const Tensor ids = d.put(std::vector<int32_t>(static_cast<size_t>(tokens * topK)), tokens);
      const Tensor weights = d.room(tokens, topK);
      d.run(Route{d.put(Matrix::random(tokens, experts, 1, -5, 5)), ids, weights});
      chosen.push_back(d.getIds(ids));
      return Results{d.get(weights)};
    });
    for (const auto& list : chosen) EXPECT_EQ(list, chosen.front());
  }
}

TEST(CudaSampling, RoutesToTheLowerNumberOnTies) {
  startEngine(0);
  KernelDevice d;
  Matrix logits(1, 20);
  logits.at(0, 7) = logits.at(0, 3) = 2;
  const Tensor ids = d.put(std::vector<int32_t>(4), 1);
  d.run(Route{d.put(logits), ids, d.room(1, 4)});
  EXPECT_EQ(d.getIds(ids), (std::vector<int32_t>{3, 7, 0, 1}));
}

TEST(CudaSampling, KeepsTheLargestLogitsLikeTheReference) {
  for (const auto& [vocab, keep] :
       {std::pair<int64_t, int64_t>{1, 1}, {33, 33}, {1000, 256}, {1500, 1500}, {5000, 64}}) {
    for (const bool masked : {false, true}) {
      std::vector<std::vector<int32_t>> ids;
      expectLikeReference(0, [&, vocab = vocab, keep = keep](auto& d) {
        Matrix logits = Matrix::random(1, vocab, 1);
        for (float& value : logits.values()) value = std::round(value * 500);  // ties
        const std::vector<int32_t> mask(static_cast<size_t>((vocab + 31) / 32), 0x11110F0F);
        const Tensor values = d.room(1, keep);
        const Tensor kept = d.put(std::vector<int32_t>(static_cast<size_t>(keep)), 1);
        d.run(TopLogits{d.put(logits), masked ? d.put(mask, 1) : Tensor{}, values, kept});
        ids.push_back(d.getIds(kept));
        std::vector<float> found = d.get(values);
        for (float& value : found) value = std::max(value, -1e6F);
        return Results{found};
      });
      for (const auto& list : ids) EXPECT_EQ(list, ids.front()) << vocab << ", " << keep;
    }
  }
}

}  // namespace
}  // namespace lectern::kernels::cuda
