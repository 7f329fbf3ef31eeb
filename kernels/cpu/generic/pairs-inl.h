// SPDX-License-Identifier: GPL-3.0-or-later
// Products with bfloat16 panels, in which two inputs of an output row lie in one 32-bit element.
// Activations are either floats, or pairs of bfloat16 too where the processor multiplies those and
// adds them up at once (kHasDotPairs).

inline V evenNumbers(I pairs) {
  return (V)(pairs << 16);
}
inline V oddNumbers(I pairs) {
  return (V)(pairs & static_cast<int32_t>(0xFFFF0000U));
}

inline int64_t pairsOf(int64_t depth) {
  return (depth + 1) / 2;
}

// As multiplyTile, over `pairs` pairs of inputs; where activations are pairs too, their strides are
// those of pairs.
template <bool Narrow, class A, int Rows, int Panels>
void multiplyPairTile(const void* activations,
                      const uint8_t* b,
                      int64_t panelBytes,
                      int64_t pairs,
                      bool fresh,
                      float* sums,
                      int64_t sumStride) {
  constexpr int kWide = 2 * Panels;
  V acc[Rows][kWide];
  loadSums(acc, fresh, sums, sumStride);
  for (int64_t k = 0; k < pairs; ++k) {
    if constexpr (Rows == 1 && Panels > 1) {
      askAhead(b + k * kLayout.rows * 4, panelBytes, Panels, kLayout.rows * 4);
    }
    I numbers[kWide];
    LECTERN_UNROLL
    for (int j = 0; j < kWide; ++j) {
      numbers[j] = loadInts(b + (j / 2) * panelBytes + (k * kLayout.rows + (j % 2) * kLanes) * 4);
    }
    LECTERN_UNROLL
    for (int r = 0; r < Rows; ++r) {
      if constexpr (Narrow) {
        const I x = splatInt(static_cast<const int32_t*>(activations)[r * A::kRow + k * A::kDepth]);
        LECTERN_UNROLL
        for (int j = 0; j < kWide; ++j) acc[r][j] = dotPairs(acc[r][j], numbers[j], x);
      } else {
        const float* a = static_cast<const float*>(activations) + r * A::kRow + 2 * k * A::kDepth;
        const V even = splat(a[0]);
        const V odd = splat(a[A::kDepth]);
        LECTERN_UNROLL
        for (int j = 0; j < kWide; ++j) {
          acc[r][j] =
              fma(odd, oddNumbers(numbers[j]), fma(even, evenNumbers(numbers[j]), acc[r][j]));
        }
      }
    }
  }
  storeSums(acc, sums, sumStride);
}

template <bool Narrow, int Rows>
void multiplyPackedPairs(int64_t rows,
                         const void* a,
                         const uint8_t* b,
                         int64_t pairs,
                         bool fresh,
                         float* sums,
                         int64_t sumStride) {
  if (rows == Rows) {
    multiplyPairTile<Narrow, TileStrides<1, Rows>, Rows, 1>(a, b, 0, pairs, fresh, sums, sumStride);
  } else if constexpr (Rows > 1) {
    multiplyPackedPairs<Narrow, Rows - 1>(rows, a, b, pairs, fresh, sums, sumStride);
  }
}

// The rows of one tile: floats as [depth][count], or pairs of bfloat16 as [pairs][count]; zeros
// behind an odd depth.
template <bool Narrow>
void packPairs(DType, const float* const* rows, int64_t count, int64_t depth, void* packed) {
  if constexpr (!Narrow) {
    auto* numbers = static_cast<float*>(packed);
    packTile(rows, count, depth, numbers);
    if (depth % 2 != 0) {
      for (int64_t r = 0; r < count; ++r) numbers[depth * count + r] = 0.0F;
    }
  } else {
    auto* pairs = static_cast<uint32_t*>(packed);
    const auto narrow = [](float x) -> uint32_t {
      const auto bits = __builtin_bit_cast(uint32_t, x);
      if ((bits & 0x7FFFFFFFU) > 0x7F800000U) return (bits >> 16) | 0x40U;
      return (bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16;
    };
    for (int64_t k = 0; k < depth; k += 2, pairs += count) {
      for (int64_t r = 0; r < count; ++r) {
        const uint32_t odd = k + 1 < depth ? narrow(rows[r][k + 1]) : 0;
        pairs[r] = narrow(rows[r][k]) | odd << 16;
      }
    }
  }
}
