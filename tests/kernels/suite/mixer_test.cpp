// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/kernels/suite/device.h"

#include <functional>

namespace lectern::kernels {
namespace {

class MixerTest : public LaneTest<std::string> {};

TEST_P(MixerTest, NormalisesLikeTheReference) {
  for (const int64_t tokens : {1, 2, 7, 64}) {
    for (const int64_t cols : {1, 3, 16, 31, 33, 129, 1134, 4100}) {
      for (const bool added : {false, true}) {
        SCOPED_TRACE(testing::Message() << tokens << " × " << cols);
        expectAgreement(GetParam(), boundOf(cols), [&](Device& d) {
          const Tensor residual = d.put(Matrix::random(tokens, cols, 1, -3, 3));
          const Tensor out = d.room(tokens, cols);
          d.run(AddNorm{residual, added ? d.put(Matrix::random(tokens, cols, 2)) : Tensor{},
                        d.put(Matrix::random(1, cols, 3)), out, 1e-6F});
          return Results{d.get(residual), d.get(out)};
        });
      }
    }
  }
}

TEST_P(MixerTest, SplitsLikeTheReference) {
  for (const bool normed : {false, true}) {
    for (const auto& [rank, state] : {std::pair<int64_t, int64_t>{3, 5}, {16, 16}, {160, 1}}) {
      expectAgreement(GetParam(), boundOf(rank), [&, rank = rank, state = state](Device& d) {
        const auto weight = [&](int64_t cols, uint32_t seed) {
          return normed ? d.put(Matrix::random(1, cols, seed)) : Tensor{};
        };
        const Tensor delta = d.room(9, rank);
        const Tensor b = d.room(9, state);
        const Tensor c = d.room(9, state);
        d.run(SplitNorm{d.put(Matrix::random(9, rank + 2 * state, 1)), weight(rank, 2),
                        weight(state, 3), weight(state, 4), delta, b, c, 1e-6F});
        return Results{d.get(delta), d.get(b), d.get(c)};
      });
    }
  }
}

struct Scan {
  int64_t tokens, inner, state, taps;
};
const Scan kScans[] = {{1, 1, 1, 2},     {1, 33, 5, 4},   {2, 16, 16, 4},
                       {3, 31, 16, 4},   {7, 129, 16, 3}, {64, 50, 20, 2},
                       {513, 17, 16, 4}, {70, 36, 16, 4}, {5, 9, 70, 4}};

TEST_P(MixerTest, ConvolvesLikeTheReferenceInAnyPieces) {
  for (const auto& [tokens, inner, state, taps] : kScans) {
    SCOPED_TRACE(testing::Message() << tokens << " × " << inner);
    for (const bool biased : {false, true}) {
      const auto run = [&, tokens = tokens, inner = inner, taps = taps](Device& d, int64_t piece) {
        const Tensor in = d.put(Matrix::random(tokens, inner, 1));
        const Tensor weight = d.put(Matrix::random(taps, inner, 2));
        const Tensor bias = biased ? d.put(Matrix::random(1, inner, 3)) : Tensor{};
        const Tensor past = d.put(Matrix::random(taps - 1, inner, 4));
        const Tensor out = d.room(tokens, inner);
        for (int64_t t = 0; t < tokens; t += piece) {
          const int64_t count = std::min(piece, tokens - t);
          d.run(ConvSilu{in.rowRange(t, count), weight, bias, past, out.rowRange(t, count)});
        }
        return Results{d.get(out), d.get(past)};
      };
      expectAgreement(GetParam(), boundOf(taps),
                      [&, tokens = tokens](Device& d) { return run(d, tokens); });
      Device whole(GetParam());
      Device pieces(GetParam());
      expectSame(GetParam(), run(whole, tokens), run(pieces, 2), boundOf(taps));
    }
  }
}

TEST_P(MixerTest, ScansLikeTheReferenceInAnyPieces) {
  for (const auto& [tokens, inner, state, taps] : kScans) {
    SCOPED_TRACE(testing::Message() << tokens << " × " << inner << " × " << state);
    for (const bool gated : {false, true}) {
      const auto run = [&, tokens = tokens, inner = inner, state = state](Device& d,
                                                                          int64_t piece) {
        const Tensor u = d.put(Matrix::random(tokens, inner, 1));
        const Tensor delta = d.put(Matrix::random(tokens, inner, 2, -4, 3));
        const Tensor bias = d.put(Matrix::random(1, inner, 3, -2, 0));
        const Tensor a = d.put(Matrix::random(state, inner, 4, -16, -0.1F));
        const Tensor b = d.put(Matrix::random(tokens, state, 5));
        const Tensor c = d.put(Matrix::random(tokens, state, 6));
        const Tensor skip = d.put(Matrix::random(1, inner, 7));
        const Tensor z = d.put(Matrix::random(tokens, inner, 8, -3, 3));
        const Tensor h = d.put(Matrix::random(state, inner, 9));
        const Tensor out = d.room(tokens, inner);
        for (int64_t t = 0; t < tokens; t += piece) {
          const int64_t count = std::min(piece, tokens - t);
          d.run(SelectiveScan{u.rowRange(t, count), delta.rowRange(t, count), bias, a,
                              b.rowRange(t, count), c.rowRange(t, count), skip,
                              gated ? z.rowRange(t, count) : Tensor{}, h, out.rowRange(t, count)});
        }
        return Results{d.get(out), d.get(h)};
      };
      expectAgreement(GetParam(), boundOf(4 * state),
                      [&, tokens = tokens](Device& d) { return run(d, tokens); });
      Device whole(GetParam());
      Device pieces(GetParam());
      expectSame(GetParam(), run(whole, tokens), run(pieces, 3), boundOf(4 * state));
    }
  }
}

// What a whole Mamba mixer of some shape needs besides the weights' type.
struct Mixer {
  Mixer(Device& d, DType dtype, bool normed)
      : inner(isQuantised(dtype) ? 96 : 77),
        rank(isQuantised(dtype) ? 32 : 9),
        projected(rank + 2 * kState),
        xz(d.put(Matrix::random(kTokens, 2 * inner, 1))),
        convWeight(d.put(Matrix::random(4, inner, 2))),
        convBias(d.put(Matrix::random(1, inner, 3))),
        convState(d.put(Matrix::random(3, inner, 4))),
        xProj(d.weight(projected, inner, 5, dtype)),
        deltaNorm(normed ? d.put(Matrix::random(1, rank, 6)) : Tensor{}),
        bNorm(normed ? d.put(Matrix::random(1, kState, 7)) : Tensor{}),
        cNorm(normed ? d.put(Matrix::random(1, kState, 8)) : Tensor{}),
        deltaProj(d.weight(inner, rank, 9, dtype)),
        deltaBias(d.put(Matrix::random(1, inner, 10))),
        a(d.put(Matrix::random(kState, inner, 11, -8, -0.1F))),
        skip(d.put(Matrix::random(1, inner, 12))),
        h(d.put(Matrix::random(kState, inner, 13))),
        out(d.room(kTokens, inner)) {}

  void step(Device& d, int64_t t) {
    d.run(MambaStep{xz.rowRange(t, 1), convWeight, convBias, convState, xProj, deltaNorm, bNorm,
                    cNorm, deltaProj, deltaBias, a, skip, h, d.room(1, 3 * inner + 2 * projected),
                    out.rowRange(t, 1), 1e-6F});
  }
  void together(Device& d) {
    const Tensor u = d.room(kTokens, inner);
    const Tensor split = d.room(kTokens, projected);
    const Tensor low = d.room(kTokens, rank);
    const Tensor b = d.room(kTokens, kState);
    const Tensor c = d.room(kTokens, kState);
    const Tensor delta = d.room(kTokens, inner);
    d.run(ConvSilu{xz.colRange(0, inner), convWeight, convBias, convState, u});
    d.run(Linear{xProj, u, {}, split});
    d.run(SplitNorm{split, deltaNorm, bNorm, cNorm, low, b, c, 1e-6F});
    d.run(Linear{deltaProj, low, {}, delta});
    d.run(SelectiveScan{u, delta, deltaBias, a, b, c, skip, xz.colRange(inner, inner), h, out});
  }

  static constexpr int64_t kTokens = 5;
  static constexpr int64_t kState = 16;

  int64_t inner, rank, projected;
  Tensor xz, convWeight, convBias, convState;
  Weight xProj;
  Tensor deltaNorm, bNorm, cNorm;
  Weight deltaProj;
  Tensor deltaBias, a, skip, h, out;
};

TEST_P(MixerTest, StepsLikeTheReferenceAndLikeAllTokensTogether) {
  for (const DType dtype : {DType::F32, DType::BF16, DType::Q8_0}) {
    // What comes between the projections is rounded, and the reference's is not.
    const double between = dtype == DType::Q8_0   ? 0x1p-4
                           : dtype == DType::BF16 ? 4 * lane().halvesError
                                                  : 0;
    const double bound = between + 8 * boundOf(96);
    for (const bool normed : {false, true}) {
      SCOPED_TRACE(testing::Message() << asTestName(dtype) << (normed ? " with norms" : ""));
      const auto steps = [&](Device& d) {
        Mixer mixer(d, dtype, normed);
        for (int64_t t = 0; t < Mixer::kTokens; ++t) mixer.step(d, t);
        return Results{d.get(mixer.out), d.get(mixer.h), d.get(mixer.convState)};
      };
      expectAgreement(GetParam(), bound, steps);
      Device alone(GetParam());
      Device d(GetParam());
      Mixer mixer(d, dtype, normed);
      mixer.together(d);
      expectSame(GetParam(), steps(alone),
                 Results{d.get(mixer.out), d.get(mixer.h), d.get(mixer.convState)}, bound);
    }
  }
}

// The vector functions, each through an operation that shows it bare, against double precision.
// Errors are relative, in units of the last place of float32.
double unitsOff(const std::vector<float>& values,
                const std::vector<float>& x,
                const std::function<double(double)>& exact) {
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = exact(double{x[i]});
    worst = std::max(worst, std::abs(double{values[i]} - expected) / std::abs(expected));
  }
  return std::ldexp(worst, 23);
}

constexpr int64_t kPoints = 100'003;
Matrix points(float low, float high) {
  Matrix x(1, kPoints);
  for (int64_t i = 0; i < kPoints; ++i) {
    x.at(0, i) = low + (high - low) * static_cast<float>(i) / static_cast<float>(kPoints - 1);
  }
  return x;
}
Matrix constant(int64_t rows, float value) {
  Matrix m(rows, kPoints);
  std::fill(m.values().begin(), m.values().end(), value);
  return m;
}

TEST_P(MixerTest, ComputesSiluWithinAFewUnits) {
  Device d(GetParam());
  Matrix x = points(-80, 80);
  Matrix taps(2, kPoints);
  std::fill_n(taps.values().begin() + kPoints, kPoints, 1.0F);
  const Tensor out = d.room(1, kPoints);
  d.run(ConvSilu{d.put(x), d.put(taps), {}, d.room(1, kPoints), out});
  EXPECT_LE(unitsOff(d.get(out), x.values(), [](double v) { return v / (1 + std::exp(-v)); }),
            lane().unitsOfFunctions);
}

// h = exp(delta a) h with delta = 32 exactly. The exponent is a product of three rounded numbers,
// and what it is off by (half a unit, relatively, for each) the power is off by x times as much.
TEST_P(MixerTest, DecaysWithinTheRoundingOfTheExponentAndToZero) {
  Device d(GetParam());
  Matrix x = points(-87, 0);
  Matrix a(1, kPoints);
  for (int64_t i = 0; i < kPoints; ++i) a.at(0, i) = x.at(0, i) / 32;
  const auto decayed = [&](const Matrix& rate) {
    const Tensor h = d.put(constant(1, 1));
    d.run(SelectiveScan{d.room(1, kPoints),
                        d.put(constant(1, 32)),
                        d.room(1, kPoints),
                        d.put(rate),
                        d.room(1, 1),
                        d.room(1, 1),
                        d.room(1, kPoints),
                        {},
                        h,
                        d.room(1, kPoints)});
    return d.get(h);
  };
  const std::vector<float> values = decayed(a);
  for (size_t i = 0; i < values.size(); ++i) {
    const double exponent = double{x.values()[i]};
    const double exact = std::exp(exponent);
    ASSERT_LE(std::abs(double{values[i]} - exact),
              std::ldexp(exact, -23) * (2 + lane().unitsPerExponent * std::abs(exponent)))
        << exponent;
  }
  for (const float value : decayed(constant(1, -10))) ASSERT_EQ(value, 0.0F);
  for (const float value : decayed(constant(1, std::nanf("")))) ASSERT_TRUE(std::isnan(value));
}

// h = delta b u from h = 0 with b = u = 1.
TEST_P(MixerTest, ComputesSoftplusWithinAFewUnits) {
  Device d(GetParam());
  Matrix x = points(-80, 100);
  const Tensor h = d.room(1, kPoints);
  Matrix one(1, 1);
  one.at(0, 0) = 1;
  d.run(SelectiveScan{d.put(constant(1, 1)),
                      d.put(x),
                      d.room(1, kPoints),
                      d.put(constant(1, -1)),
                      d.put(one),
                      d.room(1, 1),
                      d.room(1, kPoints),
                      {},
                      h,
                      d.room(1, kPoints)});
  const auto exact = [](double v) { return v > 30 ? v : std::log1p(std::exp(v)); };
  EXPECT_LE(unitsOff(d.get(h), x.values(), exact), lane().unitsOfFunctions);
}

INSTANTIATE_TEST_SUITE_P(Backends,
                         MixerTest,
                         testing::ValuesIn(testedBackends()),
                         [](const auto& info) { return test::asTestName(info.param); });

}  // namespace
}  // namespace lectern::kernels
