// SPDX-License-Identifier: GPL-3.0-or-later
// AppendKv, and blocks of the cache laid out for the products of attention-inl.h. A block is 64
// tokens, counted from the first one of the sequence.

constexpr int64_t kBlock = AttendOne::kBlockTokens;
static_assert(kBlock % kLayout.rows == 0);

enum class Half : uint8_t { Keys, Values };

// The first of a head's keys or values in the block that begins at `token`; blocks do not straddle
// pages.
inline char* cacheRow(const KvCache& cache, Half half, int64_t head, int64_t token) {
  const int64_t page = token / cache.pageTokens;
  LECTERN_CHECK(page < cache.pageCount);
  const int64_t plane = (half == Half::Values ? cache.kvHeads : 0) + head;
  const int64_t index = plane * cache.pageTokens + token % cache.pageTokens;
  return static_cast<char*>(cache.pages[page]) +
         index * cache.headDim * (cache.dtype == DType::BF16 ? 2 : 4);
}

// Between the loads of two blocks lies so much work that the processor does not come to the second
// by itself. Asked for one number after the other, for 256 lines at once would wait for each other.
template <class T>
void prefetchNextBlock(const T* number, int64_t dim) {
  __builtin_prefetch(number + kBlock * dim);
}

// `count` keys as panels of tokens, zeros behind the last: square by square through registers, and
// what is left of a key channel by channel.
template <class T>
void packKeys(const T* keys, int64_t count, int64_t dim, float* panels) {
  for (int64_t token = 0; token < kBlock; token += kLanes, keys += kLanes * dim) {
    float* panel = panels + token / kLayout.rows * dim * kLayout.rows + token % kLayout.rows;
    int64_t channel = 0;
    for (; channel + kLanes <= dim; channel += kLanes) {
      V square[kLanes];
      for (int64_t i = 0; i < kLanes; ++i) {
        const T* numbers = keys + i * dim + channel;
        prefetchNextBlock(numbers, dim);
        square[i] = token + i < count ? loadNumbers(numbers) : splat(0.0F);
      }
      transpose(square);
      for (int64_t i = 0; i < kLanes; ++i) store(panel + (channel + i) * kLayout.rows, square[i]);
    }
    for (; channel < dim; ++channel) {
      for (int64_t i = 0; i < kLanes; ++i) {
        panel[channel * kLayout.rows + i] =
            token + i < count ? numberOf(keys[i * dim + channel]) : 0.0F;
      }
    }
  }
}

// `count` values as panels of channels, zeros behind the last channel.
template <class T>
void packValues(const T* values, int64_t count, int64_t dim, float* panels) {
  for (int64_t channel = 0; channel < dim; channel += kLanes) {
    float* panel = panels + channel / kLayout.rows * kBlock * kLayout.rows + channel % kLayout.rows;
    for (int64_t token = 0; token < count; ++token, panel += kLayout.rows) {
      const T* value = values + token * dim + channel;
      prefetchNextBlock(value, dim);
      if (channel + kLanes <= dim) {
        store(panel, loadNumbers(value));
      } else {
        for (int64_t i = 0; i < kLanes; ++i) {
          panel[i] = channel + i < dim ? numberOf(value[i]) : 0.0F;
        }
      }
    }
  }
  // The last panel may have no number in its second register.
  if (const int64_t filled = roundUp(dim, kLanes); filled % kLayout.rows != 0) {
    float* panel = panels + filled / kLayout.rows * kBlock * kLayout.rows + kLanes;
    for (int64_t token = 0; token < count; ++token) {
      store(panel + token * kLayout.rows, splat(0.0F));
    }
  }
}

// Whether blocks are laid out as pairs.
inline bool isNarrow(const KvCache& cache) {
  return kHasDotPairs && cache.dtype == DType::BF16 && cache.headDim % 2 == 0;
}

// The pairs of two rows' numbers, element by element.
inline I pairsOf(const BFloat16* even, const BFloat16* odd) {
  return (((I)loadWide(even) >> 16) & 0xFFFF) | (I)loadWide(odd);
}

// As packValues, with pairs of tokens.
inline void packValuePairs(const BFloat16* values, int64_t count, int64_t dim, float* panels) {
  for (int64_t channel = 0; channel < roundUp(dim, kLayout.rows); channel += kLanes) {
    float* panel =
        panels + channel / kLayout.rows * (kBlock / 2) * kLayout.rows + channel % kLayout.rows;
    for (int64_t token = 0; token < count; token += 2, panel += kLayout.rows) {
      const BFloat16* even = values + token * dim + channel;
      prefetchNextBlock(even, dim);
      prefetchNextBlock(even + dim, dim);
      if (channel + kLanes <= dim && token + 1 < count) {
        store(panel, (V)pairsOf(even, even + dim));
        continue;
      }
      BFloat16 rows[2][kLanes] = {};
      for (int64_t c = 0; c < kLanes && channel + c < dim; ++c) {
        rows[0][c] = even[c];
        if (token + 1 < count) rows[1][c] = even[dim + c];
      }
      store(panel, (V)pairsOf(rows[0], rows[1]));
    }
  }
}

inline void packBlock(const KvCache& cache,
                      int64_t head,
                      int64_t token,
                      int64_t count,
                      float* keyPanels,
                      float* valuePanels) {
  const char* keys = cacheRow(cache, Half::Keys, head, token);
  const char* values = cacheRow(cache, Half::Values, head, token);
  if (isNarrow(cache)) {
    // A pair of channels is an element of 32 bits like any other.
    packKeys(reinterpret_cast<const float*>(keys), count, cache.headDim / 2, keyPanels);
    packValuePairs(reinterpret_cast<const BFloat16*>(values), count, cache.headDim, valuePanels);
  } else if (cache.dtype == DType::BF16) {
    packKeys(reinterpret_cast<const BFloat16*>(keys), count, cache.headDim, keyPanels);
    packValues(reinterpret_cast<const BFloat16*>(values), count, cache.headDim, valuePanels);
  } else {
    packKeys(reinterpret_cast<const float*>(keys), count, cache.headDim, keyPanels);
    packValues(reinterpret_cast<const float*>(values), count, cache.headDim, valuePanels);
  }
}

inline void run(const AppendKv& op, Workspace&) {
  const KvCache& cache = op.cache;
  const int64_t dim = cache.headDim;
  for (int64_t t = 0; t < op.k.rows; ++t) {
    const int64_t token = *op.at.position + t;
    for (int64_t head = 0; head < cache.kvHeads; ++head) {
      for (const Half half : {Half::Keys, Half::Values}) {
        const float* from = row(half == Half::Keys ? op.k : op.v, t) + head * dim;
        char* to = cacheRow(cache, half, head, token);
        for (int64_t i = 0; i < dim; ++i) {
          if (cache.dtype == DType::BF16) {
            reinterpret_cast<BFloat16*>(to)[i] = toBFloat16(from[i]);
          } else {
            reinterpret_cast<float*>(to)[i] = from[i];
          }
        }
      }
    }
  }
}
