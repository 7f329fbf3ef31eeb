// SPDX-License-Identifier: GPL-3.0-or-later
// Activations as the products of bytes-inl.h read them: signed bytes with a scale for each 32
// inputs (roundToBytes), tile by tile.

constexpr int64_t kStep = QuantisedPanel::kStep;
constexpr int kQuads = kStep / 4;

// Products go by so many steps: those of a panel are laid out for all tiles before the next ones.
// 16 steps × 32 inputs × two registers of columns are 16 KiB at most, which stay in the first level
// of cache.
constexpr int64_t kStepsBlock = 16;

// One term of a tile of `count` rows, one behind the other
//   quants  [depth / 4][count][4]     int8
//   scales  [depth / 32][count]       float32
//   sums    [depth / group][count]    int32 −zero · Σ p, or float32 t · Σ p
struct ByteTerm {
  int8_t* quants;
  float* scales;
  int32_t* sums;

  // From a step on.
  [[nodiscard]] ByteTerm from(int64_t step, int64_t count, int64_t groups) const {
    return {quants + step * kStep * count, scales + step * count, sums + step * groups * count};
  }
};

// Activations of a tile: the first terms, and the second ones, each row's by itself. Few steps have
// one: the rows' masks say which, a bit for each step of a block; the others' are not written.
struct ByteTile {
  ByteTerm first;
  ByteTerm second[kByteTileRows];
  uint16_t* hasSecond;  // [blocks of steps][count]
};
static_assert(kStepsBlock <= 16);
inline int64_t byteTermBytes(DType dtype, int64_t depth) {
  const int64_t groups = quantisedType(dtype).group < kStep ? 2 : 1;
  return depth + depth / kStep * (1 + groups) * 4;
}
inline int64_t byteRowBytes(DType dtype, int64_t depth) {
  return 2 * byteTermBytes(dtype, depth) + roundUp(depth / kStep, 4);
}
inline ByteTile byteTile(DType dtype, const void* data, int64_t count, int64_t depth) {
  auto* at = static_cast<int8_t*>(const_cast<void*>(data));
  const auto termOf = [&](int64_t rows) {
    auto* scales = reinterpret_cast<float*>(at + rows * depth);
    const ByteTerm term{at, scales, reinterpret_cast<int32_t*>(scales + depth / kStep * rows)};
    at += rows * byteTermBytes(dtype, depth);
    return term;
  };
  ByteTile tile;
  tile.first = termOf(count);
  for (int64_t r = 0; r < count; ++r) tile.second[r] = termOf(1);
  tile.hasSecond = reinterpret_cast<uint16_t*>(at);
  return tile;
}

// Where dotBytes subtracts the zero of 128 itself (kSignsBytes), none is left.
constexpr int zeroOf(const QuantisedType& type) {
  return type.bits == 8 && kSignsBytes ? 0 : type.zero;
}

// 32 activations, rounded.
struct RoundedStep {
  alignas(32) int8_t quants[kStep];
  int32_t sums[2];  // of the two halves
  float scale;
  bool hasOutlier;
};

// `rest` [32]: what rounding took away.
inline RoundedStep roundStep(const float* x, float* rest) {
  constexpr int kParts = kStep / kLanes;
  RoundedStep step;
  V part[kParts];
  V top = splat(0.0F);
  V all = splat(0.0F);
  for (int i = 0; i < kParts; ++i) {
    part[i] = load(x + i * kLanes);
    const V magnitude = maxOf(part[i], splat(0.0F) - part[i]);
    top = maxOf(top, magnitude);
    all = all + magnitude;
  }
  const float largest = largestOf(top);
  step.scale = largest / 127.0F;
  step.hasOutlier = largest * kStep > kOutlier * sumOf(all);
  const V inverse = splat(largest > 0 ? 127.0F / largest : 0.0F);
  I half[2] = {};
  for (int i = 0; i < kParts; ++i) {
    // To nearest, ties to even: the sum's last bit counts ones.
    const I rounded =
        (I)(part[i] * inverse + splat(kRounder)) - __builtin_bit_cast(int32_t, kRounder);
    half[2 * i / kParts] += rounded;
    storeBytes(step.quants + i * kLanes, rounded);
    store(rest + i * kLanes, fma(splat(-step.scale), __builtin_convertvector(rounded, V), part[i]));
  }
  for (int h = 0; h < 2; ++h) {
    step.sums[h] = 0;
    for (int i = 0; i < kLanes; ++i) step.sums[h] += half[h][i];
  }
  return step;
}

// Step `s` of row `r` of `count`.
inline void storeStep(const ByteTerm& term,
                      const QuantisedType& type,
                      int64_t s,
                      int64_t r,
                      int64_t count,
                      const RoundedStep& step) {
  for (int64_t q = 0; q < kQuads; ++q) {
    __builtin_memcpy(term.quants + ((s * kQuads + q) * count + r) * 4, step.quants + q * 4, 4);
  }
  term.scales[s * count + r] = step.scale;
  if (type.group == kStep / 2) {
    for (int h = 0; h < 2; ++h) term.sums[(2 * s + h) * count + r] = -zeroOf(type) * step.sums[h];
  } else if (type.hasLeast) {
    const float sum = step.scale * static_cast<float>(step.sums[0] + step.sums[1]);
    term.sums[s * count + r] = __builtin_bit_cast(int32_t, sum);
  } else {
    term.sums[s * count + r] = -zeroOf(type) * (step.sums[0] + step.sums[1]);
  }
}

inline void packBytes(
    DType dtype, const float* const* rows, int64_t count, int64_t depth, void* packed) {
  const QuantisedType type = quantisedType(dtype);
  const ByteTile tile = byteTile(dtype, packed, count, depth);
  for (int64_t s = 0; s < depth / kStep; ++s) {
    uint16_t* masks = tile.hasSecond + s / kStepsBlock * count;
    for (int64_t r = 0; r < count; ++r) {
      if (s % kStepsBlock == 0) masks[r] = 0;
      alignas(64) float rest[kStep];
      const RoundedStep step = roundStep(rows[r] + s * kStep, rest);
      storeStep(tile.first, type, s, r, count, step);
      if (!step.hasOutlier) continue;
      alignas(64) float ignored[kStep];
      storeStep(tile.second[r], type, s, 0, 1, roundStep(rest, ignored));
      masks[r] = static_cast<uint16_t>(masks[r] | 1U << (s % kStepsBlock));
    }
  }
}
