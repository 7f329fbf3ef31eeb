// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a row loses when it is kept in bytes (operations.h, KvCache), on every backend.
#include "kernels/backend.h"
#include "tests/kernels/op_data.h"
#include "tests/support/backends.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace lectern::kernels {
namespace {

struct KeptRow {
  std::vector<int8_t> bytes;
  float scale = 0;
};

/// The row as a key of one token.
KeptRow kept(Backend& backend, std::vector<float> row) {
  const auto dim = static_cast<int64_t>(row.size());
  std::vector<char> page(static_cast<size_t>(64 * cacheTokenBytes(DType::I8, 1, dim)), 99);
  void* pages[] = {page.data()};
  const int32_t position = 0;
  const Tensor numbers = matrix(row.data(), DType::F32, 1, dim);
  const auto stream = backend.newStream().value();
  backend.run(AppendKv{numbers, numbers, KvCache{pages, 64, 1, 1, dim, DType::I8}, {&position}},
              *stream);
  KeptRow result;
  result.bytes.resize(row.size());
  std::memcpy(result.bytes.data(), page.data(), row.size());
  std::memcpy(&result.scale, page.data() + 2 * 64 * dim, 4);
  return result;
}

std::vector<std::unique_ptr<Backend>> backends() {
  std::vector<std::unique_ptr<Backend>> list;
  for (const std::string& name : test::backendNames()) {
    list.push_back(openBackend(name, 1).value());
  }
  return list;
}

RC_GTEST_PROP(CacheOfBytes, KeepsANumberWithinHalfAScale, ()) {
  const auto seed = *rc::gen::arbitrary<uint32_t>();
  const auto dim = *rc::gen::inRange<int64_t>(1, 140);
  const auto exponent = *rc::gen::inRange(-140, 127);
  const auto spread = *rc::gen::inRange(0, 30);  // of the numbers of one row, in powers of two
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> mantissa(-1, 1);
  std::uniform_int_distribution<int> below(0, spread);
  std::vector<float> row;
  for (int64_t i = 0; i < dim; ++i) {
    row.push_back(std::ldexp(mantissa(generator), exponent - below(generator)));
  }
  float largest = 0;
  for (const float x : row) largest = std::max(largest, std::abs(x));
  for (const auto& backend : backends()) {
    const KeptRow result = kept(*backend, row);
    if (largest < KvCache::kLeastMagnitude) {
      RC_ASSERT(result.scale == 0.0F);
      RC_ASSERT(result.bytes == std::vector<int8_t>(row.size(), 0));
      continue;
    }
    RC_ASSERT(result.scale == largest / 127);
    for (size_t i = 0; i < row.size(); ++i) {
      const double number = double{result.scale} * result.bytes[i];
      // Half a scale, and what the float32 of the scale and of the quotient are off by: half a unit
      // of the last place each, of a quotient of 127.
      RC_ASSERT(std::abs(number - double{row[i]}) <= result.scale * (0.5 + 127 * 0x1p-22));
      RC_ASSERT(result.bytes[i] >= -127);
    }
  }
}

TEST(CacheOfBytes, KeepsNothingOfARowThatIsNotFinite) {
  for (const auto& backend : backends()) {
    for (const float strange :
         {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
          std::numeric_limits<float>::quiet_NaN()}) {
      for (const size_t place : {size_t{0}, size_t{7}, size_t{16}, size_t{36}}) {
        std::vector<float> row(37, 1.5F);
        row[place] = strange;
        const KeptRow result = kept(*backend, row);
        EXPECT_TRUE(std::isnan(result.scale)) << backend->properties().name << ", " << place;
        EXPECT_EQ(result.bytes, std::vector<int8_t>(37, 0));
      }
    }
  }
}

}  // namespace
}  // namespace lectern::kernels
