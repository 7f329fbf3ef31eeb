// SPDX-License-Identifier: GPL-3.0-or-later
// Products of floats over panels (packing.h). Each element of a result is one chain of
// multiply-adds in the order of the inputs, whatever the tile, the block and the thread that
// computed it: a token's row is the same to the bit alone and among others.

// A panel is two registers wide; a tile of kTileRows tokens × one panel keeps its sums in
// registers.
constexpr PanelLayout kLayout{2 * kLanes};

inline V loadNumbers(const float* p) {
  return load(p);
}
inline V loadNumbers(const BFloat16* p) {
  return loadWide(p);
}
inline V loadNumbers(const int8_t* p) {
  return __builtin_convertvector(widenSigned(p), V);
}

// Where the activations of a tile lie: element (row, k) at row · row stride + k · depth stride.
template <int64_t RowStride, int64_t DepthStride>
struct TileStrides {
  static constexpr int64_t kRow = RowStride;
  static constexpr int64_t kDepth = DepthStride;
};

// Sums that are carried from one block of inputs to the next.
template <int Rows, int Wide>
inline void loadSums(V (&acc)[Rows][Wide], bool fresh, const float* sums, int64_t stride) {
  LECTERN_UNROLL
  for (int r = 0; r < Rows; ++r) {
    LECTERN_UNROLL
    for (int j = 0; j < Wide; ++j) {
      acc[r][j] = fresh ? splat(0.0F) : load(sums + r * stride + j * kLanes);
    }
  }
}
template <int Rows, int Wide>
inline void storeSums(const V (&acc)[Rows][Wide], float* sums, int64_t stride) {
  LECTERN_UNROLL
  for (int r = 0; r < Rows; ++r) {
    LECTERN_UNROLL
    for (int j = 0; j < Wide; ++j) store(sums + r * stride + j * kLanes, acc[r][j]);
  }
}

// sums[r][…] (+)= Σ_k a[r][k] · b[k][…] over `Panels` panels that lie `panelStride` numbers apart.
template <class A, int Rows, int Panels>
void multiplyTile(const float* a,
                  const float* b,
                  int64_t panelStride,
                  int64_t depth,
                  bool fresh,
                  float* sums,
                  int64_t sumStride) {
  constexpr int kWide = 2 * Panels;
  V acc[Rows][kWide];
  loadSums(acc, fresh, sums, sumStride);
  for (int64_t k = 0; k < depth; ++k) {
    V numbers[kWide];
    LECTERN_UNROLL
    for (int j = 0; j < kWide; ++j) {
      numbers[j] = load(b + (j / 2) * panelStride + k * kLayout.rows + (j % 2) * kLanes);
    }
    LECTERN_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const V x = splat(a[r * A::kRow + k * A::kDepth]);
      LECTERN_UNROLL
      for (int j = 0; j < kWide; ++j) acc[r][j] = fma(x, numbers[j], acc[r][j]);
    }
  }
  storeSums(acc, sums, sumStride);
}

// The same for `rows` ≤ Rows rows of one panel, whose activations were laid out by packTile.
template <int Rows>
void multiplyPackedTile(int64_t rows,
                        const float* a,
                        const float* b,
                        int64_t depth,
                        bool fresh,
                        float* sums,
                        int64_t sumStride) {
  if (rows == Rows) {
    multiplyTile<TileStrides<1, Rows>, Rows, 1>(a, b, 0, depth, fresh, sums, sumStride);
  } else if constexpr (Rows > 1) {
    multiplyPackedTile<Rows - 1>(rows, a, b, depth, fresh, sums, sumStride);
  }
}

// The rows of one tile as [depth][count]: what is multiplied by the same input lies together.
inline void packTile(const float* const* rows, int64_t count, int64_t depth, float* packed) {
  for (int64_t k = 0; k < depth; ++k) {
    for (int64_t r = 0; r < count; ++r) packed[k * count + r] = rows[r][k];
  }
}
