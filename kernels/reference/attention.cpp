// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/reference/reference.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace lectern::kernels::reference {

namespace {

enum class Half : uint8_t { Keys, Values };

// A token's key or value of one head, in its page.
struct CacheRow {
  Tensor numbers;  // [1, D]
  float* scale;    // where they are bytes

  [[nodiscard]] float load(int64_t i) const {
    if (numbers.dtype != DType::I8) return reference::load(numbers, 0, i);
    return *scale * static_cast<float>(numbers.row<int8_t>(0)[i]);
  }
};
CacheRow cacheRow(const KvCache& cache, Half half, int64_t head, int64_t token) {
  const int64_t page = token / cache.pageTokens;
  LECTERN_CHECK(page < cache.pageCount);
  const int64_t planeRow = (half == Half::Values ? cache.kvHeads : 0) + head;
  const int64_t row = planeRow * cache.pageTokens + token % cache.pageTokens;
  const int64_t rowBytes = cache.headDim * elementBytes(cache.dtype);
  char* numbers = static_cast<char*>(cache.pages[page]);
  char* scales = numbers + 2 * cache.kvHeads * cache.pageTokens * rowBytes;
  return {vector(numbers + row * rowBytes, cache.dtype, cache.headDim),
          reinterpret_cast<float*>(scales) + row};
}

// `D` numbers of `in` from column `first` on, into the cache.
void storeRow(const CacheRow& to, const Tensor& in, int64_t token, int64_t first) {
  const int64_t dim = to.numbers.cols;
  if (to.numbers.dtype != DType::I8) {
    for (int64_t i = 0; i < dim; ++i) store(to.numbers, 0, i, load(in, token, first + i));
    return;
  }
  auto* bytes = to.numbers.row<int8_t>(0);
  std::fill_n(bytes, dim, int8_t{0});
  *to.scale = 0;
  float largest = 0;
  for (int64_t i = 0; i < dim; ++i) {
    const float magnitude = std::abs(load(in, token, first + i));
    if (!std::isfinite(magnitude)) {
      *to.scale = std::numeric_limits<float>::quiet_NaN();
      return;
    }
    largest = std::max(largest, magnitude);
  }
  if (largest < KvCache::kLeastMagnitude) return;
  *to.scale = largest / 127;
  for (int64_t i = 0; i < dim; ++i) {
    bytes[i] = static_cast<int8_t>(std::nearbyint(load(in, token, first + i) * (127 / largest)));
  }
}

// One query head over the first `tokens` tokens: leaves softmax(q·k / √D) in `p` and adds the
// weighted values into out.
void attendHead(const Tensor& q,
                int64_t row,
                int64_t head,
                const KvCache& cache,
                int64_t heads,
                int64_t tokens,
                const Tensor& out,
                std::vector<float>& p) {
  const int64_t dim = cache.headDim;
  const int64_t kvHead = head / (heads / cache.kvHeads);
  const float scale = 1.0F / std::sqrt(static_cast<float>(dim));
  p.assign(static_cast<size_t>(tokens), 0.0F);
  float largest = -std::numeric_limits<float>::infinity();
  for (int64_t t = 0; t < tokens; ++t) {
    const CacheRow key = cacheRow(cache, Half::Keys, kvHead, t);
    float dot = 0;
    for (int64_t i = 0; i < dim; ++i) dot += load(q, row, head * dim + i) * key.load(i);
    p[static_cast<size_t>(t)] = dot * scale;
    largest = std::max(largest, dot * scale);
  }
  float sum = 0;
  for (float& score : p) sum += score = std::exp(score - largest);
  for (float& score : p) score /= sum;
  for (int64_t i = 0; i < dim; ++i) {
    float value = 0;
    for (int64_t t = 0; t < tokens; ++t) {
      value += p[static_cast<size_t>(t)] * cacheRow(cache, Half::Values, kvHead, t).load(i);
    }
    store(out, row, head * dim + i, value);
  }
}

}  // namespace

void run(const AppendKv& op) {
  const int64_t dim = op.cache.headDim;
  for (int64_t t = 0; t < op.k.rows; ++t) {
    for (int64_t head = 0; head < op.cache.kvHeads; ++head) {
      const int64_t token = *op.at.position + t;
      storeRow(cacheRow(op.cache, Half::Keys, head, token), op.k, t, head * dim);
      storeRow(cacheRow(op.cache, Half::Values, head, token), op.v, t, head * dim);
    }
  }
}

void run(const AttendMany& op) {
  std::vector<float> p;
  for (int64_t t = 0; t < op.q.rows; ++t) {
    for (int64_t head = 0; head < op.heads; ++head) {
      attendHead(op.q, t, head, op.cache, op.heads, *op.at.position + t + 1, op.out, p);
    }
  }
}

void run(const AttendOne& op) {
  const int64_t tokens = *op.at.position + 1;
  const int64_t blocks = (tokens + AttendOne::kBlockTokens - 1) / AttendOne::kBlockTokens;
  if (op.mass.isPresent()) std::fill_n(op.mass.row<float>(0), blocks, 0.0F);
  std::vector<float> p;
  for (int64_t head = 0; head < op.heads; ++head) {
    attendHead(op.q, 0, head, op.cache, op.heads, tokens, op.out, p);
    if (!op.mass.isPresent()) continue;
    for (int64_t t = 0; t < tokens; ++t) {
      op.mass.row<float>(0)[t / AttendOne::kBlockTokens] +=
          load(op.headWeight, 0, head) * p[static_cast<size_t>(t)];
    }
  }
}

}  // namespace lectern::kernels::reference
