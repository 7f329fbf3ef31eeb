// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/kernels/suite/device.h"

#include <thread>

namespace lectern::kernels {
namespace {

class SamplingTest : public LaneTest<std::string> {};

TEST_P(SamplingTest, RoutesLikeTheReference) {
  for (const auto& [tokens, experts, topK] :
       {std::tuple<int64_t, int64_t, int64_t>{1, 1, 1}, {7, 4, 2}, {64, 16, 2}, {513, 33, 5}}) {
    std::vector<std::vector<int32_t>> chosen;
    expectAgreement(GetParam(), boundOf(experts),
                    [&, tokens = tokens, experts = experts, topK = topK](Device& d) {
                      const Tensor ids =
                          d.put(std::vector<int32_t>(static_cast<size_t>(tokens * topK)), tokens);
                      const Tensor weights = d.room(tokens, topK);
                      d.run(Route{d.put(Matrix::random(tokens, experts, 1, -5, 5)), ids, weights});
                      chosen.push_back(d.getIds(ids));
                      return Results{d.get(weights)};
                    });
    for (const auto& list : chosen) EXPECT_EQ(list, chosen.front());
  }
}

TEST_P(SamplingTest, RoutesToTheLowerNumberOnTies) {
  Device d(GetParam());
  Matrix logits(1, 20);
  logits.at(0, 7) = logits.at(0, 3) = 2;
  const Tensor ids = d.put(std::vector<int32_t>(4), 1);
  d.run(Route{d.put(logits), ids, d.room(1, 4)});
  EXPECT_EQ(d.getIds(ids), (std::vector<int32_t>{3, 7, 0, 1}));
}

TEST_P(SamplingTest, KeepsTheLargestLogitsLikeTheReference) {
  for (const auto& [vocab, keep] : {std::pair<int64_t, int64_t>{1, 1},
                                    {33, 33},
                                    {1000, 256},
                                    {1500, 1500},
                                    {65'536, 1},
                                    {65'536, 64}}) {
    for (const bool masked : {false, true}) {
      std::vector<std::vector<int32_t>> ids;
      expectAgreement(GetParam(), 0, [&, vocab = vocab, keep = keep](Device& d) {
        Matrix logits = Matrix::random(1, vocab, 1);
        for (float& value : logits.values()) value = std::round(value * 500);  // ties
        std::vector<int32_t> mask(static_cast<size_t>((vocab + 31) / 32), 0x11110F0F);
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

TEST_P(SamplingTest, ReplaysARecordingWithFreshValues) {
  Device d(GetParam());
  const Weight weight = d.weight(Matrix::random(30, 4, 1), DType::F32);
  const Tensor in = d.put(Matrix::random(1, 4, 2));
  const Tensor out = d.room(1, 30);
  const Linear op{weight, in, {}, out};
  const auto recording =
      d.backend().record([&](Stream& stream) { d.backend().run(op, stream); }).value();
  const auto stream = d.backend().newStream().value();
  EXPECT_EQ(d.get(out), std::vector<float>(30, 0.0F));
  for (const uint32_t seed : {3U, 4U}) {
    Matrix fresh = Matrix::random(1, 4, seed);
    stream->copyIn(in.data, fresh.values().data(), 16);
    stream->replay(*recording, 0);
    ASSERT_TRUE(stream->wait());
    const std::vector<float> replayed = d.get(out);
    d.run(op);
    EXPECT_EQ(d.get(out), replayed);
  }
}

TEST_P(SamplingTest, ServesStreamsOfSeveralThreads) {
  Device d(GetParam());
  const Weight weight = d.weight(Matrix::random(300, 400, 1), DType::F32);
  const Tensor in = d.put(Matrix::random(7, 400, 2));
  const Tensor expected = d.room(7, 300);
  const Tensor results[] = {d.room(7, 300), d.room(7, 300)};
  d.run(Linear{weight, in, {}, expected});  // which waits for all that was copied, too
  const int rounds = lane().mostWork < 50 * 7 * 300 * 400 ? 2 : 50;
  std::vector<std::thread> threads;
  for (const Tensor& result : results) {
    threads.emplace_back([&, result] {
      const auto stream = d.backend().newStream().value();
      for (int i = 0; i < rounds; ++i) d.backend().run(Linear{weight, in, {}, result}, *stream);
      EXPECT_TRUE(stream->wait());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Tensor& result : results) EXPECT_EQ(d.get(result), d.get(expected));
}

INSTANTIATE_TEST_SUITE_P(Backends,
                         SamplingTest,
                         testing::ValuesIn(testedBackends()),
                         [](const auto& info) { return test::asTestName(info.param); });

}  // namespace
}  // namespace lectern::kernels
