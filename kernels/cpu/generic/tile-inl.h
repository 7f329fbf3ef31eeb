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

// Sums that are carried from one block of inputs to the next, of several rows or several panels
// (never both), those of the next one `stride` floats from the last.
template <int Rows, int Wide>
inline void loadSums(V (&acc)[Rows][Wide], bool fresh, const float* sums, int64_t stride) {
  LECTERN_UNROLL
  for (int r = 0; r < Rows; ++r) {
    LECTERN_UNROLL
    for (int j = 0; j < Wide; ++j) {
      acc[r][j] = fresh ? splat(0.0F) : load(sums + (r + j / 2) * stride + j % 2 * kLanes);
    }
  }
}
template <int Rows, int Wide>
inline void storeSums(const V (&acc)[Rows][Wide], float* sums, int64_t stride) {
  LECTERN_UNROLL
  for (int r = 0; r < Rows; ++r) {
    LECTERN_UNROLL
    for (int j = 0; j < Wide; ++j) store(sums + (r + j / 2) * stride + j % 2 * kLanes, acc[r][j]);
  }
}

// A token alone reads each panel once, from memory. So many panels side by side, and asking for
// what lies 1 KiB ahead in each, is what keeps the memory busy: of one Xeon's 35 GB/s, one panel
// reached 31, four 30, four with asking 35; where pages are of 4 KiB, 19, 25 and 28.
constexpr int kStreams = kLanes == 16 ? 4 : 2;

// Calls body.operator()<Panels>(first, apart) until all panels were among first, first + apart, …
// Each stream goes on behind its last panel, so that it is what was asked for.
template <class Body>
inline void forEachStream(int64_t panels, const Body& body) {
  const int64_t length = panels / kStreams;
  for (int64_t p = 0; p < length; ++p) body.template operator()<kStreams>(p, length);
  for (int64_t p = length * kStreams; p < panels; ++p) body.template operator()<1>(p, 0);
}

inline void askAhead(const void* panel, int64_t panelBytes, int panels, int64_t bytes) {
  constexpr int64_t kAhead = 1024;
  for (int p = 0; p < panels; ++p) {
    for (int64_t i = kAhead; i < kAhead + bytes; i += 64) {
      __builtin_prefetch(static_cast<const uint8_t*>(panel) + p * panelBytes + i);
    }
  }
}

// sums[r][…] (+)= Σ_k a[r][k] · b[k][…] over `Panels` panels that lie `panelStride` numbers apart
// (loadSums).
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
    if constexpr (Rows == 1 && Panels > 1) {
      askAhead(b + k * kLayout.rows, panelStride * 4, Panels, kLayout.rows * 4);
    }
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
