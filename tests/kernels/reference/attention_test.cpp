// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/backend.h"
#include "tests/kernels/op_data.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>
#include <vector>

namespace lectern::kernels {
namespace {

constexpr int64_t kHeads = 4;
constexpr int64_t kKvHeads = 2;
constexpr int64_t kDim = 3;
constexpr int64_t kTokens = 150;

class AttentionTest : public testing::Test {
 protected:
  void SetUp() override {
    backend_ = openBackend("reference", 1).value();
    stream_ = backend_->newStream().value();
    for (auto& page : pages_) {
      page.assign(static_cast<size_t>(2 * kKvHeads * 64 * kDim), 0);
      table_.push_back(page.data());
    }
  }
  KvCache cache() { return {table_.data(), 64, 3, kKvHeads, kDim, DType::F32}; }
  void append(int64_t first, int64_t count) {
    position_ = static_cast<int32_t>(first);
    backend_->run(AppendKv{k_.view().rowRange(first, count),
                           v_.view().rowRange(first, count),
                           cache(),
                           {&position_}},
                  *stream_);
  }
  void attendMany(int64_t first, int64_t count, Matrix& out) {
    position_ = static_cast<int32_t>(first);
    backend_->run(AttendMany{q_.view().rowRange(first, count),
                             cache(),
                             kHeads,
                             out.view().rowRange(first, count),
                             {&position_}},
                  *stream_);
  }
  void attendOne(int64_t token, const Tensor& out, const Tensor& headWeight, const Tensor& mass) {
    position_ = static_cast<int32_t>(token);
    backend_->run(
        AttendOne{
            q_.view().rowRange(token, 1), cache(), kHeads, out, headWeight, mass, {&position_}},
        *stream_);
  }

  Matrix q_ = Matrix::random(kTokens, kHeads* kDim, 1, -2, 2);
  Matrix k_ = Matrix::random(kTokens, kKvHeads* kDim, 2, -2, 2);
  Matrix v_ = Matrix::random(kTokens, kKvHeads* kDim, 3);
  std::vector<float> pages_[3];
  std::vector<void*> table_;
  int32_t position_ = 0;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Stream> stream_;
};

TEST_F(AttentionTest, EqualsTheFormulaInDoubleWithConsecutiveHeadGroups) {
  Matrix out(kTokens, kHeads * kDim);
  append(0, kTokens);
  attendMany(0, kTokens, out);
  for (const int64_t t : {int64_t{0}, int64_t{1}, int64_t{63}, int64_t{64}, kTokens - 1}) {
    for (int64_t head = 0; head < kHeads; ++head) {
      const int64_t kv = head / 2;
      std::vector<double> p;
      for (int64_t past = 0; past <= t; ++past) {
        double dot = 0;
        for (int64_t i = 0; i < kDim; ++i) {
          dot += double{q_.at(t, head * kDim + i)} * double{k_.at(past, kv * kDim + i)};
        }
        p.push_back(std::exp(dot / std::sqrt(double{kDim})));
      }
      const double sum = std::accumulate(p.begin(), p.end(), 0.0);
      for (int64_t i = 0; i < kDim; ++i) {
        double y = 0;
        for (int64_t past = 0; past <= t; ++past) {
          y += p[static_cast<size_t>(past)] / sum * double{v_.at(past, kv * kDim + i)};
        }
        EXPECT_NEAR(out.at(t, head * kDim + i), y, 1e-5);
      }
    }
  }
}

TEST_F(AttentionTest, GivesTheSameBitsTokenByTokenInChunksAndAtOnce) {
  Matrix whole(kTokens, kHeads * kDim), chunks(kTokens, kHeads * kDim),
      single(kTokens, kHeads * kDim);
  append(0, kTokens);
  attendMany(0, kTokens, whole);
  for (const auto& [first, count] : {std::pair{0, 70}, {70, 1}, {71, 79}})
    attendMany(first, count, chunks);
  for (int64_t t = 0; t < kTokens; ++t) attendOne(t, single.view().rowRange(t, 1), {}, {});
  EXPECT_EQ(whole.values(), chunks.values());
  EXPECT_EQ(whole.values(), single.values());
}

TEST_F(AttentionTest, TapSumsToTheHeadWeightsAndChangesNothing) {
  append(0, kTokens);
  Matrix plain(1, kHeads * kDim), tapped(1, kHeads * kDim), headWeight(1, kHeads), mass(1, 3);
  headWeight.values() = {0.5F, 0, 1, 0.25F};
  attendOne(kTokens - 1, plain.view(), {}, {});
  attendOne(kTokens - 1, tapped.view(), headWeight.view(), mass.view());
  EXPECT_EQ(plain.values(), tapped.values());
  EXPECT_NEAR(mass.at(0, 0) + mass.at(0, 1) + mass.at(0, 2), 1.75, 1e-5);
}

// The page that kernels/operations.h describes: 2 heads of 3 numbers, 64 tokens.
TEST_F(AttentionTest, KeepsBytesWhereTheHeaderSays) {
  std::vector<int8_t> page(64 * cacheTokenBytes(DType::I8, 2, 3));
  ASSERT_EQ(page.size(), 2U * 2 * 64 * 3 + 2U * 2 * 64 * 4);
  void* pages[] = {page.data()};
  Matrix k(1, 6), v(1, 6);
  k.values() = {1, -0.5F, 0.25F, 0, 0, 0};
  v.values() = {-254, 3, 1, 0x1p-101F, 0, std::nanf("")};
  position_ = 5;
  backend_->run(AppendKv{k.view(), v.view(), KvCache{pages, 64, 1, 2, 3, DType::I8}, {&position_}},
                *stream_);

  const auto bytes = [&](int64_t plane) {
    const int8_t* row = page.data() + (plane * 64 + 5) * 3;
    return std::vector<int>(row, row + 3);
  };
  const auto scale = [&](int64_t plane) {
    float value = 0;
    std::memcpy(&value, page.data() + 2 * 2 * 64 * 3 + (plane * 64 + 5) * 4, 4);
    return value;
  };
  EXPECT_EQ(bytes(0), (std::vector{127, -64, 32}));  // −63.5 and 31.75
  EXPECT_EQ(scale(0), 1.0F / 127);
  EXPECT_EQ(bytes(1), (std::vector{0, 0, 0}));
  EXPECT_EQ(scale(1), 0.0F);
  EXPECT_EQ(bytes(2), (std::vector{-127, 2, 0}));  // 1.5 and 0.5, ties to even
  EXPECT_EQ(scale(2), 2.0F);
  EXPECT_EQ(bytes(3), (std::vector{0, 0, 0}));
  EXPECT_TRUE(std::isnan(scale(3)));
}

// A strong key in the second block of 64: the mass must fall on that block.
TEST_F(AttentionTest, TapNamesTheBlockOfTheKeyThatWasRead) {
  for (int64_t i = 0; i < kDim; ++i) k_.at(100, i) = 20 * q_.at(kTokens - 1, i);
  append(0, kTokens);
  Matrix out(1, kHeads * kDim), headWeight(1, kHeads), mass(1, 3);
  headWeight.at(0, 0) = 1;
  attendOne(kTokens - 1, out.view(), headWeight.view(), mass.view());
  EXPECT_GT(mass.at(0, 1), 0.99);
}

}  // namespace
}  // namespace lectern::kernels
