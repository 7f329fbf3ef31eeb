// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/reference/reference.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace lectern::kernels::reference {

namespace {

enum class Half : uint8_t { Keys, Values };

// A token's key or value of one head, in its page.
Tensor cacheRow(const KvCache& cache, Half half, int64_t head, int64_t token) {
  const int64_t page = token / cache.pageTokens;
  LECTERN_CHECK(page < cache.pageCount);
  const int64_t planeRow = (half == Half::Values ? cache.kvHeads : 0) + head;
  const int64_t row = planeRow * cache.pageTokens + token % cache.pageTokens;
  char* address =
      static_cast<char*>(cache.pages[page]) + row * cache.headDim * elementBytes(cache.dtype);
  return vector(address, cache.dtype, cache.headDim);
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
    const Tensor key = cacheRow(cache, Half::Keys, kvHead, t);
    float dot = 0;
    for (int64_t i = 0; i < dim; ++i) dot += load(q, row, head * dim + i) * load(key, 0, i);
    p[static_cast<size_t>(t)] = dot * scale;
    largest = std::max(largest, dot * scale);
  }
  float sum = 0;
  for (float& score : p) sum += score = std::exp(score - largest);
  for (float& score : p) score /= sum;
  for (int64_t i = 0; i < dim; ++i) {
    float value = 0;
    for (int64_t t = 0; t < tokens; ++t) {
      value += p[static_cast<size_t>(t)] * load(cacheRow(cache, Half::Values, kvHead, t), 0, i);
    }
    store(out, row, head * dim + i, value);
  }
}

}  // namespace

void run(const AppendKv& op) {
  const int64_t dim = op.cache.headDim;
  for (int64_t t = 0; t < op.k.rows; ++t) {
    for (int64_t head = 0; head < op.cache.kvHeads; ++head) {
      const Tensor key = cacheRow(op.cache, Half::Keys, head, *op.at.position + t);
      const Tensor value = cacheRow(op.cache, Half::Values, head, *op.at.position + t);
      for (int64_t i = 0; i < dim; ++i) {
        store(key, 0, i, load(op.k, t, head * dim + i));
        store(value, 0, i, load(op.v, t, head * dim + i));
      }
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
