// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/kernels/cuda/lane.h"

#include <cmath>
#include <limits>

namespace lectern::kernels::cuda {
namespace {

struct Shape {
  int64_t tokens, heads, kvHeads, dim;
};
// Around the edges of tiles of 64 tokens, 16 and 32 sharing heads, and the widths of 32, 64 and
// 128.
const std::vector<Shape> kShapes = {{1, 1, 1, 1},   {2, 4, 2, 3},   {63, 2, 2, 16},
                                    {64, 3, 1, 33}, {65, 20, 1, 8}, {70, 33, 1, 40}};
const std::vector<Shape> kWideShapes = {{130, 4, 2, 64}, {129, 6, 1, 128}};

class CudaAttentionTest : public testing::TestWithParam<DType> {
 protected:
  [[nodiscard]] static std::vector<Shape> shapes() {
    std::vector<Shape> shapes = kShapes;
    // A float32 cache has one kernel for all widths, and it takes long to run here.
    if (GetParam() == DType::F32) return shapes;
    shapes.insert(shapes.end(), kWideShapes.begin(), kWideShapes.end());
    return shapes;
  }
  [[nodiscard]] static bool rounds(const Shape& shape) {
    return GetParam() == DType::BF16 && shape.dim % 8 == 0;
  }
  [[nodiscard]] static double boundFor(const Shape& shape) {
    // Each weight by up to 2⁻⁹ of itself, and four times that where a sum of few is largest.
    return rounds(shape) ? 0x1p-7 : 4 * boundOf(shape.dim + shape.tokens);
  }
};

/// A sequence of that shape whose keys and values are in the cache; the memory behind them, up to
/// the page's end, holds numbers that would spoil every result.
template <class AnyDevice>
class Sequence {
 public:
  Sequence(AnyDevice& device, const Shape& shape, DType dtype, bool roundsQueries)
      : device_(device),
        shape_(shape),
        q_(device.put(queries(device, shape, roundsQueries), shape.tokens % 2 == 0 ? 0 : 3)),
        out_(device.room(shape.tokens, shape.heads * shape.dim)),
        cache_(device.cache(128, (shape.tokens + 127) / 128, shape.kvHeads, shape.dim, dtype)) {
    const int64_t width = shape.kvHeads * shape.dim;
    device.run(AppendKv{device.put(Matrix::random(shape.tokens, width, 2, -2, 2)),
                        device.put(Matrix::random(shape.tokens, width, 3)), cache_, device.at(0)});
    const int64_t behind = cache_.pageCount * cache_.pageTokens - shape.tokens;
    if (behind == 0) return;
    Matrix poison(behind, width);
    for (float& value : poison.values()) value = std::numeric_limits<float>::quiet_NaN();
    device.run(AppendKv{device.put(poison), device.put(poison), cache_,
                        device.at(static_cast<int32_t>(shape.tokens))});
  }
  void many(int64_t first, int64_t count) {
    device_.run(AttendMany{q_.rowRange(first, count), cache_, shape_.heads,
                           out_.rowRange(first, count), device_.at(static_cast<int32_t>(first))});
  }
  void one(int64_t token, const Tensor& headWeight = {}, const Tensor& mass = {}) {
    device_.run(AttendOne{q_.rowRange(token, 1), cache_, shape_.heads, out_.rowRange(token, 1),
                          headWeight, mass, device_.at(static_cast<int32_t>(token))});
  }
  [[nodiscard]] int64_t blocks() const { return cache_.pageCount * cache_.pageTokens / 64; }
  std::vector<float> results() { return device_.get(out_); }
  std::vector<float> result(int64_t token) { return device_.get(out_.rowRange(token, 1)); }

 private:
  static Matrix queries(const AnyDevice& device, const Shape& shape, bool rounds) {
    Matrix q = Matrix::random(shape.tokens, shape.heads * shape.dim, 1, -2, 2);
    if (!rounds || !device.isReference()) return q;
    for (float& x : q.values()) x = toFloat(toBFloat16(x));
    return q;
  }

  AnyDevice& device_;
  Shape shape_;
  Tensor q_;
  Tensor out_;
  KvCache cache_;
};

TEST_P(CudaAttentionTest, AttendsLikeTheReferenceInAnyPieces) {
  for (const Shape& shape : shapes()) {
    SCOPED_TRACE(shape.tokens);
    for (const int64_t piece : {shape.tokens, int64_t{50}}) {
      expectLikeReference(boundFor(shape), [&](auto& d) {
        Sequence sequence(d, shape, GetParam(), rounds(shape));
        for (int64_t t = 0; t < shape.tokens; t += piece) {
          sequence.many(t, std::min(piece, shape.tokens - t));
        }
        return Results{sequence.results()};
      });
    }
  }
}

TEST_P(CudaAttentionTest, TapsLikeTheReferenceAndChangesNoBit) {
  std::vector<Shape> all = shapes();
  all.push_back({1100, 3, 1, 16});  // several splits
  for (const Shape& shape : all) {
    SCOPED_TRACE(shape.tokens);
    const int64_t last = shape.tokens - 1;
    const auto tapped = [&](auto& d) {
      Sequence sequence(d, shape, GetParam(), rounds(shape));
      const Tensor mass = d.room(1, sequence.blocks());
      sequence.one(last, d.put(Matrix::random(1, shape.heads, 4, 0, 1)), mass);
      return Results{sequence.result(last), d.get(mass.colRange(0, (shape.tokens + 63) / 64))};
    };
    expectLikeReference(boundFor(shape), tapped);
    startEngine(0);
    KernelDevice with;
    KernelDevice without;
    Sequence plain(without, shape, GetParam(), rounds(shape));
    plain.one(last);
    EXPECT_EQ(tapped(with)[0], plain.result(last));
  }
}

INSTANTIATE_TEST_SUITE_P(Caches,
                         CudaAttentionTest,
                         testing::Values(DType::F32, DType::BF16),
                         [](const auto& info) { return asTestName(info.param); });

}  // namespace
}  // namespace lectern::kernels::cuda
