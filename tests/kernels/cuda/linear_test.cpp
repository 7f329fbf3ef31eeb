// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/kernels/cuda/lane.h"

namespace lectern::kernels::cuda {
namespace {

class CudaLinearTest : public testing::TestWithParam<DType> {};

struct Shape {
  int64_t tokens, out, in;
};
// Around the edges of warps, spans, tiles of 64 rows, 128 columns and 32 inputs, and of the 2048
// rows from which on a warp takes a pair. Never fewer than eight results: errors are measured
// against the largest, and a lone one may be a tenth of its terms.
const Shape kShapes[] = {{1, 8, 1},   {1, 40, 300},  {1, 129, 1134}, {1, 2051, 65}, {2, 33, 31},
                         {3, 64, 65}, {13, 200, 50}, {64, 128, 64},  {65, 129, 97}, {70, 7, 129}};

TEST_P(CudaLinearTest, AgreesWithTheReference) {
  for (const auto& [tokens, out, in] : kShapes) {
    SCOPED_TRACE(testing::Message() << tokens << " × " << out << " × " << in);
    const int64_t cols = wholeBlocks(GetParam(), in);
    for (const bool biased : {false, true}) {
      expectLikeReference(boundOf(cols), [&, tokens = tokens, out = out](auto& d) {
        const Tensor result = d.room(tokens, out);
        d.run(Linear{d.weight(out, cols, 1, GetParam()),
                     activationsFor(d, GetParam(), tokens, cols, 1, biased ? 3 : 0),
                     biased ? d.put(Matrix::random(1, out, 3)) : Tensor{}, result});
        return Results{d.get(result)};
      });
    }
  }
}

TEST_P(CudaLinearTest, GatesLikeTheReference) {
  for (const auto& [tokens, out, in] : kShapes) {
    SCOPED_TRACE(testing::Message() << tokens << " × " << out << " × " << in);
    const int64_t cols = wholeBlocks(GetParam(), in);
    expectLikeReference(2 * boundOf(cols), [&, tokens = tokens, out = out](auto& d) {
      const Tensor result = roomFor(d, tokens, out, 0);
      const Weight gate = d.weight(out, cols, 1, GetParam());
      d.run(LinearGated{
          gate, d.weight(out, cols, 4, GetParam()),
          activationsFor(d, GetParam(), tokens, cols, isQuantised(GetParam()) ? 0.01F : 1),
          result});
      return Results{d.get(result)};
    });
  }
}

TEST_P(CudaLinearTest, EmbedsToTheBit) {
  for (const int64_t vocab : {1, 33, 300}) {
    expectLikeReference(0, [&](auto& d) {
      std::vector<int32_t> ids(9);
      for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int32_t>(i * 37 % vocab);
      const int64_t cols = wholeBlocks(GetParam(), 45);
      const Tensor out = d.room(9, cols);
      d.run(EmbedRows{d.weight(vocab, cols, 1, GetParam()), d.put(ids, 1), out});
      return Results{d.get(out)};
    });
  }
}

TEST_P(CudaLinearTest, RunsExpertsLikeTheReference) {
  struct Case {
    int64_t tokens, experts, topK, hidden, width;
  };
  for (const Case& c : {Case{1, 4, 2, 16, 24}, Case{1, 16, 1, 65, 33}, Case{2, 4, 2, 33, 70},
                        Case{7, 3, 3, 40, 31}, Case{150, 4, 2, 50, 20}}) {
    SCOPED_TRACE(c.tokens);
    const int64_t hidden = wholeBlocks(GetParam(), c.hidden);
    const int64_t width = wholeBlocks(GetParam(), c.width);
    std::vector<int32_t> chosen;
    for (int64_t t = 0; t < c.tokens; ++t) {
      for (int64_t k = 0; k < c.topK; ++k) {
        chosen.push_back(static_cast<int32_t>((t * t / 3 + k) % c.experts));
      }
    }
    // What comes between the products is rounded too: to 1/127 of the largest of 32, or to 2⁻⁹.
    const double between = isQuantised(GetParam()) ? 2e-2 : GetParam() == DType::BF16 ? 4e-3 : 0;
    expectLikeReference(between + 2 * boundOf(hidden + width), [&](auto& d) {
      const Tensor out = d.room(c.tokens, hidden);
      d.run(Experts{
          d.weight(c.experts * width, hidden, 1, GetParam(), c.experts),
          d.weight(c.experts * width, hidden, 2, GetParam(), c.experts),
          d.weight(c.experts * hidden, width, 3, GetParam(), c.experts),
          activationsFor(d, GetParam(), c.tokens, hidden, isQuantised(GetParam()) ? 0.01F : 1),
          d.put(chosen, c.tokens), d.put(Matrix::random(c.tokens, c.topK, 5, 0, 1)),
          d.room(c.tokens * c.topK, hidden + width), out});
      return Results{d.get(out)};
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Types,
                         CudaLinearTest,
                         testing::Values(DType::F32,
                                         DType::BF16,
                                         DType::Q8_0,
                                         DType::Q4_0,
                                         DType::Q4_1,
                                         DType::Q5_0,
                                         DType::Q5_1,
                                         DType::Q4_K,
                                         DType::Q5_K,
                                         DType::Q6_K),
                         [](const auto& info) { return asTestName(info.param); });

}  // namespace
}  // namespace lectern::kernels::cuda
