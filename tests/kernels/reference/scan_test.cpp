// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/backend.h"
#include "tests/kernels/op_data.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace lectern::kernels {
namespace {

struct ScanData {
  Matrix u, delta, bias, a, b, c, skip, z, h, out;

  ScanData(int64_t tokens, int64_t inner, int64_t state, uint32_t seed)
      : u(Matrix::random(tokens, inner, seed)),
        delta(Matrix::random(tokens, inner, seed + 1, -3, 1)),
        bias(Matrix::random(1, inner, seed + 2)),
        a(Matrix::random(state, inner, seed + 3, -4, -0.1F)),
        b(Matrix::random(tokens, state, seed + 4)),
        c(Matrix::random(tokens, state, seed + 5)),
        skip(Matrix::random(1, inner, seed + 6)),
        z(Matrix::random(tokens, inner, seed + 7)),
        h(Matrix::random(state, inner, seed + 8)),
        out(tokens, inner) {}

  // Tokens [first, first + count) of the run.
  SelectiveScan part(int64_t first, int64_t count) {
    return {u.view().rowRange(first, count),
            delta.view().rowRange(first, count),
            bias.view(),
            a.view(),
            b.view().rowRange(first, count),
            c.view().rowRange(first, count),
            skip.view(),
            z.view().rowRange(first, count),
            h.view(),
            out.view().rowRange(first, count)};
  }
};

void runOnReference(const Operation& op) {
  const auto backend = openBackend("reference", 1).value();
  const auto stream = backend->newStream().value();
  backend->run(op, *stream);
  ASSERT_TRUE(stream->wait());
}

RC_GTEST_PROP(SelectiveScan, GivesTheSameBitsHoweverTheTokensArrive, ()) {
  const int64_t tokens = *rc::gen::inRange<int64_t>(2, 40);
  const auto seed = *rc::gen::arbitrary<uint16_t>();
  ScanData whole(tokens, 5, 4, seed);
  ScanData parts(tokens, 5, 4, seed);
  runOnReference(whole.part(0, tokens));
  for (int64_t first = 0; first < tokens;) {
    const int64_t count = *rc::gen::inRange<int64_t>(1, tokens - first + 1);
    runOnReference(parts.part(first, count));
    first += count;
  }
  RC_ASSERT(whole.out.values() == parts.out.values());
  RC_ASSERT(whole.h.values() == parts.h.values());
}

RC_GTEST_PROP(ConvSilu, CarriesItsStateAcrossChunksShorterThanItself, ()) {
  const int64_t tokens = *rc::gen::inRange<int64_t>(2, 20);
  const auto seed = *rc::gen::arbitrary<uint16_t>();
  Matrix in = Matrix::random(tokens, 6, seed);
  Matrix weight = Matrix::random(4, 6, seed + 1U);
  Matrix bias = Matrix::random(1, 6, seed + 2U);
  Matrix state(3, 6), stateInParts(3, 6), out(tokens, 6), outInParts(tokens, 6);
  runOnReference(ConvSilu{in.view(), weight.view(), bias.view(), state.view(), out.view()});
  for (int64_t first = 0; first < tokens;) {
    const int64_t count = *rc::gen::inRange<int64_t>(1, tokens - first + 1);
    runOnReference(ConvSilu{in.view().rowRange(first, count), weight.view(), bias.view(),
                            stateInParts.view(), outInParts.view().rowRange(first, count)});
    first += count;
  }
  RC_ASSERT(out.values() == outInParts.values());
  RC_ASSERT(state.values() == stateInParts.values());
}

TEST(ConvSilu, PutsTheLastTapOnTheNewestToken) {
  Matrix in(1, 1), weight(4, 1), state(3, 1), out(1, 1);
  in.at(0, 0) = 2;
  weight.values() = {0, 0, 0, 1};
  runOnReference(ConvSilu{in.view(), weight.view(), {}, state.view(), out.view()});
  EXPECT_FLOAT_EQ(out.at(0, 0), 2.0F / (1.0F + std::exp(-2.0F)));
  EXPECT_EQ(state.values(), (std::vector<float>{0, 0, 2}));
}

TEST(MambaStep, EqualsItsParts) {
  constexpr int64_t kInner = 8, kState = 4, kRank = 3, kProjected = kRank + 2 * kState;
  Matrix xz = Matrix::random(1, 2 * kInner, 1), conv = Matrix::random(4, kInner, 2),
         convBias = Matrix::random(1, kInner, 3), convState = Matrix::random(3, kInner, 4),
         xProj = Matrix::random(kProjected, kInner, 5), dNorm = Matrix::random(1, kRank, 6),
         bNorm = Matrix::random(1, kState, 7), cNorm = Matrix::random(1, kState, 8),
         dProj = Matrix::random(kInner, kRank, 9), dBias = Matrix::random(1, kInner, 10),
         a = Matrix::random(kState, kInner, 11, -2, -0.1F), skip = Matrix::random(1, kInner, 12),
         h = Matrix::random(kState, kInner, 13), scratch(1, 3 * kInner + 2 * kProjected),
         out(1, kInner);
  Matrix convState2 = convState, h2 = h, u(1, kInner), x(1, kProjected), d(1, kRank), b(1, kState),
         c(1, kState), delta(1, kInner), out2(1, kInner);
  constexpr float kEps = 1e-6F;
  runOnReference(MambaStep{xz.view(), conv.view(), convBias.view(), convState.view(),
                           xProj.weight(), dNorm.view(), bNorm.view(), cNorm.view(), dProj.weight(),
                           dBias.view(), a.view(), skip.view(), h.view(), scratch.view(),
                           out.view(), kEps});
  runOnReference(ConvSilu{xz.view().colRange(0, kInner), conv.view(), convBias.view(),
                          convState2.view(), u.view()});
  runOnReference(Linear{xProj.weight(), u.view(), {}, x.view()});
  runOnReference(SplitNorm{x.view(), dNorm.view(), bNorm.view(), cNorm.view(), d.view(), b.view(),
                           c.view(), kEps});
  runOnReference(Linear{dProj.weight(), d.view(), {}, delta.view()});
  runOnReference(SelectiveScan{u.view(), delta.view(), dBias.view(), a.view(), b.view(), c.view(),
                               skip.view(), xz.view().colRange(kInner, kInner), h2.view(),
                               out2.view()});
  EXPECT_EQ(out.values(), out2.values());
  EXPECT_EQ(h.values(), h2.values());
  EXPECT_EQ(convState.values(), convState2.values());
}

}  // namespace
}  // namespace lectern::kernels
