// SPDX-License-Identifier: GPL-3.0-or-later
// AppendKv, and blocks of the cache laid out for the products of attention-inl.h. A block is 64
// tokens, counted from the first one of the sequence.

constexpr int64_t kBlock = AttendOne::kBlockTokens;
static_assert(kBlock % kLayout.rows == 0);

enum class Half : uint8_t { Keys, Values };

// Which row of its page a head's key or value is, and the page.
struct CachePlace {
  char* page;
  int64_t row;
};
inline CachePlace cachePlace(const KvCache& cache, Half half, int64_t head, int64_t token) {
  const int64_t page = token / cache.pageTokens;
  LECTERN_CHECK(page < cache.pageCount);
  const int64_t plane = (half == Half::Values ? cache.kvHeads : 0) + head;
  return {static_cast<char*>(cache.pages[page]),
          plane * cache.pageTokens + token % cache.pageTokens};
}
// The first of a head's keys or values in the block that begins at `token`; blocks do not straddle
// pages.
inline char* cacheRow(const KvCache& cache, Half half, int64_t head, int64_t token) {
  const CachePlace place = cachePlace(cache, half, head, token);
  return place.page + place.row * cache.headDim * elementBytes(cache.dtype);
}
// The scales of the same rows, where the cache holds bytes.
inline float* cacheScales(const KvCache& cache, Half half, int64_t head, int64_t token) {
  const CachePlace place = cachePlace(cache, half, head, token);
  return reinterpret_cast<float*>(place.page +
                                  2 * cache.kvHeads * cache.pageTokens * cache.headDim) +
         place.row;
}

// Between the loads of two blocks lies so much work that the processor does not come to the second
// by itself. It is asked for with each load, for 256 lines at once would wait for each other, and
// in the order of the memory, which goes on by itself then; a block's own order is another.
template <class T>
class NextBlock {
 public:
  NextBlock(const T* block, int64_t dim) : next_(block + kBlock * dim) {}
  void ask(int64_t numbers) {
    __builtin_prefetch(next_);
    next_ += numbers;
  }

 private:
  const T* next_;
};

// `count` keys as panels of tokens, zeros behind the last: square by square through registers, and
// what is left of a key channel by channel.
template <class T>
void packKeys(const T* keys, int64_t count, int64_t dim, float* panels) {
  NextBlock<T> nextBlock(keys, dim);
  for (int64_t token = 0; token < kBlock; token += kLanes, keys += kLanes * dim) {
    float* panel = panels + token / kLayout.rows * dim * kLayout.rows + token % kLayout.rows;
    int64_t channel = 0;
    for (; channel + kLanes <= dim; channel += kLanes) {
      V square[kLanes];
      for (int64_t i = 0; i < kLanes; ++i) {
        const T* numbers = keys + i * dim + channel;
        nextBlock.ask(kLanes);
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
  NextBlock<T> nextBlock(values, dim);
  for (int64_t channel = 0; channel < dim; channel += kLanes) {
    float* panel = panels + channel / kLayout.rows * kBlock * kLayout.rows + channel % kLayout.rows;
    for (int64_t token = 0; token < count; ++token, panel += kLayout.rows) {
      const T* value = values + token * dim + channel;
      nextBlock.ask(kLanes);
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

// Whether blocks are laid out as pairs of bfloat16, which hold bytes exactly.
inline bool isNarrow(const KvCache& cache) {
  return kHasDotPairs && cache.dtype != DType::F32 && cache.headDim % 2 == 0;
}

// The pairs of numbers, element by element, all of which are bfloat16.
inline I pairsOf(V even, V odd) {
  return (((I)even >> 16) & 0xFFFF) | (I)odd;
}

// As packKeys, of bytes as numbers or as pairs of bfloat16. Fours of channels go through the
// registers and are taken apart behind them, which needs a quarter of the exchanges.
template <bool Narrow>
void packByteKeys(const int8_t* keys, int64_t count, int64_t dim, float* panels) {
  constexpr int64_t kPer = Narrow ? 2 : 1;  // channels in an element of a panel
  NextBlock<int8_t> nextBlock(keys, dim);
  const auto bits = [](int8_t x) { return __builtin_bit_cast(uint32_t, static_cast<float>(x)); };
  for (int64_t token = 0; token < kBlock; token += kLanes, keys += kLanes * dim) {
    float* panel =
        panels + token / kLayout.rows * (dim / kPer) * kLayout.rows + token % kLayout.rows;
    int64_t channel = 0;
    for (; channel + 4 * kLanes <= dim; channel += 4 * kLanes) {
      V square[kLanes];
      for (int64_t i = 0; i < kLanes; ++i) {
        const int8_t* numbers = keys + i * dim + channel;
        nextBlock.ask(4 * kLanes);
        square[i] = token + i < count ? load(reinterpret_cast<const float*>(numbers)) : splat(0.0F);
      }
      transpose(square);
      for (int64_t i = 0; i < kLanes; ++i) {
        V four[4];
        LECTERN_UNROLL
        for (int c = 0; c < 4; ++c) {
          four[c] = __builtin_convertvector(((I)square[i] << (24 - 8 * c)) >> 24, V);
        }
        float* to = panel + (channel + 4 * i) / kPer * kLayout.rows;
        LECTERN_UNROLL
        for (int c = 0; c < 4; c += kPer, to += kLayout.rows) {
          store(to, Narrow ? (V)pairsOf(four[c], four[c + kPer - 1]) : four[c]);
        }
      }
    }
    for (; channel < dim; channel += kPer) {
      for (int64_t i = 0; i < kLanes; ++i) {
        const int8_t* key = keys + i * dim + channel;
        uint32_t element = 0;
        if (token + i < count) {
          element = Narrow ? bits(key[0]) >> 16 | bits(key[1]) : bits(key[0]);
        }
        panel[channel / kPer * kLayout.rows + i] = __builtin_bit_cast(float, element);
      }
    }
  }
}

// As packValues, with pairs of tokens; zeros behind the last of them, too. A panel has room for
// `panelTokens`.
template <class T>
void packValuePairs(
    const T* values, int64_t count, int64_t dim, float* panels, int64_t panelTokens) {
  NextBlock<T> nextBlock(values, dim);
  for (int64_t channel = 0; channel < roundUp(dim, kLayout.rows); channel += kLanes) {
    float* panel =
        panels + channel / kLayout.rows * (panelTokens / 2) * kLayout.rows + channel % kLayout.rows;
    for (int64_t token = 0; token < count; token += 2, panel += kLayout.rows) {
      const T* even = values + token * dim + channel;
      nextBlock.ask(2 * kLanes);
      if (channel + kLanes <= dim && token + 1 < count) {
        store(panel, (V)pairsOf(loadNumbers(even), loadNumbers(even + dim)));
        continue;
      }
      T rows[2][kLanes] = {};
      for (int64_t c = 0; c < kLanes && channel + c < dim; ++c) {
        rows[0][c] = even[c];
        if (token + 1 < count) rows[1][c] = even[dim + c];
      }
      store(panel, (V)pairsOf(loadNumbers(rows[0]), loadNumbers(rows[1])));
    }
    for (int64_t token = roundUp(count, 2); token < kBlock; token += 2, panel += kLayout.rows) {
      store(panel, splat(0.0F));
    }
  }
}

inline void packBlock(const KvCache& cache,
                      int64_t head,
                      int64_t token,
                      int64_t count,
                      float* keyPanels,
                      float* valuePanels,
                      int64_t panelTokens = kBlock) {
  const int64_t dim = cache.headDim;
  const char* keys = cacheRow(cache, Half::Keys, head, token);
  const char* values = cacheRow(cache, Half::Values, head, token);
  if (cache.dtype == DType::I8) {
    const auto* keyBytes = reinterpret_cast<const int8_t*>(keys);
    const auto* valueBytes = reinterpret_cast<const int8_t*>(values);
    if (isNarrow(cache)) {
      packByteKeys<true>(keyBytes, count, dim, keyPanels);
      packValuePairs(valueBytes, count, dim, valuePanels, panelTokens);
    } else {
      packByteKeys<false>(keyBytes, count, dim, keyPanels);
      packValues(valueBytes, count, dim, valuePanels);
    }
  } else if (isNarrow(cache)) {
    // A pair of channels is an element of 32 bits like any other.
    packKeys(reinterpret_cast<const float*>(keys), count, dim / 2, keyPanels);
    packValuePairs(reinterpret_cast<const BFloat16*>(values), count, dim, valuePanels, panelTokens);
  } else if (cache.dtype == DType::BF16) {
    packKeys(reinterpret_cast<const BFloat16*>(keys), count, dim, keyPanels);
    packValues(reinterpret_cast<const BFloat16*>(values), count, dim, valuePanels);
  } else {
    packKeys(reinterpret_cast<const float*>(keys), count, dim, keyPanels);
    packValues(reinterpret_cast<const float*>(values), count, dim, valuePanels);
  }
}

// The scales of a block of bytes, times `by`; zeros behind the last.
inline void packScales(const KvCache& cache,
                       Half half,
                       int64_t head,
                       int64_t token,
                       int64_t count,
                       float by,
                       float* scales) {
  const float* from = cacheScales(cache, half, head, token);
  for (int64_t i = 0; i < kBlock; i += kLanes) {
    if (i < count) {
      store(scales + i, load(from + i, count - i) * splat(by));
    } else {
      store(scales + i, splat(0.0F));
    }
  }
}

// A row as bytes (operations.h, KvCache); gives back its scale.
inline float storeRow(int8_t* to, const float* from, int64_t dim) {
  V top = splat(0.0F);
  V zeros = splat(0.0F);  // x − x, which is NaN where x is not finite
  for (int64_t i = 0; i < dim; i += kLanes) {
    const V x = load(from + i, dim - i);
    top = maxOf(top, maxOf(x, splat(0.0F) - x));
    zeros = zeros + (x - x);
  }
  const float largest = largestOf(top);
  const bool isFinite = sumOf(zeros) == 0.0F;
  const bool isZero = !isFinite || largest < KvCache::kLeastMagnitude;
  const V inverse = splat(isZero ? 0.0F : 127.0F / largest);
  for (int64_t i = 0; i < dim; i += kLanes) {
    int8_t bytes[kLanes] = {};
    if (!isZero) {
      const V rounded = load(from + i, dim - i) * inverse + splat(kRounder);
      storeBytes(bytes, (I)rounded - __builtin_bit_cast(int32_t, kRounder));
    }
    for (int64_t k = 0; k < kLanes && i + k < dim; ++k) to[i + k] = bytes[k];
  }
  if (isZero) return isFinite ? 0.0F : __builtin_nanf("");
  return largest / 127.0F;
}
inline void storeRow(BFloat16* to, const float* from, int64_t dim) {
  for (int64_t i = 0; i < dim; ++i) to[i] = toBFloat16(from[i]);
}
inline void storeRow(float* to, const float* from, int64_t dim) {
  for (int64_t i = 0; i < dim; ++i) to[i] = from[i];
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
        if (cache.dtype == DType::I8) {
          *cacheScales(cache, half, head, token) =
              storeRow(reinterpret_cast<int8_t*>(to), from, dim);
        } else if (cache.dtype == DType::BF16) {
          storeRow(reinterpret_cast<BFloat16*>(to), from, dim);
        } else {
          storeRow(reinterpret_cast<float*>(to), from, dim);
        }
      }
    }
  }
}
