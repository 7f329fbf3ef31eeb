// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/workbench.h"

#include "kernels/bfloat16.h"
#include "kernels/quantised.h"

#include <chrono>
#include <random>
#include <utility>

namespace lectern::bench {

using kernels::Buffer;
using kernels::DType;
using kernels::Tensor;
using kernels::Weight;

namespace {

constexpr int64_t kPageTokens = 128;

std::vector<float> someNumbers(int64_t count, uint32_t seed, float low, float high) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> distribution(low, high);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = distribution(generator);
  return values;
}

/// Quants of any bits, with scales between 2⁻⁷ and 2⁻⁶.
std::vector<char> someBlocks(DType dtype, int64_t count, uint32_t seed) {
  std::vector<char> rows(static_cast<size_t>(kernels::elementsBytes(dtype, count)));
  std::mt19937 generator(seed);
  for (char& byte : rows) byte = static_cast<char>(generator());
  const auto blockBytes = static_cast<size_t>(kernels::blockShape(dtype).bytes);
  const size_t scale =
      dtype == DType::Q6_K ? 208 : 0;  // the binary16 number d; dmin lies behind it
  const size_t halves = kernels::quantisedType(dtype).hasLeast ? 2 : 1;
  for (size_t at = 0; at < rows.size(); at += blockBytes) {
    for (size_t half = 0; half < halves; ++half) {
      char& high = rows[at + scale + 2 * half + 1];
      high = static_cast<char>(0x20 | (high & 3));
    }
  }
  return rows;
}

std::vector<char> someRows(DType dtype, int64_t count, uint32_t seed) {
  if (kernels::isQuantised(dtype)) return someBlocks(dtype, count, seed);
  const std::vector<float> values = someNumbers(count, seed, -1, 1);
  const auto* bytes = reinterpret_cast<const char*>(values.data());
  if (dtype == DType::F32) return {bytes, bytes + values.size() * sizeof(float)};
  std::vector<kernels::BFloat16> narrow;
  narrow.reserve(values.size());
  for (const float value : values) narrow.push_back(kernels::toBFloat16(value));
  bytes = reinterpret_cast<const char*>(narrow.data());
  return {bytes, bytes + narrow.size() * sizeof(kernels::BFloat16)};
}

}  // namespace

Workbench::Workbench(kernels::Backend& backend) : backend_(backend) {
  Result<std::unique_ptr<kernels::Stream>> stream = backend.newStream();
  if (stream) {
    stream_ = std::move(*stream);
  } else {
    fault_ = std::make_unique<Error>(stream.error());
  }
}

Result<void> Workbench::status() const {
  if (fault_) return *fault_;
  return {};
}

void* Workbench::room(int64_t bytes) {
  if (fault_) return nullptr;
  Result<Buffer> buffer = backend_.allocate(bytes, "The self-test");
  if (!buffer) {
    fault_ = std::make_unique<Error>(buffer.error());
    return nullptr;
  }
  buffers_.push_back(std::move(*buffer));
  return buffers_.back().data();
}

void Workbench::wait() {
  if (fault_) return;
  if (const Result<void> done = stream_->wait(); !done) {
    fault_ = std::make_unique<Error>(done.error());
  }
}

Tensor Workbench::upload(const void* values, DType dtype, int64_t rows, int64_t cols) {
  const Tensor tensor = kernels::matrix(room(rows * cols * 4), dtype, rows, cols);
  if (fault_) return tensor;
  stream_->copyIn(tensor.data, values, tensor.bytes());
  wait();
  return tensor;
}

Tensor Workbench::numbers(int64_t rows, int64_t cols, uint32_t seed, float low, float high) {
  return upload(someNumbers(rows * cols, seed, low, high).data(), DType::F32, rows, cols);
}

Tensor Workbench::zeros(int64_t rows, int64_t cols) {
  return kernels::matrix(room(rows * cols * 4), DType::F32, rows, cols);
}

// Different ones in a row, as a router chooses them.
Tensor Workbench::ids(int64_t rows, int64_t cols, int64_t below) {
  std::vector<int32_t> values;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t col = 0; col < cols; ++col) {
      values.push_back(static_cast<int32_t>((row * row / 3 + col * 7 + row) % below));
    }
  }
  return upload(values.data(), DType::I32, rows, cols);
}

Weight Workbench::weight(DType dtype, int64_t groups, int64_t out, int64_t in, uint32_t seed) {
  Weight weight{nullptr, dtype, groups, out, in};
  void* packed = room(backend_.packedBytes(dtype, groups, out, in));
  for (int64_t group = 0; group < groups && !fault_; ++group) {
    const std::vector<char> rows =
        someRows(dtype, out * in, seed + static_cast<uint32_t>(group) * 101);
    const Result<void> done = backend_.pack(weight, group, rows.data(), packed);
    if (!done) fault_ = std::make_unique<Error>(done.error());
  }
  weight.data = packed;
  return weight;
}

kernels::KvCache Workbench::cache(DType dtype, int64_t tokens, int64_t kvHeads, int64_t headDim) {
  const int64_t pages = (tokens + kPageTokens - 1) / kPageTokens;
  std::vector<void*> table;
  table.reserve(static_cast<size_t>(pages));
  for (int64_t page = 0; page < pages; ++page) {
    table.push_back(room(kPageTokens * kernels::cacheTokenBytes(dtype, kvHeads, headDim)));
  }
  const auto bytes = static_cast<int64_t>(table.size() * sizeof(void*));
  void* place = room(bytes);
  if (!fault_) stream_->copyIn(place, static_cast<const void*>(table.data()), bytes);
  wait();
  return {static_cast<void* const*>(place), kPageTokens, pages, kvHeads, headDim, dtype};
}

kernels::Step Workbench::at(int32_t position) {
  auto* place = static_cast<int32_t*>(room(sizeof position));
  if (!fault_) stream_->copyIn(place, &position, sizeof position);
  wait();
  return {place};
}

void Workbench::run(const kernels::Operation& operation) {
  if (fault_) return;
  const auto begin = std::chrono::steady_clock::now();
  backend_.run(operation, *stream_);
  wait();
  seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::vector<float> Workbench::read(const Tensor& tensor) {
  std::vector<float> values(static_cast<size_t>(tensor.rows * tensor.cols));
  if (!fault_) stream_->copyOut(values.data(), tensor.data, tensor.bytes());
  wait();
  return fault_ ? std::vector<float>() : values;
}

std::vector<float> Workbench::readIds(const Tensor& tensor) {
  std::vector<int32_t> values(static_cast<size_t>(tensor.rows * tensor.cols));
  if (!fault_) stream_->copyOut(values.data(), tensor.data, tensor.bytes());
  wait();
  return fault_ ? std::vector<float>() : std::vector<float>(values.begin(), values.end());
}

}  // namespace lectern::bench
