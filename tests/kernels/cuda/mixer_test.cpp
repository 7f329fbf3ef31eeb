// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/kernels/cuda/lane.h"

namespace lectern::kernels::cuda {
namespace {

TEST(CudaMixer, NormalisesLikeTheReference) {
  for (const int64_t cols : {1, 3, 31, 129, 1134, 4100}) {
    for (const bool added : {false, true}) {
      SCOPED_TRACE(cols);
      expectLikeReference(boundOf(cols), [&](auto& d) {
        const int64_t gap = added ? 3 : 0;
        const Tensor residual = d.put(Matrix::random(3, cols, 1, -3, 3), gap);
        const Tensor out = roomFor(d, 3, cols, gap);
        d.run(AddNorm{residual, added ? d.put(Matrix::random(3, cols, 2)) : Tensor{},
                      d.put(Matrix::random(1, cols, 3)), out, 1e-6F});
        return Results{d.get(residual), d.get(out)};
      });
    }
  }
}

TEST(CudaMixer, SplitsLikeTheReference) {
  for (const bool normed : {false, true}) {
    for (const auto& [rank, state] : {std::pair<int64_t, int64_t>{3, 5}, {16, 16}, {160, 1}}) {
      expectLikeReference(boundOf(rank), [&, rank = rank, state = state](auto& d) {
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
const Scan kScans[] = {{1, 1, 1, 2},    {1, 33, 5, 4},   {2, 16, 16, 4},  {3, 31, 16, 4},
                       {7, 129, 16, 3}, {33, 50, 20, 2}, {70, 36, 16, 4}, {5, 9, 70, 4}};

TEST(CudaMixer, ConvolvesLikeTheReferenceInAnyPieces) {
  for (const auto& [tokens, inner, state, taps] : kScans) {
    SCOPED_TRACE(testing::Message() << tokens << " × " << inner);
    for (const int64_t piece : {tokens, int64_t{2}}) {
      expectLikeReference(boundOf(taps), [&, tokens = tokens, inner = inner, taps = taps](auto& d) {
        const int64_t gap = piece == 2 ? 3 : 0;
        const Tensor in = d.put(Matrix::random(tokens, inner, 1), gap);
        const Tensor weight = d.put(Matrix::random(taps, inner, 2), gap);
        const Tensor bias = piece == 2 ? Tensor{} : d.put(Matrix::random(1, inner, 3));
        const Tensor past = d.put(Matrix::random(taps - 1, inner, 4));
        const Tensor out = roomFor(d, tokens, inner, gap);
        for (int64_t t = 0; t < tokens; t += piece) {
          const int64_t count = std::min(piece, tokens - t);
          d.run(ConvSilu{in.rowRange(t, count), weight, bias, past, out.rowRange(t, count)});
        }
        return Results{d.get(out), d.get(past)};
      });
    }
  }
}

TEST(CudaMixer, ScansLikeTheReferenceAndInAnyPieces) {
  for (const auto& [tokens, inner, state, taps] : kScans) {
    SCOPED_TRACE(testing::Message() << tokens << " × " << inner << " × " << state);
    Results whole;
    for (const int64_t piece : {tokens, int64_t{3}}) {
      const auto run = [&, tokens = tokens, inner = inner, state = state](auto& d) {
        const bool gated = inner != 31;
        const int64_t gap = piece == 3 ? 3 : 0;
        const Tensor u = d.put(Matrix::random(tokens, inner, 1), gap);
        const Tensor delta = d.put(Matrix::random(tokens, inner, 2, -4, 3), gap);
        const Tensor bias = d.put(Matrix::random(1, inner, 3, -2, 0));
        const Tensor a = d.put(Matrix::random(state, inner, 4, -16, -0.1F));
        const Tensor b = d.put(Matrix::random(tokens, state, 5));
        const Tensor c = d.put(Matrix::random(tokens, state, 6));
        const Tensor skip = d.put(Matrix::random(1, inner, 7));
        const Tensor z = d.put(Matrix::random(tokens, inner, 8, -3, 3), gap);
        const Tensor h = d.put(Matrix::random(state, inner, 9));
        const Tensor out = roomFor(d, tokens, inner, gap);
        for (int64_t t = 0; t < tokens; t += piece) {
          const int64_t count = std::min(piece, tokens - t);
          d.run(SelectiveScan{u.rowRange(t, count), delta.rowRange(t, count), bias, a,
                              b.rowRange(t, count), c.rowRange(t, count), skip,
                              gated ? z.rowRange(t, count) : Tensor{}, h, out.rowRange(t, count)});
        }
        return Results{d.get(out), d.get(h)};
      };
      expectLikeReference(boundOf(4 * state), run);
      startEngine(0);
      KernelDevice device;
      const Results results = run(device);
      if (whole.empty()) whole = results;
      EXPECT_EQ(results, whole) << "in pieces of " << piece;
    }
  }
}

TEST(CudaMixer, StepsLikeTheReference) {
  constexpr int64_t kInner = 77;
  constexpr int64_t kState = 16;
  for (const DType dtype : {DType::F32, DType::BF16, DType::Q8_0}) {
    // A quantised weight's columns are whole spans.
    const int64_t inner = dtype == DType::Q8_0 ? 96 : kInner;
    const int64_t rank = dtype == DType::Q8_0 ? 32 : 9;
    const int64_t projected = rank + 2 * kState;
    // What comes between the projections cannot be rounded for the reference.
    const double bound = dtype == DType::F32    ? 4 * boundOf(inner)
                         : dtype == DType::BF16 ? 0x1p-6
                                                : 0x1p-5;
    for (const bool normed : {false, true}) {
      SCOPED_TRACE(asTestName(dtype));
      expectLikeReference(bound, [&](auto& d) {
        const auto norm = [&](int64_t cols, uint32_t seed) {
          return normed ? d.put(Matrix::random(1, cols, seed)) : Tensor{};
        };
        const Tensor xz = d.put(Matrix::random(3, 2 * inner, 1));
        const Tensor convState = d.put(Matrix::random(3, inner, 4));
        const Tensor h = d.put(Matrix::random(kState, inner, 13));
        const Tensor out = d.room(3, inner);
        const MambaStep step{xz.rowRange(0, 1),
                             d.put(Matrix::random(4, inner, 2)),
                             d.put(Matrix::random(1, inner, 3)),
                             convState,
                             d.weight(projected, inner, 5, dtype),
                             norm(rank, 6),
                             norm(kState, 7),
                             norm(kState, 8),
                             d.weight(inner, rank, 9, dtype),
                             d.put(Matrix::random(1, inner, 10)),
                             d.put(Matrix::random(kState, inner, 11, -8, -0.1F)),
                             d.put(Matrix::random(1, inner, 12)),
                             h,
                             d.room(1, 3 * inner + 2 * projected),
                             out.rowRange(0, 1),
                             1e-6F};
        for (int64_t t = 0; t < 3; ++t) {
          MambaStep next = step;
          next.xz = xz.rowRange(t, 1);
          next.out = out.rowRange(t, 1);
          d.run(next);
        }
        return Results{d.get(out), d.get(h), d.get(convState)};
      });
    }
  }
}

}  // namespace
}  // namespace lectern::kernels::cuda
