// SPDX-License-Identifier: GPL-3.0-or-later
// Attention on the matrix unit, for heads of whole steps: a segment's scores for a tile of 32
// queries, their weights relative to the largest of them, and the weighted values, each in one go,
// so that the values' sums stay in the unit's registers from the first token to the last.

// The 64 bytes behind p: 32 numbers, rounded.
inline void storeNarrow(float* p, V lower, V upper) {
  _mm512_storeu_si512(p, (__m512i)_mm512_cvtne2ps_pbh(upper, lower));
}

// Turns a query's products q · k with the tokens of a segment, the first `seen` of which count,
// into weights exp(score − largest), rounded to bfloat16, and zeros up to a whole block; where the
// cache holds bytes, they are times the scales of their values. Tells hear(block of the segment,
// sum of its weights).
template <bool Bytes, class Hear>
void softenSegment(float* scores,
                   int64_t seen,
                   float scale,
                   const AttendSpace& space,
                   float* weights,
                   float& largest,
                   float& sum,
                   const Hear& hear) {
  const int64_t end = roundUp(seen, kBlock);
  if constexpr (Bytes) {
    for (int64_t i = 0; i < end; i += kLanes) {
      store(scores + i, load(scores + i) * load(space.keyScales + i));
    }
    scale = 1.0F;
  }
  // Behind the last that counts the scales may be no numbers, so that it is filled last.
  fill(scores + seen, end - seen, kNone);
  constexpr int64_t kRegisters = kBlock / kLanes;
  V tops[kRegisters];
  LECTERN_UNROLL
  for (int64_t k = 0; k < kRegisters; ++k) tops[k] = splat(kNone);
  for (int64_t i = 0; i < end; i += kBlock) {
    LECTERN_UNROLL
    for (int64_t k = 0; k < kRegisters; ++k) {
      tops[k] = maxOf(tops[k], load(scores + i + k * kLanes));
    }
  }
  const float top = largestOf(maxOf(maxOf(tops[0], tops[1]), maxOf(tops[2], tops[3])));
  largest = top * scale;
  const V factor = splat(scale * kLog2E);
  const V shift = splat(top) * factor;
  V total = splat(0.0F);
  for (int64_t i = 0; i < end; i += kBlock) {
    V weight[kRegisters];
    LECTERN_UNROLL
    for (int64_t k = 0; k < kRegisters; ++k) {
      weight[k] = powerOfTwo(fma(load(scores + i + k * kLanes), factor, splat(0.0F) - shift));
    }
    const V blockSum = (weight[0] + weight[1]) + (weight[2] + weight[3]);
    if constexpr (Bytes) {
      LECTERN_UNROLL
      for (int64_t k = 0; k < kRegisters; ++k) {
        weight[k] = weight[k] * load(space.valueScales + i + k * kLanes);
      }
    }
    storeNarrow(weights + i / 2, weight[0], weight[1]);
    storeNarrow(weights + i / 2 + kLanes, weight[2], weight[3]);
    total = total + blockSum;
    hear(i / kBlock, sumOf(blockSum));
  }
  sum = sumOf(total);
}

// Pairs of bfloat16 on the matrix unit, for heads of whole steps.
struct UnitProducts {
  static constexpr bool kNarrow = true;
  static constexpr int64_t kTile = kUnitTile;

  static void packQueries(const float* const* rows, int64_t count, int64_t dim, float* queries) {
    packUnitRows(DType::BF16, rows, count, dim, queries);
  }
};

template <bool Bytes, class Limit, class Hear>
void attendWith(UnitProducts,
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
  const int64_t begin = segment * kSegment;
  const int64_t count = least(kSegment, tokens - begin);
  for (int64_t at = 0; at < count; at += kBlock) {
    const int64_t inBlock = least(kBlock, count - at);
    packBlock(cache, head, begin + at, inBlock, space.keys + at * dim / 2,
              space.values + at * kLayout.rows / 2, kSegment);
    if constexpr (Bytes) {
      packScales(cache, Half::Keys, head, begin + at, inBlock, scale, space.keyScales + at);
      packScales(cache, Half::Values, head, begin + at, inBlock, 1.0F, space.valueScales + at);
    }
  }
  float* tileWeights = space.scores + kUnitScores;  // as pairs
  MatrixUnit unit;
  for (int64_t first = 0; first < rows; first += kUnitTile) {
    const int64_t tileRows = least(kUnitTile, rows - first);
    const auto seenBy = [&](int64_t r) {
      return greatest(0, least(count, limit(first + r) - begin));
    };
    // No query of the tile sees more than its last.
    const int64_t end = roundUp(seenBy(tileRows - 1), kBlock);
    const UnitRows queries = unitRows(space.queries + first * dim / 2, tileRows, dim, 0);
    for (int64_t at = 0; at < end; at += kLayout.rows) {
      unit.multiply(tileRows, queries, reinterpret_cast<uint8_t*>(space.keys + at * dim / 2),
                    dim / kUnitStep, true, space.scores + at, kSegment);
    }
    unit.finish();
    for (int64_t r = 0; r < tileRows; ++r) {
      const int64_t seen = seenBy(r);
      float& largest = space.largest[first + r];
      float& sum = space.sum[first + r];
      float* weights = tileWeights + r * kSegment / 2;
      largest = kNone;
      sum = 0.0F;
      if (seen > 0) {
        softenSegment<Bytes>(space.scores + r * kSegment, seen, scale, space, weights, largest, sum,
                             [&](int64_t block, float blockSum) {
                               hear(first + r, begin / kBlock + block, largest, blockSum);
                             });
      }
      fill(weights + roundUp(seen, kBlock) / 2, (end - roundUp(seen, kBlock)) / 2, 0.0F);
    }
    if (end == 0) continue;  // nobody asks for the values of nothing
    const auto* upper = reinterpret_cast<const uint8_t*>(tileWeights);
    const UnitRows weights{upper, upper + kUnitRows * kSegment * 2, kSegment * 2, 64, 64};
    for (int64_t i = 0; i < width; i += kLayout.rows) {
      unit.multiply(tileRows, weights, reinterpret_cast<uint8_t*>(space.values + i * kSegment / 2),
                    end / kUnitStep, true, space.out + first * width + i, width);
    }
  }
}
