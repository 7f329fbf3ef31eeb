// SPDX-License-Identifier: GPL-3.0-or-later
// Products of all rows of a batch with all panels of a weight: their sharing out among threads.

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
  int64_t panelsOfOne;
  int64_t panelsOfMany;
  int64_t rowBlock;  // rows of an item, whole tiles

  [[nodiscard]] int64_t panelsAtOnce(const Batch& batch) const {
    if (batch.count == 1) return panelsOfOne;
    return batch.count <= tileRows ? kPanelsOfFew : panelsOfMany;
  }
  [[nodiscard]] int64_t pieces(const Batch& batch) const {
    return (panels + panelsAtOnce(batch) - 1) / panelsAtOnce(batch);
  }
  [[nodiscard]] int64_t items(const Batch& batch) const {
    return (batch.count + rowBlock - 1) / rowBlock * pieces(batch);
  }

  // Floats from one row of an item's sums to the next. Rows of several panels get a register more:
  // a power of two would put them all into the same lines of the cache.
  [[nodiscard]] static int64_t sumStride(int64_t panels) {
    return panels * kLayout.rows + (panels > 1 ? kLanes : 0);
  }
  // The most that an item has.
  [[nodiscard]] int64_t sumsFloats() const {
    return greatest(greatest(rowBlock * sumStride(panelsOfMany), sumStride(panelsOfOne)),
                    least(rowBlock, tileRows) * sumStride(kPanelsOfFew));
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
  Cut cut{panels, tileRows, kPanelsOfOne, method.panels,
          roundUp((most + blocks - 1) / blocks, tileRows)};
  const auto items = [&] {
    return batches.sum([&](const Batch& batch) { return cut.items(batch); });
  };
  const auto areTooFew = [&] { return items() < int64_t{3} * threads; };
  while (cut.panelsOfOne > kPanelsOfFew && items() < int64_t{5} * threads) cut.panelsOfOne /= 2;
  while (cut.rowBlock > 8 * tileRows && areTooFew()) {
    cut.rowBlock = roundUp(cut.rowBlock / 2, tileRows);
  }
  while (cut.panelsOfMany > 1 && areTooFew()) cut.panelsOfMany /= 2;
  return cut;
}

// The rows that entries stand for: `share` entries after each other have the same.
struct RowSource {
  const float* data = nullptr;
  int64_t stride = 0;
  int64_t tokens = 0;  // of the whole operation
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
    const float* tile[kMostTileRows];
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
  const Method method = methodOf(weight, in.tokens);
  const uint8_t* packed = packRows(workspace, batches, in, weight, method);
  const Cut cut = cutOf(batches, kLayout.panels(weight.out), method, workspace.pool.threads());
  const int64_t sumsFloats = cut.sumsFloats();
  const Workspace::Own own = workspace.own(2 * sumsFloats + kExpandedFloats);
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
    float* others = sums + sumsFloats;
    float* memory = others + sumsFloats;
    const int64_t stride = Cut::sumStride(some);
    method.multiply(weight, batch.group, firstPanel, some, from, rows, sums, stride, memory);
    if (second != nullptr) {
      method.multiply(*second, batch.group, firstPanel, some, from, rows, others, stride, memory);
    }
    const int64_t column = firstPanel * kLayout.rows;
    const int64_t columns = least(some * kLayout.rows, weight.out - column);
    for (int64_t r = 0; r < rows; ++r) {
      write(batch.entry(firstRow + r), column, columns, sums + r * stride, others + r * stride);
    }
  });
}
