// SPDX-License-Identifier: GPL-3.0-or-later
// The ways to multiply rows of activations by panels of a weight (tile-inl.h, pairs-inl.h,
// bytes-inl.h, matrix_unit-inl.h), and which of them a weight takes.

// Of a panel of floats so many inputs are used by all tiles of a block before the next ones: 512 ×
// two registers are 64 KiB at most, which stay in the second level of cache. Of pairs, half as many
// bytes: 512 inputs × 32 rows are 32 KiB.
constexpr int64_t kDepthBlock = 512;
// Tokens whose sums one thread keeps at a time, a chunk of 512 and a little more, so that tiles of
// 2, 3, 4, 6 and 12 end there: 516 × two registers are 66 KiB at most.
constexpr int64_t kRowBlock = 516;
// Bytes of activations that stay in the second level of cache: half of what most machines have.
// Panels of bytes are small enough to come again for every block of rows that fits there; with
// panels of two bytes a number it was a tenth slower.
constexpr int64_t kRowCache = int64_t{1} << 20;
// Rows of the largest tile of a method.
constexpr int64_t kMostTileRows = 32;
// Few tokens take so many panels at a time, so that one item is worth handing over; one alone as
// many as four times that.
constexpr int64_t kPanelsOfFew = 4;
constexpr int64_t kPanelsOfOne = 16;

static_assert(kRowBlock % kTileRows == 0 && kRowBlock % kByteTileRows == 0);

// sums [count, panels · kLayout.rows] = rows, as `pack` left them, times some panels of a group of
// `weight`; a row of sums lies sumStride floats from the next. `rows` begins with a whole tile;
// `memory` holds kExpandedFloats.
using MultiplyPanels = void (*)(const Weight& weight,
                                int64_t group,
                                int64_t firstPanel,
                                int64_t panels,
                                const void* rows,
                                int64_t count,
                                float* sums,
                                int64_t sumStride,
                                float* memory);

// A way to multiply, for weights of one kind.
struct Method {
  int64_t tileRows;
  int64_t rowBytes;  // of a packed row
  int64_t mostRows;  // of a block, which all panels go through
  int64_t panels;    // that many rows go through together
  void (*pack)(DType dtype, const float* const* rows, int64_t count, int64_t depth, void* packed);
  MultiplyPanels multiply;
};

// Floats and pairs of them: `one` multiplies a row with some panels, `tile` the rows of a tile with
// one panel, both over a number of inputs.
template <class Product>
void multiplyFloats(const Weight& weight,
                    int64_t group,
                    int64_t firstPanel,
                    int64_t panels,
                    const void* rows,
                    int64_t count,
                    float* sums,
                    int64_t sumStride,
                    float*) {
  const int64_t panelBytes = kLayout.panelBytes(weight.dtype, weight.in);
  const auto* from = static_cast<const uint8_t*>(rows);
  const auto* panel = static_cast<const uint8_t*>(kLayout.panel(weight, group, firstPanel));
  if (count == 1) {
    forEachStream(panels, [&]<int Panels>(int64_t p, int64_t apart) {
      Product::template one<Panels>(from, panel + p * panelBytes, apart * panelBytes, weight.in,
                                    sums + p * kLayout.rows, apart * kLayout.rows);
    });
    return;
  }
  const int64_t rowBytes = Product::kInputBytes * roundUp(weight.in, 2);
  for (int64_t p = 0; p < panels; ++p, panel += panelBytes, sums += kLayout.rows) {
    for (int64_t k = 0; k < weight.in; k += kDepthBlock) {
      const int64_t depth = least(kDepthBlock, weight.in - k);
      for (int64_t r = 0; r < count; r += kTileRows) {
        const int64_t tileRows = least(kTileRows, count - r);
        Product::tile(tileRows, from + r * rowBytes + k * tileRows * Product::kInputBytes,
                      panel + k * kLayout.rows * Product::kNumberBytes, depth, k == 0,
                      sums + r * sumStride, sumStride);
      }
    }
  }
}

struct FloatProduct {
  static constexpr int64_t kInputBytes = 4;   // of an activation
  static constexpr int64_t kNumberBytes = 4;  // of a weight
  template <int Panels>
  static void one(const uint8_t* row,
                  const uint8_t* panel,
                  int64_t panelBytes,
                  int64_t depth,
                  float* sums,
                  int64_t sumStride) {
    multiplyTile<TileStrides<1, 1>, 1, Panels>(reinterpret_cast<const float*>(row),
                                               reinterpret_cast<const float*>(panel),
                                               panelBytes / 4, depth, true, sums, sumStride);
  }
  static void tile(int64_t rows,
                   const uint8_t* a,
                   const uint8_t* b,
                   int64_t depth,
                   bool fresh,
                   float* sums,
                   int64_t sumStride) {
    multiplyPackedTile<kTileRows>(rows, reinterpret_cast<const float*>(a),
                                  reinterpret_cast<const float*>(b), depth, fresh, sums, sumStride);
  }
};

template <bool Narrow>
struct PairProduct {
  static constexpr int64_t kInputBytes = Narrow ? 2 : 4;
  static constexpr int64_t kNumberBytes = 2;
  template <int Panels>
  static void one(const uint8_t* row,
                  const uint8_t* panel,
                  int64_t panelBytes,
                  int64_t depth,
                  float* sums,
                  int64_t sumStride) {
    multiplyPairTile<Narrow, TileStrides<1, 1>, 1, Panels>(row, panel, panelBytes, pairsOf(depth),
                                                           true, sums, sumStride);
  }
  static void tile(int64_t rows,
                   const uint8_t* a,
                   const uint8_t* b,
                   int64_t depth,
                   bool fresh,
                   float* sums,
                   int64_t sumStride) {
    multiplyPackedPairs<Narrow, kTileRows>(rows, a, b, pairsOf(depth), fresh, sums, sumStride);
  }
};

template <DType D>
void multiplyBytes(const Weight& weight,
                   int64_t group,
                   int64_t firstPanel,
                   int64_t panels,
                   const void* rows,
                   int64_t count,
                   float* sums,
                   int64_t sumStride,
                   float* memory) {
  const int64_t panelBytes = kLayout.panelBytes(D, weight.in);
  const auto* panel = static_cast<const uint8_t*>(kLayout.panel(weight, group, firstPanel));
  if (count == 1) {
    forEachStream(panels, [&]<int Panels>(int64_t p, int64_t apart) {
      multiplyByteRow<D, Panels>(panel + p * panelBytes, apart * panelBytes, weight.in, rows,
                                 sums + p * kLayout.rows, apart * kLayout.rows);
    });
    return;
  }
  for (int64_t p = 0; p < panels; ++p) {
    multiplyBytePanel<D>(panel + p * panelBytes, weight.in, rows, count, sums + p * kLayout.rows,
                         sumStride, memory);
  }
}

// Matrices of fewer numbers keep their activations as they are: rounding them saves no time that
// anybody would feel, and a small model has no accuracy to spare.
constexpr int64_t kNarrowFrom = int64_t{1} << 19;

// `tokens` is how many the whole operation has.
inline Method methodOf(const Weight& weight, int64_t tokens) {
  const int64_t depth = weight.in;
  const bool isLarge = weight.out * depth >= kNarrowFrom;
#ifdef LECTERN_MATRIX_UNIT
  // Quantised weights are read as they are for a token alone, which takes no longer than they come
  // from memory; to round them would.
  const bool isFit = isQuantised(weight.dtype) ? tokens > 1 : weight.dtype == DType::BF16;
  if (isLarge && isFit && depth % kUnitStep == 0) {
    MultiplyPanels multiply = multiplyUnitPanels<DType::BF16>;
    if (isQuantised(weight.dtype)) {
      multiply = forQuantised(weight.dtype,
                              []<DType D>() -> MultiplyPanels { return multiplyUnitPanels<D>; });
    }
    return {kUnitTile, 2 * depth, kUnitRowBlock, kUnitPanels, packUnitRows, multiply};
  }
#else
  static_cast<void>(tokens);
#endif
  if (isQuantised(weight.dtype)) {
    return {
        kByteTileRows,
        byteRowBytes(weight.dtype, depth),
        kRowCache / byteTermBytes(weight.dtype, depth),
        1,
        packBytes,
        forQuantised(weight.dtype, []<DType D>() -> MultiplyPanels { return multiplyBytes<D>; })};
  }
  if (weight.dtype == DType::BF16) {
    if (kHasDotPairs && isLarge) {
      return {kTileRows, 2 * roundUp(depth, 2), kRowBlock,
              1,         packPairs<true>,       multiplyFloats<PairProduct<true>>};
    }
    return {kTileRows, 4 * roundUp(depth, 2), kRowBlock,
            1,         packPairs<false>,      multiplyFloats<PairProduct<false>>};
  }
  return {kTileRows, 4 * roundUp(depth, 2), kRowBlock,
          1,         packPairs<false>,      multiplyFloats<FloatProduct>};
}
