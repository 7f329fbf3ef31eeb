// SPDX-License-Identifier: GPL-3.0-or-later
// AttendMany and AttendOne. The cache is walked in blocks of 64 tokens, counted from the
// first token of the sequence: a block's scores and weighted values are two products over panels
// (product-inl.h), with the softmax kept up between them (Milakov & Gimelshein 2018; Dao et al.
// 2022). kSegmentBlocks blocks make a segment; segments are merged in their order. Where blocks and
// segments end does not depend on the queries, so a token sees the same sums alone, where threads
// share the segments, and among many, where one thread walks through all of them. The matrix unit
// takes a segment at once (attention_unit-inl.h).
//
// Where the processor multiplies pairs of bfloat16 and the cache holds such numbers, queries and
// weights are rounded to them, and blocks are laid out as pairs of channels of the keys and as
// pairs of tokens of the values. So it is where the cache holds bytes, which are such numbers too:
// the products are those of the bytes themselves, and the scales go into what stands between them,
// the keys' into the scores and the values' into the weights.

// 512 tokens: enough that the partial results are a small share of the cache that was read for them
// (1/64 with eight heads on one key), few enough that four thousand tokens occupy eight threads.
constexpr int64_t kSegmentBlocks = 8;
constexpr int64_t kSegment = kBlock * kSegmentBlocks;

// Queries that walk through the cache together: 192 rows of 64 scores are 48 KiB.
constexpr int64_t kAttendRows = 192;
// With the matrix unit, where the products are done in a fraction of the time, laying a block out
// is worth sharing among more, as long as every thread has some tiles.
#ifdef LECTERN_MATRIX_UNIT
constexpr int64_t kMostAttendRows = 640;
constexpr int64_t kLaidOut = kSegment;  // tokens at a time
constexpr int64_t kUnitScores = kUnitTile * kSegment;
#else
constexpr int64_t kMostAttendRows = kAttendRows;
constexpr int64_t kLaidOut = kBlock;
constexpr int64_t kUnitScores = 0;
#endif

// What a thread keeps while it attends with `rows` queries of one key/value head.
struct AttendSpace {
  float* keys;       // panels [kLaidOut / kLayout.rows][D][kLayout.rows], or of D / 2 pairs
  float* values;     // panels [width / kLayout.rows][kLaidOut][kLayout.rows], or half as many pairs
  float* keyScales;  // [kLaidOut], over √D, where the cache holds bytes
  float* valueScales;   // [kLaidOut], there too
  float* queries;       // tiles [D][rows of the tile], or of D / 2 pairs
  float* scores;        // [rows, kBlock], then the weights, or pairs of them in the first half;
                        // of the matrix unit [kUnitTile, kSegment], and the weights behind them
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
inline int64_t scoreFloats(int64_t rows) {
  return greatest(rows * kBlock, kUnitScores * 3 / 2);
}
inline int64_t attendFloats(const KvCache& cache, int64_t rows) {
  const int64_t width = widthOf(cache);
  return kLaidOut * (cache.headDim + width + 2) + scoreFloats(rows) +
         rows * (cache.headDim + 2 * width + 4) + 64;
}
inline AttendSpace attendSpace(float* memory, const KvCache& cache, int64_t rows) {
  const int64_t width = widthOf(cache);
  AttendSpace space{};
  const auto take = [&](int64_t floats) {
    float* piece = memory;
    memory += floats;
    return piece;
  };
  space.keys = take(kLaidOut * cache.headDim);
  space.values = take(kLaidOut * width);
  space.keyScales = take(kLaidOut);
  space.valueScales = take(kLaidOut);
  space.scores = take(scoreFloats(rows));
  space.out = take(rows * width);
  space.totalOut = take(rows * width);
  space.queries = take(rows * cache.headDim);
  space.largest = take(rows);
  space.sum = take(rows);
  space.totalLargest = take(rows);
  space.totalSum = take(rows);
  return space;
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

// The products of a block, of floats or of pairs of bfloat16.
template <bool Narrow>
struct LaneProducts {
  static constexpr bool kNarrow = Narrow;
  static constexpr int64_t kTile = kTileRows;

  static void packQueries(const float* const* rows, int64_t count, int64_t dim, float* queries) {
    if constexpr (Narrow) {
      packPairs<true>(DType::BF16, rows, count, dim, queries);
    } else {
      packTile(rows, count, dim, queries);
    }
  }
  // scores of `rows` queries of a tile with all keys of a block.
  void score(int64_t rows, const float* queries, const float* keys, int64_t dim, float* scores) {
    for (int64_t first = 0; first < kBlock; first += kLayout.rows) {
      if constexpr (Narrow) {
        multiplyPackedPairs<true, kTileRows>(
            rows, queries, reinterpret_cast<const uint8_t*>(keys + first * dim / 2), pairsOf(dim),
            true, scores + first, kBlock);
      } else {
        multiplyPackedTile<kTileRows>(rows, queries, keys + first * dim, dim, true, scores + first,
                                      kBlock);
      }
    }
  }
  // out += weights · values
  void add(int64_t rows,
           const float* weights,
           const float* values,
           int64_t tokens,
           int64_t width,
           float* out) {
    addValues<Narrow, kTileRows>(rows, weights, values, tokens, width, out);
  }
};

// What a query has gathered from the tokens it has seen so far.
struct Gathered {
  float& largest;  // score
  float& sum;      // of exp(score − largest)
  float* out;      // of exp(score − largest) · value
};

// Turns a block's products q · k, the first `seen` of which count, into weights exp(score −
// largest) and brings what was gathered to the new largest score. Returns the sum of the weights,
// which where the cache holds bytes are left times the scales of their values.
template <bool Narrow, bool Bytes>
float soften(float* scores,
             int64_t seen,
             float scale,
             const AttendSpace& space,
             int64_t width,
             const Gathered& to) {
  constexpr int64_t kRegisters = kBlock / kLanes;
  V score[kRegisters];
  V top = splat(to.largest);
  if (seen < kBlock) {
    // Behind the last that counts the scales may be no numbers, so that it is filled last.
    for (int64_t i = 0; i < kBlock; i += kLanes) {
      store(scores + i, load(scores + i) * (Bytes ? load(space.keyScales + i) : splat(scale)));
    }
    fill(scores + seen, kBlock - seen, kNone);
    for (int64_t i = 0; i < kRegisters; ++i) score[i] = load(scores + i * kLanes);
  } else {
    for (int64_t i = 0; i < kRegisters; ++i) {
      const V by = Bytes ? load(space.keyScales + i * kLanes) : splat(scale);
      score[i] = load(scores + i * kLanes) * by;
    }
  }
  for (int64_t i = 0; i < kRegisters; ++i) top = maxOf(top, score[i]);
  const float largest = largestOf(top);
  V weights = splat(0.0F);
  for (int64_t i = 0; i < kRegisters; ++i) {
    const V weight = exponential(score[i] - splat(largest));
    const V factor = Bytes ? weight * load(space.valueScales + i * kLanes) : weight;
    if constexpr (Narrow) {
      storeNarrow(reinterpret_cast<BFloat16*>(scores) + i * kLanes, factor);
    } else {
      store(scores + i * kLanes, factor);
    }
    weights = weights + weight;
  }
  const float blockSum = sumOf(weights);
  const float keep = largest == to.largest ? 1.0F : exponentialOf(to.largest - largest);
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
template <bool Bytes, bool Narrow, class Limit, class Hear>
void attendWith(LaneProducts<Narrow> products,
                const KvCache& cache,
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
  constexpr int64_t kTile = LaneProducts<Narrow>::kTile;
  fill(space.largest, rows, kNone);
  fill(space.sum, rows, 0.0F);
  fill(space.out, rows * width, 0.0F);
  const int64_t end = least(tokens, (segment + 1) * kSegment);
  for (int64_t token = segment * kSegment; token < end; token += kBlock) {
    const int64_t count = least(kBlock, end - token);
    packBlock(cache, head, token, count, space.keys, space.values);
    if constexpr (Bytes) {
      packScales(cache, Half::Keys, head, token, count, scale, space.keyScales);
      packScales(cache, Half::Values, head, token, count, 1.0F, space.valueScales);
    }
    for (int64_t r = 0; r < rows; r += kTile) {
      const int64_t tileRows = least(kTile, rows - r);
      products.score(tileRows, space.queries + r * (Narrow ? dim / 2 : dim), space.keys, dim,
                     space.scores + r * kBlock);
      for (int64_t i = r; i < r + tileRows; ++i) {
        float* scores = space.scores + i * kBlock;
        const int64_t seen = least(count, limit(i) - token);
        if (seen <= 0) {
          fill(scores, kBlock, 0.0F);
          continue;
        }
        const float sum =
            soften<Narrow, Bytes>(scores, seen, scale, space, width,
                                  {space.largest[i], space.sum[i], space.out + i * width});
        hear(i, token / kBlock, space.largest[i], sum);
      }
      products.add(tileRows, space.scores + r * kBlock, space.values, count, width,
                   space.out + r * width);
    }
  }
}

#ifdef LECTERN_MATRIX_UNIT
#include "kernels/cpu/generic/attention_unit-inl.h"
#endif

// Calls use.operator()<Products>() for those that a cache takes.
template <class Use>
void forProducts(const KvCache& cache, const Use& use) {
  if (!isNarrow(cache)) return use.template operator()<LaneProducts<false>>();
#ifdef LECTERN_MATRIX_UNIT
  if (cache.headDim % kUnitStep == 0) return use.template operator()<UnitProducts>();
#endif
  use.template operator()<LaneProducts<kHasDotPairs>>();
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
  forProducts(cache, [&]<class Products>() {
    if (cache.dtype == DType::I8) {
      attendWith<true>(Products(), cache, head, segment, tokens, rows, space, limit, hear);
    } else {
      attendWith<false>(Products(), cache, head, segment, tokens, rows, space, limit, hear);
    }
  });
}

// Adds what was gathered from one more segment.
inline void merge(float largest, float sum, const float* out, int64_t width, const Gathered& to) {
  const float newLargest = largest > to.largest ? largest : to.largest;
  // One of them is the new one; e⁰ is 1.
  const float keep = to.largest == newLargest ? 1.0F : exponentialOf(to.largest - newLargest);
  const float take = largest == newLargest ? 1.0F : exponentialOf(largest - newLargest);
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
                        const KvCache& cache,
                        int64_t token,
                        int64_t rows,
                        int64_t firstHead,
                        int64_t heads,
                        float* queries) {
  const int64_t dim = cache.headDim;
  forProducts(cache, [&]<class Products>() {
    for (int64_t r = 0; r < rows; r += Products::kTile) {
      const float* tile[Products::kTile];
      const int64_t count = least(Products::kTile, rows - r);
      for (int64_t i = 0; i < count; ++i) {
        tile[i] = row(q, token + (r + i) / heads) + (firstHead + (r + i) % heads) * dim;
      }
      Products::packQueries(tile, count, dim, queries + r * (Products::kNarrow ? dim / 2 : dim));
    }
  });
}

inline void run(const AttendMany& op, Workspace& workspace) {
  const KvCache& cache = op.cache;
  const int64_t dim = cache.headDim;
  const int64_t width = widthOf(cache);
  const int64_t heads = op.heads / cache.kvHeads;  // that share one key
  const int64_t at = *op.at.position;
  const int64_t tokens = op.q.rows;
  const int64_t share = tokens * cache.kvHeads / (int64_t{3} * workspace.pool.threads());
  const int64_t tileTokens =
      greatest(1, least(kMostAttendRows / heads, greatest(kAttendRows / heads, share)));
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
    packQueries(op.q, cache, firstToken, rows, head * heads, heads, space.queries);
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
                packQueries(op.q, cache, 0, heads, head * heads, heads, space.queries);
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
