// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/kernels/suite/device.h"

#include <limits>
#include <tuple>

namespace lectern::kernels {
namespace {

struct Shape {
  int64_t tokens, heads, kvHeads, dim;
};

class AttentionTest : public LaneTest<std::tuple<std::string, DType>> {
 protected:
  [[nodiscard]] DType dtype() const { return std::get<1>(GetParam()); }
  /// Whether the backend rounds queries and weights to bfloat16.
  [[nodiscard]] bool rounds(const Shape& shape) const {
    return lane().attentionRounds && dtype() != DType::F32 && shape.dim % 2 == 0;
  }
  [[nodiscard]] double boundFor(const Shape& shape) const {
    // Each weight by up to 2⁻⁹ of itself, and four times that where a sum of few is largest.
    return rounds(shape) ? 0x1p-7 : 4 * boundOf(shape.dim + shape.tokens);
  }
  [[nodiscard]] bool isWorthIt(const Shape& shape) const {
    return shape.tokens * shape.tokens * shape.heads * shape.dim <= lane().mostWork;
  }
};

// Around the edges of blocks of 64 tokens, segments of 512 and 16 or 32 sharing heads; the last
// three are small enough for every lane.
const Shape kShapes[] = {{1, 1, 1, 1},    {2, 4, 2, 3},    {63, 2, 2, 16},   {64, 3, 1, 33},
                         {65, 20, 1, 8},  {130, 4, 2, 64}, {513, 2, 1, 5},   {1030, 2, 2, 7},
                         {515, 3, 1, 66}, {70, 33, 1, 40}, {129, 6, 1, 128}, {33, 1, 1, 128},
                         {17, 20, 1, 16}, {16, 33, 1, 16}};

// A sequence of that shape: keys and values go into the cache all at once, queries are asked in any
// pieces.
class Sequence {
 public:
  /// `roundsQueries`: the backend under test does so, and the reference gets them rounded.
  Sequence(Device& device, const Shape& shape, DType dtype, bool roundsQueries = false)
      : device_(device),
        shape_(shape),
        q_(device.put(queries(device, shape, roundsQueries))),
        out_(device.room(shape.tokens, shape.heads * shape.dim)),
        cache_(device.cache(128, (shape.tokens + 127) / 128, shape.kvHeads, shape.dim, dtype)) {
    device.run(
        AppendKv{device.put(Matrix::random(shape.tokens, shape.kvHeads * shape.dim, 2, -2, 2)),
                 device.put(Matrix::random(shape.tokens, shape.kvHeads * shape.dim, 3)), cache_,
                 device.at(0)});
  }
  void append(int32_t first, int64_t tokens, float value) {
    Matrix same(tokens, shape_.kvHeads * shape_.dim);
    std::fill(same.values().begin(), same.values().end(), value);
    device_.run(AppendKv{device_.put(same), device_.put(same), cache_, device_.at(first)});
  }
  void many(int64_t first, int64_t count) {
    device_.run(AttendMany{q_.rowRange(first, count), cache_, shape_.heads,
                           out_.rowRange(first, count), device_.at(static_cast<int32_t>(first))});
  }
  void one(int64_t token, const Tensor& headWeight = {}, const Tensor& mass = {}) {
    device_.run(AttendOne{q_.rowRange(token, 1), cache_, shape_.heads, out_.rowRange(token, 1),
                          headWeight, mass, device_.at(static_cast<int32_t>(token))});
  }
  Tensor massRoom() { return device_.room(1, cache_.pageCount * cache_.pageTokens / 64); }
  std::vector<float> results() { return device_.get(out_); }

 private:
  static Matrix queries(const Device& device, const Shape& shape, bool rounds) {
    Matrix q = Matrix::random(shape.tokens, shape.heads * shape.dim, 1, -2, 2);
    if (!rounds || !device.isReference()) return q;
    for (float& x : q.values()) x = toFloat(toBFloat16(x));
    return q;
  }

  Device& device_;
  Shape shape_;
  Tensor q_;
  Tensor out_;
  KvCache cache_;
};

TEST_P(AttentionTest, AttendsLikeTheReference) {
  for (const Shape& shape : kShapes) {
    if (!isWorthIt(shape)) continue;
    SCOPED_TRACE(shape.tokens);
    expectAgreement(backend(), boundFor(shape), [&](Device& d) {
      Sequence sequence(d, shape, dtype(), rounds(shape));
      sequence.many(0, shape.tokens);
      return Results{sequence.results()};
    });
  }
}

TEST_P(AttentionTest, GivesAQueryTheSameAloneAndAmongOthers) {
  for (const Shape& shape : kShapes) {
    if (!isWorthIt(shape)) continue;
    SCOPED_TRACE(shape.tokens);
    Device d(backend());
    Sequence sequence(d, shape, dtype());
    sequence.many(0, shape.tokens);
    const Results together = {sequence.results()};
    for (int64_t t = 0; t < shape.tokens; ++t) sequence.one(t);
    expectSame(backend(), {sequence.results()}, together, boundFor(shape));
    for (int64_t t = 0; t < shape.tokens; t += 50)
      sequence.many(t, std::min<int64_t>(50, shape.tokens - t));
    expectSame(backend(), {sequence.results()}, together, boundFor(shape));
  }
}

TEST_P(AttentionTest, TapsLikeTheReferenceAndChangesNoBit) {
  std::vector<Shape> shapes(std::begin(kShapes), std::end(kShapes));
  shapes.push_back({3000, 6, 2, 64});  // enough work for several threads
  for (const Shape& shape : shapes) {
    if (shape.tokens * shape.heads * shape.dim > lane().mostWork) continue;
    SCOPED_TRACE(shape.tokens);
    const auto tapped = [&](Device& d) {
      Sequence sequence(d, shape, dtype(), rounds(shape));
      const Tensor mass = sequence.massRoom();
      sequence.one(shape.tokens - 1, d.put(Matrix::random(1, shape.heads, 4, 0, 1)), mass);
      return Results{sequence.results(), d.get(mass)};
    };
    expectAgreement(backend(), boundFor(shape), tapped);
    Device d(backend());
    Sequence plain(d, shape, dtype());
    plain.one(shape.tokens - 1);
    Device other(backend());
    EXPECT_EQ(tapped(other)[0], plain.results());
  }
}

TEST_P(AttentionTest, LooksAtNothingBehindTheQuery) {
  for (const Shape& shape : {Shape{70, 2, 1, 16}, Shape{70, 2, 1, 64}, Shape{580, 2, 1, 32}}) {
    if (!isWorthIt(shape)) continue;
    SCOPED_TRACE(shape.tokens);
    Device d(backend());
    Sequence sequence(d, shape, dtype());
    sequence.many(0, shape.tokens);
    const std::vector<float> expected = sequence.results();
    sequence.append(shape.tokens, 58, std::nanf(""));
    sequence.many(0, shape.tokens);
    EXPECT_EQ(sequence.results(), expected);
    sequence.one(shape.tokens - 1);
    expectSame(backend(), {sequence.results()}, {expected}, boundFor(shape));
  }
}

// Rows that are ordinary, all zero, too small for a scale, and not finite, at every place of a
// register.
Matrix strangeRows(int64_t tokens, int64_t dim, uint32_t seed) {
  Matrix rows = Matrix::random(tokens, dim, seed, -3, 3);
  for (int64_t t = 0; t < tokens; ++t) {
    const auto fill = [&](auto&& of) {
      for (int64_t i = 0; i < dim; ++i) rows.at(t, i) = of(rows.at(t, i));
    };
    switch (t % 9) {
      case 1:
        fill([](float) { return 0.0F; });
        break;
      case 2:
        fill([](float x) { return x * 0x1p-140F; });
        break;
      case 3:
        fill([](float x) { return x * 0x1p-101F; });
        break;
      case 4:
        fill([](float x) { return x * 0x1p126F / 3; });
        break;
      case 5:
        rows.at(t, t % dim) = std::numeric_limits<float>::quiet_NaN();
        break;
      case 6:
        rows.at(t, t % dim) = -std::numeric_limits<float>::infinity();
        break;
      case 7:  // all ties
        fill([](float x) { return std::floor(x * 40) / 2; });
        rows.at(t, t % dim) = 127;
        break;
      default:
        break;
    }
  }
  return rows;
}

class CacheOfBytes : public LaneTest<std::string> {};

TEST_P(CacheOfBytes, HoldsTheSameAsTheReferences) {
  for (const int64_t dim : {1, 3, 16, 33, 40, 128}) {
    SCOPED_TRACE(dim);
    const auto pages = [&](const std::string& name) {
      Device d(name);
      const KvCache cache = d.cache(64, 2, 2, dim, DType::I8);
      for (const auto& [first, count] : {std::pair{0, 70}, {70, 1}, {71, 40}}) {
        d.run(AppendKv{d.put(strangeRows(count, 2 * dim, 5)), d.put(strangeRows(count, 2 * dim, 6)),
                       cache, d.at(first)});
      }
      return d.get(cache);
    };
    EXPECT_TRUE(pages(backend()) == pages("reference"));
  }
}

TEST_P(CacheOfBytes, GivesNothingButNanWhereARowHadOne) {
  Device d(backend());
  Sequence sequence(d, {70, 2, 1, 16}, DType::I8);
  sequence.append(3, 1, std::nanf(""));
  sequence.one(69);
  const std::vector<float> results = sequence.results();
  for (size_t i = results.size() - 32; i < results.size(); ++i) EXPECT_TRUE(std::isnan(results[i]));
}

const auto kBackendsAndTypes = testing::Combine(
    testing::ValuesIn(testedBackends()), testing::Values(DType::F32, DType::BF16, DType::I8));
std::string nameOf(const testing::TestParamInfo<std::tuple<std::string, DType>>& info) {
  return test::asTestName(std::get<0>(info.param)) + "_" + asTestName(std::get<1>(info.param));
}

INSTANTIATE_TEST_SUITE_P(Backends, AttentionTest, kBackendsAndTypes, nameOf);
INSTANTIATE_TEST_SUITE_P(Backends,
                         CacheOfBytes,
                         testing::ValuesIn(testedBackends()),
                         [](const auto& info) { return test::asTestName(info.param); });

}  // namespace
}  // namespace lectern::kernels
