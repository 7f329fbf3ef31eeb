// SPDX-License-Identifier: GPL-3.0-or-later
// AppendKv, AttendMany and AttendOne. The cache is walked in blocks of 64 tokens, counted from the
// first token of the sequence: a block's scores and weighted values are two products over panels
// (product-inl.h), with the softmax kept up between them (Milakov & Gimelshein 2018; Dao et al.
// 2022). kSegmentBlocks blocks make a segment; segments are merged in their order. Where blocks and
// segments end does not depend on the queries, so a token sees the same sums alone, where threads
// share the segments, and among many, where one thread walks through all of them.
//
// Where the processor multiplies pairs of bfloat16 and the cache holds such numbers, queries and
// weights are rounded to them, and blocks are laid out as pairs of channels of the keys and as
// pairs of tokens of the values.

constexpr int64_t kBlock = AttendOne::kBlockTokens;
// 512 tokens: enough that the partial results are a small share of the cache that was read for them
// (1/64 with eight heads on one key), few enough that four thousand tokens occupy eight threads.
constexpr int64_t kSegmentBlocks = 8;
constexpr int64_t kSegment = kBlock * kSegmentBlocks;

// Queries that walk through the cache together: 192 rows of 64 scores are 48 KiB.
constexpr int64_t kAttendRows = 192;

static_assert(kBlock % kLayout.rows == 0);

// What a thread keeps while it attends with `rows` queries of one key/value head.
struct AttendSpace {
  float* keys;          // panels [kBlock / kLayout.rows][D][kLayout.rows], or of D / 2 pairs
  float* values;        // panels [width / kLayout.rows][kBlock][kLayout.rows], or of kBlock / 2
  float* queries;       // tiles [D][rows of the tile], or of D / 2 pairs
  float* scores;        // [rows, kBlock], then the weights, or pairs of them in the first half
  float* largest;       // [rows] of the segment so far
  float* sum;           // [rows] of exp(score − largest)
  float* out;           // [rows, width] of exp(score − largest) · value
  float* totalLargest;  // the same three of all segments
  float* totalSum;
  float* totalOut;
};

// D rounded up to whole panels.
inline int64_t widthOf(const KvCache& cache) {
  return roundUp(cache.headDim, kLayout.rows);
}
inline int64_t attendFloats(const KvCache& cache, int64_t rows) {
  const int64_t width = widthOf(cache);
  return kBlock * (cache.headDim + width) + rows * (cache.headDim + kBlock + 2 * width + 4) + 64;
}
inline AttendSpace attendSpace(float* memory, const KvCache& cache, int64_t rows) {
  const int64_t width = widthOf(cache);
  AttendSpace space{};
  const auto take = [&](int64_t floats) {
    float* piece = memory;
    memory += floats;
    return piece;
  };
  space.keys = take(kBlock * cache.headDim);
  space.values = take(kBlock * width);
  space.scores = take(rows * kBlock);
  space.out = take(rows * width);
  space.totalOut = take(rows * width);
  space.queries = take(rows * cache.headDim);
  space.largest = take(rows);
  space.sum = take(rows);
  space.totalLargest = take(rows);
  space.totalSum = take(rows);
  return space;
}

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

inline void packBlock(
    const KvCache& cache, int64_t head, int64_t token, int64_t count, const AttendSpace& space) {
  const char* keys = cacheRow(cache, Half::Keys, head, token);
  const char* values = cacheRow(cache, Half::Values, head, token);
  if (isNarrow(cache)) {
    // A pair of channels is an element of 32 bits like any other.
    packKeys(reinterpret_cast<const float*>(keys), count, cache.headDim / 2, space.keys);
    packValuePairs(reinterpret_cast<const BFloat16*>(values), count, cache.headDim, space.values);
  } else if (cache.dtype == DType::BF16) {
    packKeys(reinterpret_cast<const BFloat16*>(keys), count, cache.headDim, space.keys);
    packValues(reinterpret_cast<const BFloat16*>(values), count, cache.headDim, space.values);
  } else {
    packKeys(reinterpret_cast<const float*>(keys), count, cache.headDim, space.keys);
    packValues(reinterpret_cast<const float*>(values), count, cache.headDim, space.values);
  }
}

inline void fill(float* p, int64_t count, float value) {
  for (int64_t i = 0; i < count; ++i) p[i] = value;
}

// out += weights · values, for `rows` ≤ Rows rows.
template <bool Narrow, int Rows>
void addValues(int64_t rows,
               const float* weights,
               const float* values,
               int64_t tokens,
               int64_t width,
               float* out) {
  using Weights = TileStrides<kBlock, 1>;
  if (rows == Rows) {
    for (int64_t i = 0; i < width; i += kLayout.rows) {
      if constexpr (Narrow) {
        multiplyPairTile<true, Weights, Rows, 1>(
            weights, reinterpret_cast<const uint8_t*>(values + i * kBlock / 2), 0, pairsOf(tokens),
            false, out + i, width);
      } else {
        multiplyTile<Weights, Rows, 1>(weights, values + i * kBlock, 0, tokens, false, out + i,
                                       width);
      }
    }
  } else if constexpr (Rows > 1) {
    addValues<Narrow, Rows - 1>(rows, weights, values, tokens, width, out);
  }
}

// scores of `rows` queries of a tile with all keys of a block.
template <bool Narrow>
void scoreBlock(int64_t rows, const float* queries, const float* keys, int64_t dim, float* scores) {
  for (int64_t first = 0; first < kBlock; first += kLayout.rows) {
    if constexpr (Narrow) {
      multiplyPackedPairs<true, kTileRows>(rows, queries,
                                           reinterpret_cast<const uint8_t*>(keys + first * dim / 2),
                                           pairsOf(dim), true, scores + first, kBlock);
    } else {
      multiplyPackedTile<kTileRows>(rows, queries, keys + first * dim, dim, true, scores + first,
                                    kBlock);
    }
  }
}

// What a query has gathered from the tokens it has seen so far.
struct Gathered {
  float& largest;  // score
  float& sum;      // of exp(score − largest)
  float* out;      // of exp(score − largest) · value
};

// Turns a block's products q · k, the first `seen` of which count, into weights exp(score −
// largest) and brings what was gathered to the new largest score. Returns the sum of the weights.
template <bool Narrow>
float soften(float* scores, int64_t seen, float scale, int64_t width, const Gathered& to) {
  for (int64_t i = 0; i < kBlock; i += kLanes) store(scores + i, load(scores + i) * splat(scale));
  fill(scores + seen, kBlock - seen, kNone);
  V top = splat(to.largest);
  for (int64_t i = 0; i < kBlock; i += kLanes) top = maxOf(top, load(scores + i));
  const float largest = largestOf(top);
  V weights = splat(0.0F);
  for (int64_t i = 0; i < kBlock; i += kLanes) {
    const V weight = exponential(load(scores + i) - splat(largest));
    if constexpr (Narrow) {
      storeNarrow(reinterpret_cast<BFloat16*>(scores) + i, weight);
    } else {
      store(scores + i, weight);
    }
    weights = weights + weight;
  }
  const float blockSum = sumOf(weights);
  const float keep = exponentialOf(to.largest - largest);
  if (keep != 1.0F) {
    for (int64_t i = 0; i < width; i += kLanes) store(to.out + i, load(to.out + i) * splat(keep));
  }
  to.sum = to.sum * keep + blockSum;
  to.largest = largest;
  return blockSum;
}

// One segment for `rows` queries of one key/value head; query r sees the first limit(r) tokens of
// the sequence, none of them more than `tokens`. Tells hear(r, block, largest score so far, sum of
// the block's weights).
template <bool Narrow, class Limit, class Hear>
void attendBlocks(const KvCache& cache,
                  int64_t head,
                  int64_t segment,
                  int64_t tokens,
                  int64_t rows,
                  const AttendSpace& space,
                  const Limit& limit,
                  const Hear& hear) {
  const int64_t dim = cache.headDim;
  const int64_t width = widthOf(cache);
  const float scale = 1.0F / __builtin_sqrtf(static_cast<float>(dim));
  fill(space.largest, rows, kNone);
  fill(space.sum, rows, 0.0F);
  fill(space.out, rows * width, 0.0F);
  const int64_t end = least(tokens, (segment + 1) * kSegment);
  for (int64_t token = segment * kSegment; token < end; token += kBlock) {
    const int64_t count = least(kBlock, end - token);
    packBlock(cache, head, token, count, space);
    for (int64_t r = 0; r < rows; r += kTileRows) {
      const int64_t tileRows = least(kTileRows, rows - r);
      scoreBlock<Narrow>(tileRows, space.queries + r * (Narrow ? dim / 2 : dim), space.keys, dim,
                         space.scores + r * kBlock);
      for (int64_t i = r; i < r + tileRows; ++i) {
        float* scores = space.scores + i * kBlock;
        const int64_t seen = least(count, limit(i) - token);
        if (seen <= 0) {
          fill(scores, kBlock, 0.0F);
          continue;
        }
        const float sum = soften<Narrow>(scores, seen, scale, width,
                                         {space.largest[i], space.sum[i], space.out + i * width});
        hear(i, token / kBlock, space.largest[i], sum);
      }
      addValues<Narrow, kTileRows>(tileRows, space.scores + r * kBlock, space.values, count, width,
                                   space.out + r * width);
    }
  }
}

template <class Limit, class Hear>
void attendSegment(const KvCache& cache,
                   int64_t head,
                   int64_t segment,
                   int64_t tokens,
                   int64_t rows,
                   const AttendSpace& space,
                   const Limit& limit,
                   const Hear& hear) {
  if (isNarrow(cache)) {
    attendBlocks<kHasDotPairs>(cache, head, segment, tokens, rows, space, limit, hear);
  } else {
    attendBlocks<false>(cache, head, segment, tokens, rows, space, limit, hear);
  }
}

// Adds what was gathered from one more segment.
inline void merge(float largest, float sum, const float* out, int64_t width, const Gathered& to) {
  const float newLargest = largest > to.largest ? largest : to.largest;
  const float keep = exponentialOf(to.largest - newLargest);
  const float take = exponentialOf(largest - newLargest);
  for (int64_t i = 0; i < width; i += kLanes) {
    store(to.out + i, fma(load(out + i), splat(take), load(to.out + i) * splat(keep)));
  }
  to.sum = to.sum * keep + sum * take;
  to.largest = newLargest;
}

inline void finish(const float* gathered, float sum, float* out, int64_t dim) {
  for (int64_t i = 0; i < dim; i += kLanes) {
    store(out + i, load(gathered + i) / splat(sum), dim - i);
  }
}

// Heads [firstHead, firstHead + heads) of tokens [token, token + count), token by token, as tiles.
inline void packQueries(const Tensor& q,
                        bool narrow,
                        int64_t token,
                        int64_t rows,
                        int64_t firstHead,
                        int64_t heads,
                        int64_t dim,
                        float* queries) {
  for (int64_t r = 0; r < rows; r += kTileRows) {
    const float* tile[kTileRows];
    const int64_t count = least(kTileRows, rows - r);
    for (int64_t i = 0; i < count; ++i) {
      tile[i] = row(q, token + (r + i) / heads) + (firstHead + (r + i) % heads) * dim;
    }
    if (narrow) {
      packPairs<true>(DType::BF16, tile, count, dim, queries + r * dim / 2);
    } else {
      packTile(tile, count, dim, queries + r * dim);
    }
  }
}

inline void run(const AttendMany& op, Workspace& workspace) {
  const KvCache& cache = op.cache;
  const int64_t dim = cache.headDim;
  const int64_t width = widthOf(cache);
  const int64_t heads = op.heads / cache.kvHeads;  // that share one key
  const int64_t at = *op.at.position;
  const int64_t tokens = op.q.rows;
  const int64_t tileTokens = heads < kAttendRows ? kAttendRows / heads : 1;
  const int64_t tiles = (tokens + tileTokens - 1) / tileTokens;
  const int64_t maxRows = least(tokens, tileTokens) * heads;
  const Workspace::Own own = workspace.own(attendFloats(cache, maxRows));
  const int64_t work = 2 * tokens * (at + tokens) * op.heads * dim;
  forEachItem(workspace, tiles * cache.kvHeads, work, [&](int64_t item, int worker) {
    const int64_t head = item % cache.kvHeads;
    const int64_t firstToken = item / cache.kvHeads * tileTokens;
    const int64_t count = least(tileTokens, tokens - firstToken);
    const int64_t rows = count * heads;
    const AttendSpace space = attendSpace(own.of(worker), cache, rows);
    packQueries(op.q, isNarrow(cache), firstToken, rows, head * heads, heads, dim, space.queries);
    fill(space.totalLargest, rows, kNone);
    fill(space.totalSum, rows, 0.0F);
    fill(space.totalOut, rows * width, 0.0F);
    const auto limit = [&](int64_t r) { return at + firstToken + r / heads + 1; };
    const int64_t end = at + firstToken + count;
    for (int64_t segment = 0; segment * kSegment < end; ++segment) {
      attendSegment(cache, head, segment, end, rows, space, limit,
                    [](int64_t, int64_t, float, float) {});
      for (int64_t r = 0; r < rows; ++r) {
        if (limit(r) <= segment * kSegment) continue;
        merge(space.largest[r], space.sum[r], space.out + r * width, width,
              {space.totalLargest[r], space.totalSum[r], space.totalOut + r * width});
      }
    }
    for (int64_t r = 0; r < rows; ++r) {
      finish(space.totalOut + r * width, space.totalSum[r],
             row(op.out, firstToken + r / heads) + (head * heads + r % heads) * dim, dim);
    }
  });
}

// Results of the segments, and what the tap needs of the blocks.
struct AttendParts {
  float* largest;       // [segments, heads]
  float* sum;           // [segments, heads]
  float* out;           // [segments, heads, width]
  float* blockLargest;  // [heads, blocks], the largest score up to the block within its segment
  float* blockSum;      // [heads, blocks], relative to that
  float* total;         // [heads, width]
  float* totalLargest;  // [heads]
  float* totalSum;      // [heads]
};

inline AttendParts attendParts(Workspace& workspace, const KvCache& cache, int64_t heads) {
  const int64_t blocks = cache.pageCount * cache.pageTokens / kBlock;
  const int64_t segments = (blocks + kSegmentBlocks - 1) / kSegmentBlocks;
  const int64_t width = widthOf(cache);
  float* memory = workspace.parts.get<float>(heads * ((segments + 1) * (width + 2) + 2 * blocks));
  AttendParts parts{};
  const auto take = [&](int64_t floats) {
    float* piece = memory;
    memory += floats;
    return piece;
  };
  parts.out = take(segments * heads * width);
  parts.total = take(heads * width);
  parts.blockLargest = take(heads * blocks);
  parts.blockSum = take(heads * blocks);
  parts.largest = take(segments * heads);
  parts.sum = take(segments * heads);
  parts.totalLargest = take(heads);
  parts.totalSum = take(heads);
  return parts;
}

// mass[b] = Σ_n headWeight[n] · (sum of head n's weights in block b) / (sum of all of them).
inline void writeMass(const AttendOne& op, const AttendParts& parts, int64_t blocks) {
  float* mass = row(op.mass, 0);
  const float* headWeight = row(op.headWeight, 0);
  for (int64_t b = 0; b < blocks; b += kLanes) {
    V sum = splat(0.0F);
    for (int64_t head = 0; head < op.heads; ++head) {
      const int64_t n = blocks - b;
      const V largest = load(parts.blockLargest + head * blocks + b, n);
      const V share = exponential(largest - splat(parts.totalLargest[head])) *
                      load(parts.blockSum + head * blocks + b, n);
      sum = fma(share, splat(headWeight[head] / parts.totalSum[head]), sum);
    }
    store(mass + b, sum, blocks - b);
  }
}

inline void run(const AttendOne& op, Workspace& workspace) {
  const KvCache& cache = op.cache;
  const int64_t dim = cache.headDim;
  const int64_t width = widthOf(cache);
  const int64_t heads = op.heads / cache.kvHeads;
  const int64_t tokens = *op.at.position + 1;
  const int64_t blocks = (tokens + kBlock - 1) / kBlock;
  const int64_t segments = (tokens + kSegment - 1) / kSegment;
  const AttendParts parts = attendParts(workspace, cache, op.heads);
  const Workspace::Own own = workspace.own(attendFloats(cache, heads));
  forEachItem(workspace, segments * cache.kvHeads, 4 * tokens * op.heads * dim,
              [&](int64_t item, int worker) {
                const int64_t head = item % cache.kvHeads;
                const int64_t segment = item / cache.kvHeads;
                AttendSpace space = attendSpace(own.of(worker), cache, heads);
                const int64_t place = segment * op.heads + head * heads;
                space.largest = parts.largest + place;
                space.sum = parts.sum + place;
                space.out = parts.out + place * width;
                packQueries(op.q, isNarrow(cache), 0, heads, head * heads, heads, dim,
                            space.queries);
                attendSegment(
                    cache, head, segment, tokens, heads, space, [&](int64_t) { return tokens; },
                    [&](int64_t r, int64_t block, float largest, float sum) {
                      parts.blockLargest[(head * heads + r) * blocks + block] = largest;
                      parts.blockSum[(head * heads + r) * blocks + block] = sum;
                    });
              });
  forEachItem(workspace, op.heads, op.heads * segments * width, [&](int64_t head, int) {
    float* total = parts.total + head * width;
    parts.totalLargest[head] = kNone;
    parts.totalSum[head] = 0.0F;
    fill(total, width, 0.0F);
    for (int64_t segment = 0; segment < segments; ++segment) {
      const int64_t place = segment * op.heads + head;
      merge(parts.largest[place], parts.sum[place], parts.out + place * width, width,
            {parts.totalLargest[head], parts.totalSum[head], total});
    }
    finish(total, parts.totalSum[head], row(op.out, 0) + head * dim, dim);
  });
  if (op.mass.isPresent()) writeMass(op, parts, blocks);
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
