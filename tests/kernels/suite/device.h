// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/backend.h"
#include "kernels/bfloat16.h"
#include "tests/kernels/op_data.h"
#include "tests/kernels/suite/lane.h"
#include "tests/support/backends.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lectern::kernels {

/// One backend with the operands of an operation, for tests that do the same on several backends.
class Device {
 public:
  /// `gap`: how far apart the rows of matrices are, unless told otherwise; with one they are not
  /// aligned either.
  explicit Device(const std::string& name, int threads = 2, int64_t gap = 3)
      : backend_(openTested(name, threads)), stream_(backend_->newStream().value()), gap_(gap) {}

  Backend& backend() { return *backend_; }
  [[nodiscard]] bool isReference() const { return backend_->properties().name == "reference"; }
  void run(const Operation& operation) {
    backend_->run(operation, *stream_);
    ASSERT_TRUE(stream_->wait());
  }

  /// A copy of the matrix, with a gap one element off alignment and with room between its rows, as
  /// views of wider matrices have it.
  Tensor put(Matrix values) { return put(std::move(values), gap_); }
  Tensor put(Matrix values, int64_t gap) {
    const Tensor host = values.view();
    Tensor tensor =
        matrix(bytes((1 + host.rows * (host.cols + gap)) * 4), DType::F32, host.rows, host.cols);
    tensor.data = static_cast<float*>(tensor.data) + (gap > 0 ? 1 : 0);
    tensor.stride = host.cols + gap;
    for (int64_t r = 0; r < host.rows; ++r) {
      stream_->copyIn(tensor.row<float>(r), host.row<float>(r), host.cols * 4);
    }
    return tensor;
  }
  Tensor room(int64_t rows, int64_t cols) { return put(Matrix(rows, cols)); }
  Tensor put(const std::vector<int32_t>& values, int64_t rows) {
    const auto count = static_cast<int64_t>(values.size());
    void* place = bytes(count * 4);
    stream_->copyIn(place, values.data(), count * 4);
    return matrix(place, DType::I32, rows, count / rows);
  }
  Step at(int32_t position) {
    auto* place = static_cast<int32_t*>(bytes(4));
    stream_->copyIn(place, &position, 4);
    return {place};
  }
  /// A matrix [groups · out, in] of the type, of random numbers, packed for this backend.
  Weight weight(int64_t rows, int64_t cols, uint32_t seed, DType dtype, int64_t groups = 1) {
    if (!isQuantised(dtype)) return weight(Matrix::random(rows, cols, seed), dtype, groups);
    const std::vector<char> blocks = randomBlocks(dtype, rows * cols, seed);
    Weight weight{nullptr, dtype, groups, rows / groups, cols};
    void* packed = bytes(backend_->packedBytes(dtype, groups, weight.out, cols));
    const auto groupBytes = static_cast<int64_t>(blocks.size()) / groups;
    for (int64_t group = 0; group < groups; ++group) {
      EXPECT_TRUE(backend_->pack(weight, group, blocks.data() + group * groupBytes, packed));
    }
    weight.data = packed;
    return weight;
  }
  /// The matrix [groups · out, in], rounded to the type, packed for this backend.
  Weight weight(Matrix values, DType dtype, int64_t groups = 1) {
    const Tensor host = values.view();
    Weight weight{nullptr, dtype, groups, host.rows / groups, host.cols};
    void* packed = bytes(backend_->packedBytes(dtype, groups, weight.out, weight.in));
    std::vector<BFloat16> narrow;
    for (const float value : values.values()) narrow.push_back(toBFloat16(value));
    for (int64_t group = 0; group < groups; ++group) {
      const int64_t first = group * weight.out * weight.in;
      const void* rows = dtype == DType::BF16 ? static_cast<const void*>(narrow.data() + first)
                                              : values.values().data() + first;
      EXPECT_TRUE(backend_->pack(weight, group, rows, packed));
    }
    weight.data = packed;
    return weight;
  }
  KvCache cache(int64_t pageTokens, int64_t pages, int64_t kvHeads, int64_t dim, DType dtype) {
    std::vector<void*> table;
    for (int64_t page = 0; page < pages; ++page) {
      table.push_back(bytes(pageTokens * cacheTokenBytes(dtype, kvHeads, dim)));
    }
    const auto tableBytes = static_cast<int64_t>(table.size() * sizeof(void*));
    void* place = bytes(tableBytes);
    stream_->copyIn(place, table.data(), tableBytes);
    caches_[place] = table;
    return {static_cast<void* const*>(place), pageTokens, pages, kvHeads, dim, dtype};
  }

  std::vector<float> get(const Tensor& tensor) {
    std::vector<float> values(static_cast<size_t>(tensor.rows * tensor.cols));
    for (int64_t r = 0; r < tensor.rows; ++r) {
      stream_->copyOut(values.data() + r * tensor.cols, tensor.row<float>(r), tensor.cols * 4);
    }
    EXPECT_TRUE(stream_->wait());
    return values;
  }
  /// What lies in the pages of a cache, page by page.
  std::vector<char> get(const KvCache& cache) {
    const int64_t pageBytes =
        cache.pageTokens * cacheTokenBytes(cache.dtype, cache.kvHeads, cache.headDim);
    std::vector<char> contents(static_cast<size_t>(cache.pageCount * pageBytes));
    for (int64_t page = 0; page < cache.pageCount; ++page) {
      stream_->copyOut(contents.data() + page * pageBytes,
                       caches_.at(cache.pages)[static_cast<size_t>(page)], pageBytes);
    }
    EXPECT_TRUE(stream_->wait());
    return contents;
  }
  std::vector<int32_t> getIds(const Tensor& tensor) {
    std::vector<int32_t> values(static_cast<size_t>(tensor.rows * tensor.cols));
    stream_->copyOut(values.data(), tensor.data, tensor.rows * tensor.cols * 4);
    EXPECT_TRUE(stream_->wait());
    return values;
  }

 private:
  void* bytes(int64_t count) {
    buffers_.push_back(backend_->allocate(count, "a test").value());
    return buffers_.back().data();
  }

  std::shared_ptr<Backend> backend_;
  std::unique_ptr<Stream> stream_;
  std::vector<Buffer> buffers_;
  std::map<const void*, std::vector<void*>> caches_;  // the pages of each, by its table
  int64_t gap_;
};

using Results = std::vector<std::vector<float>>;

/// max|Δ| / max|expected|.
inline double errorOf(const std::vector<float>& values, const std::vector<float>& expected) {
  EXPECT_EQ(values.size(), expected.size());
  double largest = 0;
  double worst = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(double{expected[i]}));
    const double difference = std::abs(double{values[i]} - double{expected[i]});
    worst = std::isfinite(difference) ? std::max(worst, difference) : INFINITY;
  }
  return worst / std::max(largest, 1e-30);
}

/// A type as GoogleTest allows it in the name of a test.
inline std::string asTestName(DType dtype) {
  constexpr const char* kNames[] = {"f32",  "bf16", "i32",  "q8_0", "q4_0", "q4_1",
                                    "q5_0", "q5_1", "q4_K", "q5_K", "q6_K", "i8"};
  return kNames[static_cast<size_t>(dtype)];
}

/// What two float32 implementations of a sum of so many terms may differ by, relative to the
/// largest result: each rounds every partial sum, and those errors of half a unit each (2⁻²⁴) add
/// up like steps of a random walk; the eight units are for what comes before and behind the sum.
inline double boundOf(int64_t terms) {
  return std::ldexp(8 + std::sqrt(static_cast<double>(terms)), -23);
}

/// Results of one backend that come by two ways: equal to the bit where its lane promises that,
/// else within twice the bound that each of them keeps.
inline void expectSame(const std::string& backend,
                       const Results& values,
                       const Results& expected,
                       double bound) {
  if (laneOf(backend).keepsBits) {
    EXPECT_TRUE(values == expected);
    return;
  }
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_LE(errorOf(values[i], expected[i]), 2 * bound) << "result " << i;
  }
}

template <class Make>
Results resultsOf(const std::string& backend, int threads, int64_t gap, const Make& make) {
  Device device(backend, threads, gap);
  return make(device);
}

/// Does the same on `reference` and on the backend and compares, within `bound`; then again with
/// other numbers of threads or in other orders of a device's own threads, with matrices whose rows
/// are aligned and dense, and compares to the bit. `make(device)` returns all results.
template <class Make>
void expectAgreement(const std::string& backend, double bound, const Make& make) {
  const Lane lane = laneOf(backend);
  const Results expected = resultsOf("reference", 1, 3, make);
  const Results values = resultsOf(backend, 1, 3, make);
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_LE(errorOf(values[i], expected[i]), bound) << "result " << i;
  }
  if (lane.hasThreads) {
    EXPECT_TRUE(resultsOf(backend, 2, 0, make) == values) << "two threads";
    EXPECT_TRUE(resultsOf(backend, 5, 3, make) == values) << "five threads";
  }
  for (int order = 1; order < lane.orders; ++order) {
    EXPECT_EQ(endCase(), "");
    beginCase(backend, order);
    EXPECT_TRUE(resultsOf(backend, 1, order % 2 == 1 ? 0 : 3, make) == values) << "order " << order;
  }
}

}  // namespace lectern::kernels
