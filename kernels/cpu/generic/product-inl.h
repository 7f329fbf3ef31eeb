// SPDX-License-Identifier: GPL-3.0-or-later
// Matrix products over packed panels (packing.h). Each element of a result is one chain of
// multiply-adds in the order of the inputs, whatever the tile, the block and the thread that
// computed it: a token's row is the same to the bit alone and among others.

// A panel is two registers wide; a tile of kTileRows tokens × one panel keeps its sums in
// registers.
constexpr PanelLayout kLayout{2 * kLanes};

// Of a panel so many inputs are used by all tiles of a block before the next ones: 512 × two
// registers are 64 KiB at most, which stay in the second level of cache.
constexpr int64_t kDepthBlock = 512;
// Tokens whose sums one thread keeps at a time: 192 × two registers are 24 KiB at most.
constexpr int64_t kRowBlock = 192;
// One token alone takes so many panels at a time: eight chains hide the latency of a multiply-add.
constexpr int64_t kPanelsAtOnce = 4;

constexpr int64_t kSumsFloats = kRowBlock * kLayout.rows;
static_assert(kRowBlock % kTileRows == 0 && kTileRows * kPanelsAtOnce <= kRowBlock);

inline V loadNumbers(const float* p) {
  return load(p);
}
inline V loadNumbers(const BFloat16* p) {
  return loadWide(p);
}

// Where the activations of a tile lie: element (row, k) at row · row stride + k · depth stride.
template <int64_t RowStride, int64_t DepthStride>
struct TileStrides {
  static constexpr int64_t kRow = RowStride;
  static constexpr int64_t kDepth = DepthStride;
};

// sums[r][…] (+)= Σ_k a[r][k] · b[k][…] over `Panels` panels that lie `panelStride` numbers apart.
template <class A, int Rows, int Panels, class T>
void multiplyTile(const float* a,
                  const T* b,
                  int64_t panelStride,
                  int64_t depth,
                  bool fresh,
                  float* sums,
                  int64_t sumStride) {
  constexpr int kWide = 2 * Panels;
  V acc[Rows][kWide];
  LECTERN_UNROLL
  for (int r = 0; r < Rows; ++r) {
    LECTERN_UNROLL
    for (int j = 0; j < kWide; ++j) {
      acc[r][j] = fresh ? splat(0.0F) : load(sums + r * sumStride + j * kLanes);
    }
  }
  for (int64_t k = 0; k < depth; ++k) {
    V numbers[kWide];
    LECTERN_UNROLL
    for (int j = 0; j < kWide; ++j) {
      numbers[j] = loadNumbers(b + (j / 2) * panelStride + k * kLayout.rows + (j % 2) * kLanes);
    }
    LECTERN_UNROLL
    for (int r = 0; r < Rows; ++r) {
      const V x = splat(a[r * A::kRow + k * A::kDepth]);
      LECTERN_UNROLL
      for (int j = 0; j < kWide; ++j) acc[r][j] = fma(x, numbers[j], acc[r][j]);
    }
  }
  LECTERN_UNROLL
  for (int r = 0; r < Rows; ++r) {
    LECTERN_UNROLL
    for (int j = 0; j < kWide; ++j) store(sums + r * sumStride + j * kLanes, acc[r][j]);
  }
}

// The same for `rows` ≤ Rows rows of one panel, whose activations were laid out by packTile.
template <int Rows, class T>
void multiplyPackedTile(int64_t rows,
                        const float* a,
                        const T* b,
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

// sums [rows, panels · kLayout.rows] = rows of a batch, as packRows left them, times some panels of
// its group. `rows` begins with a whole tile.
template <class T>
void multiplyPanels(const Weight& weight,
                    int64_t group,
                    int64_t firstPanel,
                    int64_t panels,
                    const float* rows,
                    int64_t count,
                    float* sums) {
  const int64_t depth = weight.in;
  const int64_t sumStride = panels * kLayout.rows;
  const int64_t panelStride =
      kLayout.panelBytes(weight.dtype, depth) / static_cast<int64_t>(sizeof(T));
  const T* numbers = static_cast<const T*>(kLayout.panel(weight, group, firstPanel));
  if (count == 1 && panels == kPanelsAtOnce) {
    multiplyTile<TileStrides<1, 1>, 1, kPanelsAtOnce>(rows, numbers, panelStride, depth, true, sums,
                                                      sumStride);
    return;
  }
  for (int64_t panel = 0; panel < panels; ++panel, numbers += panelStride, sums += kLayout.rows) {
    for (int64_t k = 0; k < depth; k += kDepthBlock) {
      for (int64_t r = 0; r < count; r += kTileRows) {
        const int64_t tileRows = least(kTileRows, count - r);
        multiplyPackedTile<kTileRows>(tileRows, rows + r * depth + k * tileRows,
                                      numbers + k * kLayout.rows, least(kDepthBlock, depth - k),
                                      k == 0, sums + r * sumStride, sumStride);
      }
    }
  }
}

inline void multiplyPanels(const Weight& weight,
                           int64_t group,
                           int64_t firstPanel,
                           int64_t panels,
                           const float* rows,
                           int64_t count,
                           float* sums) {
  if (weight.dtype == DType::BF16) {
    multiplyPanels<BFloat16>(weight, group, firstPanel, panels, rows, count, sums);
  } else {
    multiplyPanels<float>(weight, group, firstPanel, panels, rows, count, sums);
  }
}

// Rows that go through one group of a weight.
struct Batch {
  int64_t group = 0;
  int64_t count = 0;
  const int32_t* entries = nullptr;  // which of the input's entries; absent: 0 … count − 1
  int64_t before = 0;                // rows of the batches before it

  [[nodiscard]] int64_t entry(int64_t row) const { return entries != nullptr ? entries[row] : row; }
  [[nodiscard]] int64_t tiles() const { return (count + kTileRows - 1) / kTileRows; }
  // Few rows take several panels at a time, so that one item is worth handing over.
  [[nodiscard]] int64_t panelsAtOnce() const { return count <= kTileRows ? kPanelsAtOnce : 1; }
  [[nodiscard]] int64_t pieces(int64_t panels) const {
    return (panels + panelsAtOnce() - 1) / panelsAtOnce();
  }
  [[nodiscard]] int64_t items(int64_t panels) const {
    return (count + kRowBlock - 1) / kRowBlock * pieces(panels);
  }
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

// The rows that entries stand for: `share` entries after each other have the same.
struct RowSource {
  const float* data = nullptr;
  int64_t stride = 0;
  int64_t share = 1;

  [[nodiscard]] const float* of(int64_t entry) const { return data + entry / share * stride; }
};

// The rows of all batches behind each other, as packTile leaves them; a single row stays where it
// is.
inline const float* packRows(Workspace& workspace,
                             const Batches& batches,
                             const RowSource& in,
                             int64_t depth) {
  const int64_t rows = batches.sum([](const Batch& batch) { return batch.count; });
  if (rows == 1) return in.of(batches.list[0].entry(0));
  float* packed = workspace.rows.get<float>(rows * depth);
  const auto tilesOf = [](const Batch& batch) { return batch.tiles(); };
  forEachItem(workspace, batches.sum(tilesOf), rows * depth * kLanes, [&](int64_t item, int) {
    const Batch& batch = batches.find(item, tilesOf);
    const int64_t first = item * kTileRows;
    const int64_t count = least(kTileRows, batch.count - first);
    const float* tile[kTileRows];
    for (int64_t r = 0; r < count; ++r) tile[r] = in.of(batch.entry(first + r));
    packTile(tile, count, depth, packed + (batch.before + first) * depth);
  });
  return packed;
}

// All rows of all batches times their groups of `weight` and, where it is there, of `second`, which
// has the same shape. Calls write(entry, column, columns, sums, sums of second) for each row, piece
// by piece of its columns; there are sums up to the next whole register.
template <class Write>
void multiply(Workspace& workspace,
              const Batches& batches,
              const RowSource& in,
              const Weight& weight,
              const Weight* second,
              const Write& write) {
  const int64_t depth = weight.in;
  const int64_t panels = kLayout.panels(weight.out);
  const float* packed = packRows(workspace, batches, in, depth);
  const Workspace::Own own = workspace.own(2 * kSumsFloats);
  const auto itemsOf = [&](const Batch& batch) { return batch.items(panels); };
  const int64_t work = batches.sum([&](const Batch& batch) { return batch.count; }) * depth *
                       weight.out * (second != nullptr ? 2 : 1);
  forEachItem(workspace, batches.sum(itemsOf), work, [&](int64_t item, int worker) {
    const Batch& batch = batches.find(item, itemsOf);
    const int64_t firstRow = item / batch.pieces(panels) * kRowBlock;
    const int64_t firstPanel = item % batch.pieces(panels) * batch.panelsAtOnce();
    const int64_t rows = least(kRowBlock, batch.count - firstRow);
    const int64_t some = least(batch.panelsAtOnce(), panels - firstPanel);
    const float* from = packed + (batch.before + firstRow) * depth;
    float* sums = own.of(worker);
    float* others = sums + kSumsFloats;
    multiplyPanels(weight, batch.group, firstPanel, some, from, rows, sums);
    if (second != nullptr) {
      multiplyPanels(*second, batch.group, firstPanel, some, from, rows, others);
    }
    const int64_t column = firstPanel * kLayout.rows;
    const int64_t columns = least(some * kLayout.rows, weight.out - column);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t at = r * some * kLayout.rows;
      write(batch.entry(firstRow + r), column, columns, sums + at, others + at);
    }
  });
}
