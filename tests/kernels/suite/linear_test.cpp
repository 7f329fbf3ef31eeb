// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/kernels/suite/device.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace lectern::kernels {
namespace {

class LinearTest : public LaneTest<std::tuple<std::string, DType>> {
 protected:
  [[nodiscard]] DType dtype() const { return std::get<1>(GetParam()); }
  /// Whether so many tokens are rounded to bfloat16 where they meet a weight of so many elements.
  [[nodiscard]] bool roundsToHalves(int64_t tokens, int64_t elements) const {
    if (elements < lane().roundsFrom) return false;
    return dtype() == DType::BF16 || (isQuantised(dtype()) && tokens > 1 && lane().roundsQuantised);
  }
  /// The fewest tokens that have the same bits as among others.
  [[nodiscard]] int64_t fewestTokens() const {
    return isQuantised(dtype()) && lane().roundsQuantised ? 2 : 1;
  }
  /// The random matrix [groups · out, in] of the type, for a product with so many tokens. Where the
  /// backend rounds it, the reference gets the rounded numbers.
  Weight weightFor(Device& d,
                   int64_t tokens,
                   int64_t rows,
                   int64_t cols,
                   uint32_t seed,
                   int64_t groups = 1) const {
    const bool rounds = isQuantised(dtype()) && roundsToHalves(tokens, rows / groups * cols);
    if (!rounds || !d.isReference()) return d.weight(rows, cols, seed, dtype(), groups);
    Matrix numbers(rows, cols);
    dequantise(dtype(), randomBlocks(dtype(), rows * cols, seed).data(), rows * cols,
               numbers.values().data());
    return d.weight(numbers, DType::BF16, groups);
  }
  /// Of a product with that many terms.
  [[nodiscard]] double boundFor(int64_t terms) const {
    return boundOf(terms) + (dtype() == DType::BF16 ? lane().halvesError : 0);
  }
  /// As many columns as the type's blocks have.
  [[nodiscard]] int64_t whole(int64_t cols) const {
    const int64_t elements = blockShape(dtype()).elements;
    return (cols + elements - 1) / elements * elements;
  }
  /// A backend may round what it multiplies with a weight; the reference, which does not, gets the
  /// rounded numbers.
  Tensor activations(Device& d, int64_t tokens, const Weight& weight, float largest = 1) const {
    return rounded(d, Matrix::random(tokens, weight.in, 2, -largest, largest), weight);
  }
  Tensor rounded(Device& d, Matrix values, const Weight& weight) const {
    const int64_t tokens = values.view().rows;
    const bool toHalves = roundsToHalves(tokens, weight.out * weight.in);
    if (!d.isReference()) return d.put(values);
    for (int64_t t = 0; t < tokens; ++t) {
      if (isQuantised(dtype()) && !toHalves) roundToBytes(&values.at(t, 0), weight.in);
      for (int64_t i = 0; toHalves && i < weight.in; ++i) {
        values.at(t, i) = toFloat(toBFloat16(values.at(t, i)));
      }
    }
    return d.put(values);
  }
};

struct ProductSides {
  int64_t tokens, out, in;
};
// Around the edges of registers, panels, tiles of tokens, warps, spans and blocks of them; and what
// models have. Never fewer than five results: errors are measured against the largest, and a lone
// one may be a tenth of its terms.
const ProductSides kProducts[] = {
    {1, 8, 1},     {1, 40, 300},    {1, 512, 128}, {1, 129, 1134}, {1, 520, 1030}, {2, 33, 31},
    {3, 64, 65},   {5, 16, 513},    {6, 130, 7},   {7, 31, 129},   {11, 72, 96},   {12, 128, 32},
    {13, 200, 50}, {13, 520, 1030}, {24, 5, 1030}, {64, 127, 33},  {193, 40, 24},  {517, 36, 20},
    {1, 2051, 65}, {65, 129, 97},   {70, 7, 129},  {3, 21, 2300}};

// Some groups of 32 have one number that is far larger than the others, not in every token.
Matrix withOutliers(int64_t tokens, int64_t in) {
  Matrix values = Matrix::random(tokens, in, 2);
  for (int64_t t = 0; t < tokens; ++t) {
    if (t % 4 == 3) continue;
    for (int64_t i = t % 3 * 32 + 5; i < in; i += 96) values.at(t, i) = 25;
  }
  return values;
}

TEST_P(LinearTest, AgreesWithTheReference) {
  for (const auto& [tokens, out, in] : kProducts) {
    if (tokens * out * whole(in) > lane().mostWork) continue;
    SCOPED_TRACE(testing::Message() << tokens << " × " << out << " × " << in);
    for (const bool biased : {false, true}) {
      expectAgreement(backend(), boundFor(whole(in)),
                      [&, tokens = tokens, out = out, in = in](Device& d) {
                        const Tensor result = d.room(tokens, out);
                        const Weight weight = weightFor(d, tokens, out, whole(in), 1);
                        d.run(Linear{weight, activations(d, tokens, weight),
                                     biased ? d.put(Matrix::random(1, out, 3)) : Tensor{}, result});
                        return Results{d.get(result)};
                      });
    }
  }
}

TEST_P(LinearTest, GivesATokenTheSameAloneAndAmongOthers) {
  for (const auto& [tokens, out, in] : kProducts) {
    if (tokens * out * whole(in) > lane().mostWork) continue;
    SCOPED_TRACE(testing::Message() << tokens << " × " << out << " × " << in);
    Device d(backend());
    const Weight weight = d.weight(out, whole(in), 1, dtype());
    const Tensor rows = d.put(withOutliers(tokens, whole(in)));
    const Tensor together = d.room(tokens, out);
    const Tensor alone = d.room(tokens, out);
    d.run(Linear{weight, rows, {}, together});
    const int64_t few = std::min(fewestTokens(), tokens);
    for (int64_t t = 0; t < tokens; t += few) {
      const int64_t first = std::min(t, tokens - few);
      d.run(Linear{weight, rows.rowRange(first, few), {}, alone.rowRange(first, few)});
    }
    expectSame(backend(), {d.get(alone)}, {d.get(together)}, boundFor(whole(in)));
  }
}

TEST_P(LinearTest, AgreesWithTheReferenceWhereGroupsHaveAnOutlier) {
  for (const auto& [tokens, out, in] : kProducts) {
    if (tokens * out * whole(in) > lane().mostWork) continue;
    SCOPED_TRACE(testing::Message() << tokens << " × " << out << " × " << in);
    expectAgreement(
        backend(), boundFor(whole(in)), [&, tokens = tokens, out = out, in = in](Device& d) {
          const Tensor result = d.room(tokens, out);
          const Weight weight = weightFor(d, tokens, out, whole(in), 1);
          d.run(Linear{weight, rounded(d, withOutliers(tokens, whole(in)), weight), {}, result});
          return Results{d.get(result)};
        });
  }
}

TEST_P(LinearTest, GatesLikeTheReference) {
  for (const auto& [tokens, out, in] : kProducts) {
    if (tokens * out * whole(in) > lane().mostWork) continue;
    SCOPED_TRACE(testing::Message() << tokens << " × " << out << " × " << in);
    expectAgreement(
        backend(), 2 * boundFor(whole(in)), [&, tokens = tokens, out = out, in = in](Device& d) {
          const Tensor result = d.room(tokens, out);
          const Weight gate = weightFor(d, tokens, out, whole(in), 1);
          d.run(LinearGated{gate, weightFor(d, tokens, out, whole(in), 4),
                            activations(d, tokens, gate, isQuantised(dtype()) ? 0.01F : 1),
                            result});
          return Results{d.get(result)};
        });
  }
}

TEST_P(LinearTest, LeavesWhatLiesBetweenTheRows) {
  Device d(backend());
  Matrix values = Matrix::random(5, 41, 9);
  const Tensor wide = d.put(values, 0);
  d.run(Linear{d.weight(19, whole(8), 1, dtype()),
               d.put(Matrix::random(5, whole(8), 2)),
               {},
               wide.colRange(3, 19)});
  const std::vector<float> after = d.get(wide);
  for (int64_t r = 0; r < 5; ++r) {
    for (int64_t c = 0; c < 41; ++c) {
      if (c >= 3 && c < 22) continue;
      ASSERT_EQ(after[static_cast<size_t>(r * 41 + c)], values.at(r, c)) << r << ", " << c;
    }
  }
}

TEST_P(LinearTest, EmbedsToTheBit) {
  for (const int64_t vocab : {1, 31, 33, 300}) {
    expectAgreement(backend(), 0, [&](Device& d) {
      std::vector<int32_t> ids(70);
      for (size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<int32_t>(i * 37 % vocab);
      const Tensor out = d.room(70, whole(45));
      d.run(EmbedRows{d.weight(vocab, whole(45), 1, dtype()), d.put(ids, 1), out});
      return Results{d.get(out)};
    });
  }
}

TEST_P(LinearTest, RunsExpertsLikeTheReference) {
  struct Case {
    int64_t tokens, experts, topK, hidden, width;
  };
  for (Case c :
       {Case{1, 4, 2, 16, 24}, Case{1, 16, 1, 65, 33}, Case{2, 4, 2, 33, 70}, Case{7, 3, 3, 40, 31},
        Case{64, 8, 2, 50, 20}, Case{513, 4, 2, 24, 17}, Case{40, 2, 1, 1024, 512}}) {
    if (isQuantised(dtype()) && c.tokens > 100) continue;  // a chunk of blocks takes seconds
    c.hidden = whole(c.hidden);
    c.width = whole(c.width);
    if (3 * c.tokens * c.topK * c.hidden * c.width > lane().mostWork) continue;
    SCOPED_TRACE(c.tokens);
    const auto run = [&](Device& d, bool fewByFew) {
      std::vector<int32_t> chosen;
      for (int64_t t = 0; t < c.tokens; ++t) {
        for (int64_t k = 0; k < c.topK; ++k) {
          chosen.push_back(static_cast<int32_t>((t * t / 3 + k) % c.experts));
        }
      }
      const Tensor out = d.room(c.tokens, c.hidden);
      const auto weight = [&](int64_t out, int64_t in, uint32_t seed) {
        return weightFor(d, c.tokens, c.experts * out, in, seed, c.experts);
      };
      const Weight gate = weight(c.width, c.hidden, 1);
      const Experts op{gate,
                       weight(c.width, c.hidden, 2),
                       weight(c.hidden, c.width, 3),
                       activations(d, c.tokens, gate, isQuantised(dtype()) ? 0.01F : 1),
                       d.put(chosen, c.tokens),
                       d.put(Matrix::random(c.tokens, c.topK, 5, 0, 1)),
                       d.room(c.tokens * c.topK, c.hidden + c.width),
                       out};
      const int64_t few = fewByFew ? std::min(fewestTokens(), c.tokens) : c.tokens;
      for (int64_t t = 0; t < c.tokens; t += few) {
        const int64_t first = std::min(t, c.tokens - few);
        Experts some = op;
        some.in = op.in.rowRange(first, few);
        some.experts = op.experts.rowRange(first, few);
        some.weights = op.weights.rowRange(first, few);
        some.scratch = op.scratch.rowRange(0, few * c.topK);
        some.out = op.out.rowRange(first, few);
        d.run(some);
      }
      return Results{d.get(out)};
    };
    // What comes between the products is rounded too: to 1/127 of the largest of 32, or to 2⁻⁹.
    const double between = roundsToHalves(c.tokens, c.width * c.hidden) ? 4e-3
                           : isQuantised(dtype())                       ? 2e-2
                                                                        : 0;
    const double bound = between + 2 * boundFor(c.hidden + c.width);
    expectAgreement(backend(), bound, [&](Device& d) { return run(d, false); });
    Device together(backend());
    Device alone(backend());
    expectSame(backend(), run(together, false), run(alone, true), bound);
  }
}

INSTANTIATE_TEST_SUITE_P(Backends,
                         LinearTest,
                         testing::Combine(testing::ValuesIn(testedBackends()),
                                          testing::ValuesIn(testedWeights())),
                         [](const auto& info) {
                           return test::asTestName(std::get<0>(info.param)) + "_" +
                                  asTestName(std::get<1>(info.param));
                         });

}  // namespace
}  // namespace lectern::kernels
