// SPDX-License-Identifier: GPL-3.0-or-later
// What the products of tile-inl.h, pairs-inl.h and bytes-inl.h have in common: which of them a
// weight takes, the layout of activations, and the sharing out of panels among threads.

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
// One token alone takes so many panels at a time: eight chains hide the latency of a multiply-add.
constexpr int64_t kPanelsAtOnce = 4;

constexpr int64_t kSumsFloats = kRowBlock * kLayout.rows;
static_assert(kRowBlock % kTileRows == 0 && kRowBlock % kByteTileRows == 0);
static_assert(kTileRows * kPanelsAtOnce <= kRowBlock);

// sums [count, panels · kLayout.rows] = rows, as `pack` left them, times some panels of a group of
// `weight`. `rows` begins with a whole tile; `memory` holds kExpandedFloats.
using MultiplyPanels = void (*)(const Weight& weight,
                                int64_t group,
                                int64_t firstPanel,
                                int64_t panels,
                                const void* rows,
                                int64_t count,
                                float* sums,
                                float* memory);

// A way to multiply, for weights of one kind.
struct Method {
  int64_t tileRows;
  int64_t rowBytes;  // of a packed row
  int64_t mostRows;  // of a block, which all panels go through
  void (*pack)(DType dtype, const float* const* rows, int64_t count, int64_t depth, void* packed);
  MultiplyPanels multiply;
};

// Floats and pairs of them: `One` multiplies a row with kPanelsAtOnce panels, `Tile` the rows of a
// tile with one panel, both over a number of inputs (pairs of inputs).
template <class Product>
void multiplyFloats(const Weight& weight,
                    int64_t group,
                    int64_t firstPanel,
                    int64_t panels,
                    const void* rows,
                    int64_t count,
                    float* sums,
                    float*) {
  const int64_t sumStride = panels * kLayout.rows;
  const int64_t panelBytes = kLayout.panelBytes(weight.dtype, weight.in);
  const auto* from = static_cast<const uint8_t*>(rows);
  const auto* panel = static_cast<const uint8_t*>(kLayout.panel(weight, group, firstPanel));
  if (count == 1 && panels == kPanelsAtOnce) {
    Product::one(from, panel, panelBytes, weight.in, sums, sumStride);
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
  static void one(const uint8_t* row,
                  const uint8_t* panel,
                  int64_t panelBytes,
                  int64_t depth,
                  float* sums,
                  int64_t sumStride) {
    multiplyTile<TileStrides<1, 1>, 1, kPanelsAtOnce>(reinterpret_cast<const float*>(row),
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
  static void one(const uint8_t* row,
                  const uint8_t* panel,
                  int64_t panelBytes,
                  int64_t depth,
                  float* sums,
                  int64_t sumStride) {
    multiplyPairTile<Narrow, TileStrides<1, 1>, 1, kPanelsAtOnce>(
        row, panel, panelBytes, pairsOf(depth), true, sums, sumStride);
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
                   float* memory) {
  const int64_t panelBytes = kLayout.panelBytes(D, weight.in);
  const auto* panel = static_cast<const uint8_t*>(kLayout.panel(weight, group, firstPanel));
  int64_t p = 0;
  for (; count == 1 && p + kRowPanels <= panels; p += kRowPanels) {
    multiplyByteRow<D, kRowPanels>(panel + p * panelBytes, panelBytes, weight.in, rows,
                                   sums + p * kLayout.rows);
  }
  for (; p < panels; ++p) {
    if (count == 1) {
      multiplyByteRow<D, 1>(panel + p * panelBytes, 0, weight.in, rows, sums + p * kLayout.rows);
    } else {
      multiplyBytePanel<D>(panel + p * panelBytes, weight.in, rows, count, sums + p * kLayout.rows,
                           panels * kLayout.rows, memory);
    }
  }
}

inline MultiplyPanels multiplyBytesOf(DType dtype) {
  switch (dtype) {
    case DType::Q8_0:
      return multiplyBytes<DType::Q8_0>;
    case DType::Q4_0:
      return multiplyBytes<DType::Q4_0>;
    case DType::Q4_1:
      return multiplyBytes<DType::Q4_1>;
    case DType::Q5_0:
      return multiplyBytes<DType::Q5_0>;
    case DType::Q5_1:
      return multiplyBytes<DType::Q5_1>;
    case DType::Q4_K:
      return multiplyBytes<DType::Q4_K>;
    case DType::Q5_K:
      return multiplyBytes<DType::Q5_K>;
    default:
      return multiplyBytes<DType::Q6_K>;
  }
}

// Matrices of fewer numbers keep their activations as they are: rounding them saves no time that
// anybody would feel, and a small model has no accuracy to spare.
constexpr int64_t kNarrowFrom = int64_t{1} << 19;

inline Method methodOf(const Weight& weight) {
  const int64_t depth = weight.in;
  if (isQuantised(weight.dtype)) {
    return {kByteTileRows, byteRowBytes(weight.dtype, depth),
            kRowCache / byteTermBytes(weight.dtype, depth), packBytes,
            multiplyBytesOf(weight.dtype)};
  }
  if (weight.dtype == DType::BF16) {
    if (kHasDotPairs && weight.out * depth >= kNarrowFrom) {
      return {kTileRows, 2 * roundUp(depth, 2), kRowBlock, packPairs<true>,
              multiplyFloats<PairProduct<true>>};
    }
    return {kTileRows, 4 * roundUp(depth, 2), kRowBlock, packPairs<false>,
            multiplyFloats<PairProduct<false>>};
  }
  return {kTileRows, 4 * roundUp(depth, 2), kRowBlock, packPairs<false>,
          multiplyFloats<FloatProduct>};
}

// Rows that go through one group of a weight.
struct Batch {
  int64_t group = 0;
  int64_t count = 0;
  const int32_t* entries = nullptr;  // which of the input's entries; absent: 0 … count − 1
  int64_t before = 0;                // rows of the batches before it

  [[nodiscard]] int64_t entry(int64_t row) const { return entries != nullptr ? entries[row] : row; }
  [[nodiscard]] int64_t tiles(int64_t tileRows) const { return (count + tileRows - 1) / tileRows; }
};

struct Batches {
  const Batch* list = nullptr;
  int64_t count = 0;

  template <class ItemsOf>
  [[nodiscard]] int64_t sum(const ItemsOf& itemsOf) const {
    int64_t items = 0;
    for (int64_t b = 0; b < count; ++b) items += itemsOf(list[b]);
    return items;
  }
  // Which batch an item belongs to, of which itemsOf(batch) lie behind each other; `item` becomes
  // its number there.
  template <class ItemsOf>
  [[nodiscard]] const Batch& find(int64_t& item, const ItemsOf& itemsOf) const {
    const Batch* batch = list;
    for (int64_t items = 0; item >= (items = itemsOf(*batch)); ++batch) item -= items;
    return *batch;
  }
};

// How a batch is cut into items: some of its rows times some panels.
struct Cut {
  int64_t panels;    // of the weight
  int64_t tileRows;  // of the method
  int64_t rowBlock;  // rows of an item, whole tiles

  // Few rows take several panels at a time, so that one item is worth handing over.
  [[nodiscard]] int64_t panelsAtOnce(const Batch& batch) const {
    return batch.count <= tileRows ? kPanelsAtOnce : 1;
  }
  [[nodiscard]] int64_t pieces(const Batch& batch) const {
    return (panels + panelsAtOnce(batch) - 1) / panelsAtOnce(batch);
  }
  [[nodiscard]] int64_t items(const Batch& batch) const {
    return (batch.count + rowBlock - 1) / rowBlock * pieces(batch);
  }
};

// Many rows at a time, for a panel is laid out for them once, but not so many that the threads
// would have too few items.
inline Cut cutOf(const Batches& batches, int64_t panels, const Method& method, int threads) {
  const int64_t tileRows = method.tileRows;
  int64_t most = 1;
  for (int64_t b = 0; b < batches.count; ++b) most = greatest(most, batches.list[b].count);
  const int64_t held = greatest(8 * tileRows, least(kRowBlock, method.mostRows));
  const int64_t blocks = (most + held - 1) / held;
  Cut cut{panels, tileRows, roundUp((most + blocks - 1) / blocks, tileRows)};
  while (cut.rowBlock > 8 * tileRows &&
         batches.sum([&](const Batch& batch) { return cut.items(batch); }) < int64_t{3} * threads) {
    cut.rowBlock = roundUp(cut.rowBlock / 2, tileRows);
  }
  return cut;
}

// The rows that entries stand for: `share` entries after each other have the same.
struct RowSource {
  const float* data = nullptr;
  int64_t stride = 0;
  int64_t share = 1;

  [[nodiscard]] const float* of(int64_t entry) const { return data + entry / share * stride; }
};

// The rows of all batches behind each other, in the method's layout, tile by tile.
inline const uint8_t* packRows(Workspace& workspace,
                               const Batches& batches,
                               const RowSource& in,
                               const Weight& weight,
                               const Method& method) {
  const int64_t rows = batches.sum([](const Batch& batch) { return batch.count; });
  auto* packed = workspace.rows.get<uint8_t>(rows * method.rowBytes);
  const auto tilesOf = [&](const Batch& batch) { return batch.tiles(method.tileRows); };
  forEachItem(workspace, batches.sum(tilesOf), rows * weight.in * kLanes, [&](int64_t item, int) {
    const Batch& batch = batches.find(item, tilesOf);
    const int64_t first = item * method.tileRows;
    const int64_t count = least(method.tileRows, batch.count - first);
    const float* tile[kTileRows];
    for (int64_t r = 0; r < count; ++r) tile[r] = in.of(batch.entry(first + r));
    method.pack(weight.dtype, tile, count, weight.in,
                packed + (batch.before + first) * method.rowBytes);
  });
  return packed;
}

// All rows of all batches times their groups of `weight` and, where it is there, of `second`, which
// has the same shape and type. Calls write(entry, column, columns, sums, sums of second) for each
// row, piece by piece of its columns; there are sums up to the next whole register.
template <class Write>
void multiply(Workspace& workspace,
              const Batches& batches,
              const RowSource& in,
              const Weight& weight,
              const Weight* second,
              const Write& write) {
  const Method method = methodOf(weight);
  const uint8_t* packed = packRows(workspace, batches, in, weight, method);
  const Workspace::Own own = workspace.own(2 * kSumsFloats + kExpandedFloats);
  const Cut cut = cutOf(batches, kLayout.panels(weight.out), method, workspace.pool.threads());
  const auto itemsOf = [&](const Batch& batch) { return cut.items(batch); };
  const int64_t work = batches.sum([&](const Batch& batch) { return batch.count; }) * weight.in *
                       weight.out * (second != nullptr ? 2 : 1);
  forEachItem(workspace, batches.sum(itemsOf), work, [&](int64_t item, int worker) {
    const Batch& batch = batches.find(item, itemsOf);
    const int64_t firstRow = item / cut.pieces(batch) * cut.rowBlock;
    const int64_t firstPanel = item % cut.pieces(batch) * cut.panelsAtOnce(batch);
    const int64_t rows = least(cut.rowBlock, batch.count - firstRow);
    const int64_t some = least(cut.panelsAtOnce(batch), cut.panels - firstPanel);
    const uint8_t* from = packed + (batch.before + firstRow) * method.rowBytes;
    float* sums = own.of(worker);
    float* others = sums + kSumsFloats;
    float* memory = others + kSumsFloats;
    method.multiply(weight, batch.group, firstPanel, some, from, rows, sums, memory);
    if (second != nullptr) {
      method.multiply(*second, batch.group, firstPanel, some, from, rows, others, memory);
    }
    const int64_t column = firstPanel * kLayout.rows;
    const int64_t columns = least(some * kLayout.rows, weight.out - column);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t at = r * some * kLayout.rows;
      write(batch.entry(firstRow + r), column, columns, sums + at, others + at);
    }
  });
}
