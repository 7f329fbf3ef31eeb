// SPDX-License-Identifier: GPL-3.0-or-later
// Products on Intel's matrix unit (AMX), which multiplies a tile of 16 rows × 32 inputs by one of
// 32 inputs × 16 columns, both bfloat16, and adds to 16 × 16 floats (Intel 64 and IA-32
// Architectures Software Developer's Manual, volume 1, chapter 18). Bfloat16 panels (packing.h) are
// such tiles as they lie; quantised ones are rounded to them block by block. 32 rows × one panel
// keep their sums in four of the eight tile registers. An element of a result is added up in the
// order of the inputs whatever the rows beside it.

constexpr int64_t kUnitRows = 16;  // of a tile register, which are 64 bytes long
constexpr int64_t kUnitStep = 32;  // inputs that one instruction multiplies
constexpr int64_t kUnitTile = 2 * kUnitRows;
constexpr int64_t kUnitStepBytes = kUnitStep * 2 * kLayout.rows;  // of a panel
// Inputs of a panel that are used by all rows before the next ones: 16 KiB, which stay in the first
// level of cache beside the rows that pass. Twice as many were a fifth slower, half as many a
// tenth.
constexpr int64_t kUnitDepth = 256;
// Rows of a block and panels of an item: 512 × 256 inputs are 256 KiB, which each panel of the item
// finds in the second level of cache.
constexpr int64_t kUnitRowBlock = 512;
constexpr int64_t kUnitPanels = 8;
static_assert(kLayout.rows == 32);

// What ldtilecfg reads.
struct alignas(64) UnitShape {
  uint8_t palette = 1;
  uint8_t startRow = 0;
  uint8_t reserved[14] = {};
  uint16_t rowBytes[16] = {};
  uint8_t rows[16] = {};
};
struct UnitShapes {
  UnitShape of[kUnitTile + 1];
};
// For products of 1 … 32 rows: registers 0 to 3 hold sums, 4 and 5 rows, 6 and 7 the panel. Where
// there are no more than 16 rows, 2, 3 and 5 are not there.
constexpr UnitShapes kUnitShapes = [] {
  UnitShapes shapes;
  for (int64_t count = 1; count <= kUnitTile; ++count) {
    UnitShape& shape = shapes.of[count];
    for (int i = 0; i < 8; ++i) {
      const bool isLower = i == 2 || i == 3 || i == 5;
      const int64_t upper = count < kUnitRows ? count : kUnitRows;
      const int64_t rows = i >= 6 ? kUnitRows : isLower ? count - upper : upper;
      shape.rows[i] = static_cast<uint8_t>(rows);
      shape.rowBytes[i] = rows > 0 ? 64 : 0;
    }
  }
  return shapes;
}();

// Rows of activations, in bytes: row r of either half and input i lie at upper or lower
// + (r · row + i / 32 · step).
struct UnitRows {
  const uint8_t* upper;
  const uint8_t* lower;
  int64_t row;
  int64_t upperStep;
  int64_t lowerStep;
};

// Lines of memory that are asked for while a product goes on.
struct UnitPrefetch {
  const uint8_t* lines = nullptr;
  int64_t perStep = 0;
};

// The unit of this thread, for as long as this lives. Sums are in memory once the next product is
// done, or finish(): the unit does one thing after the other, and storing sums that it has only
// just begun to add up would keep it waiting.
class MatrixUnit {
 public:
  MatrixUnit() = default;
  MatrixUnit(const MatrixUnit&) = delete;
  MatrixUnit& operator=(const MatrixUnit&) = delete;
  ~MatrixUnit() {
    finish();
    _tile_release();
  }

  // sums [count, 32] (+)= count ≤ 32 rows of 32 · steps > 0 inputs × the part of a panel.
  void multiply(int64_t count,
                const UnitRows& rows,
                const uint8_t* panel,
                int64_t steps,
                bool fresh,
                float* sums,
                int64_t sumStride,
                UnitPrefetch prefetch = {}) {
    if (count != count_) {
      finish();
      _tile_loadconfig(&kUnitShapes.of[count_ = count]);
    }
    const Sums before = sums_;
    sums_ = {sums, sumStride * 4};
    // GCC's intrinsics do not tell that they read memory.
    __asm__ volatile("" ::: "memory");
    if (count > kUnitRows) {
      multiplyBoth(rows, panel, steps, fresh, before, sums_, prefetch);
    } else {
      multiplyUpper(rows, panel, steps, fresh, before, sums_, prefetch);
    }
  }

  void finish() {
    if (sums_.upper == nullptr) return;
    _tile_stored(0, sums_.upper, sums_.stride);
    _tile_stored(1, sums_.upper + kUnitRows, sums_.stride);
    if (count_ > kUnitRows) {
      _tile_stored(2, sums_.lower(), sums_.stride);
      _tile_stored(3, sums_.lower() + kUnitRows, sums_.stride);
    }
    sums_ = {};
    __asm__ volatile("" ::: "memory");
  }

 private:
  struct Sums {
    float* upper = nullptr;  // none: nowhere
    int64_t stride = 0;      // bytes

    [[nodiscard]] float* lower() const { return upper + kUnitRows * (stride / 4); }
  };

  static void ask(UnitPrefetch& prefetch) {
    for (int64_t i = 0; i < prefetch.perStep; ++i, prefetch.lines += 64) {
      __builtin_prefetch(prefetch.lines, 0, 2);
    }
  }
  // A register's sums leave it right before its first product of the next.
  static void multiplyBoth(const UnitRows& rows,
                           const uint8_t* panel,
                           int64_t steps,
                           bool fresh,
                           const Sums& before,
                           const Sums& sums,
                           UnitPrefetch prefetch) {
    const bool isLeft = before.upper != nullptr;
    _tile_loadd(6, panel, 4 * kLayout.rows);
    _tile_loadd(4, rows.upper, rows.row);
    if (isLeft) _tile_stored(0, before.upper, before.stride);
    if (fresh) {
      _tile_zero(0);
    } else {
      _tile_loadd(0, sums.upper, sums.stride);
    }
    _tile_dpbf16ps(0, 4, 6);
    _tile_loadd(7, panel + 64, 4 * kLayout.rows);
    ask(prefetch);
    if (isLeft) _tile_stored(1, before.upper + kUnitRows, before.stride);
    if (fresh) {
      _tile_zero(1);
    } else {
      _tile_loadd(1, sums.upper + kUnitRows, sums.stride);
    }
    _tile_dpbf16ps(1, 4, 7);
    _tile_loadd(5, rows.lower, rows.row);
    if (isLeft) _tile_stored(2, before.lower(), before.stride);
    if (fresh) {
      _tile_zero(2);
    } else {
      _tile_loadd(2, sums.lower(), sums.stride);
    }
    _tile_dpbf16ps(2, 5, 6);
    if (isLeft) _tile_stored(3, before.lower() + kUnitRows, before.stride);
    if (fresh) {
      _tile_zero(3);
    } else {
      _tile_loadd(3, sums.lower() + kUnitRows, sums.stride);
    }
    _tile_dpbf16ps(3, 5, 7);
    for (int64_t k = 1; k < steps; ++k) {
      panel += kUnitStepBytes;
      _tile_loadd(6, panel, 4 * kLayout.rows);
      _tile_loadd(4, rows.upper + k * rows.upperStep, rows.row);
      _tile_dpbf16ps(0, 4, 6);
      _tile_loadd(7, panel + 64, 4 * kLayout.rows);
      ask(prefetch);
      _tile_dpbf16ps(1, 4, 7);
      _tile_loadd(5, rows.lower + k * rows.lowerStep, rows.row);
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
  }
  static void multiplyUpper(const UnitRows& rows,
                            const uint8_t* panel,
                            int64_t steps,
                            bool fresh,
                            const Sums& before,
                            const Sums& sums,
                            UnitPrefetch prefetch) {
    if (before.upper != nullptr) {
      _tile_stored(0, before.upper, before.stride);
      _tile_stored(1, before.upper + kUnitRows, before.stride);
    }
    if (fresh) {
      _tile_zero(0);
      _tile_zero(1);
    } else {
      _tile_loadd(0, sums.upper, sums.stride);
      _tile_loadd(1, sums.upper + kUnitRows, sums.stride);
    }
    for (int64_t k = 0; k < steps; ++k, panel += kUnitStepBytes) {
      _tile_loadd(6, panel, 4 * kLayout.rows);
      _tile_loadd(4, rows.upper + k * rows.upperStep, rows.row);
      _tile_loadd(7, panel + 64, 4 * kLayout.rows);
      ask(prefetch);
      _tile_dpbf16ps(0, 4, 6);
      _tile_dpbf16ps(1, 4, 7);
    }
  }

  int64_t count_ = 0;  // that the unit is shaped for
  Sums sums_;          // where those in its registers belong
};

// The rows of a tile as packUnitRows leaves them.
inline UnitRows unitRows(const void* packed, int64_t count, int64_t depth, int64_t from) {
  const int64_t upper = least(count, kUnitRows);
  const auto* data = static_cast<const uint8_t*>(packed);
  return {data + from * 2 * upper, data + upper * depth * 2 + from * 2 * (count - upper), 64,
          64 * upper, 64 * (count - upper)};
}

// Up to 32 rows as [halves of 16 rows][depth / 32][rows of the half][32], bfloat16.
inline void packUnitRows(
    DType, const float* const* rows, int64_t count, int64_t depth, void* packed) {
  auto* to = static_cast<BFloat16*>(packed);
  for (int64_t first = 0; first < count; first += kUnitRows) {
    const int64_t half = least(kUnitRows, count - first);
    for (int64_t k = 0; k < depth; k += kUnitStep) {
      for (int64_t r = 0; r < half; ++r, to += kUnitStep) {
        const float* from = rows[first + r] + k;
        storeNarrow(to, load(from));
        storeNarrow(to + kLanes, load(from + kLanes));
      }
    }
  }
}

// Inputs [from, from + depth) of a quantised panel, rounded to a panel of bfloat16.
template <DType D>
void roundPanel(const uint8_t* panel, int64_t from, int64_t depth, uint8_t* pairs) {
  using View = StepView<D>;
  constexpr int64_t kRow = 4 * kLayout.rows;  // of pairs
  const auto zero = splat(static_cast<float>(-View::kType.zero));
  for (int64_t s = from / kStep; s < (from + depth) / kStep; ++s, pairs += kUnitStepBytes) {
    const int64_t inBlock = s % View::kPanel.steps;
    const uint8_t* block = panel + s / View::kPanel.steps * View::kPanel.block() * kLayout.rows;
    const View view{
        block, block + (View::kPanel.blockHead + inBlock * View::kPanel.step()) * kLayout.rows};
    LECTERN_UNROLL
    for (int64_t c = 0; c < 2; ++c) {
      V scale = view.scale(0, c);
      V offset;
      if constexpr (View::kType.hasLeast) {
        offset = view.offset(c);
      } else {
        offset = zero * scale;
      }
      LECTERN_UNROLL
      for (int q = 0; q < kQuads; ++q) {
        if (View::kGroups == 2 && q == kQuads / 2) {
          scale = view.scale(1, c);
          offset = zero * scale;
        }
        const I quad = view.quad(q, c);
        V number[4];
        LECTERN_UNROLL
        for (int i = 0; i < 4; ++i) {
          const I one = i == 3 ? (I)((U)quad >> 24) : (quad >> (8 * i)) & 0xFF;
          number[i] = fma(__builtin_convertvector(one, V), scale, offset);
        }
        uint8_t* to = pairs + 2 * q * kRow + c * 64;
        storeInts(to, roundPairs(number[0], number[1]));
        storeInts(to + kRow, roundPairs(number[2], number[3]));
      }
    }
  }
}
static_assert(kExpandedFloats * 4 >= kUnitDepth * 2 * kLayout.rows);

// One row times some panels that lie panelBytes apart, and their sums sumStride floats: what the
// unit computes, without it, for it keeps the memory less busy than askAhead. TDPBF16PS adds up the
// even inputs of a step and the odd ones, each from zero on, then both, then that to the sum; so
// does this, and a row has the same bits alone and among others (but for numbers below 2⁻¹²⁶, which
// the unit takes for zero).
template <int Panels>
void multiplyUnitRow(const uint8_t* panel,
                     int64_t panelBytes,
                     int64_t depth,
                     const void* row,
                     float* sums,
                     int64_t sumStride) {
  constexpr int kWide = 2 * Panels;
  V acc[kWide];
  LECTERN_UNROLL
  for (int j = 0; j < kWide; ++j) acc[j] = splat(0.0F);
  const auto* inputs = static_cast<const uint8_t*>(row);
  for (int64_t k = 0; k < depth; k += kUnitStep) {
    V even[kWide];
    V odd[kWide];
    LECTERN_UNROLL
    for (int j = 0; j < kWide; ++j) even[j] = odd[j] = splat(0.0F);
    askAhead(panel, panelBytes, Panels, kUnitStepBytes);
    for (int64_t i = 0; i < kUnitStep; i += 2, inputs += 4, panel += 4 * kLayout.rows) {
      int32_t pair;
      __builtin_memcpy(&pair, inputs, 4);
      const I x = splatInt(pair);
      LECTERN_UNROLL
      for (int j = 0; j < kWide; ++j) {
        const I weights = loadInts(panel + j / 2 * panelBytes + j % 2 * 64);
        even[j] = fma(evenNumbers(x), evenNumbers(weights), even[j]);
        odd[j] = fma(oddNumbers(x), oddNumbers(weights), odd[j]);
      }
    }
    LECTERN_UNROLL
    for (int j = 0; j < kWide; ++j) acc[j] = acc[j] + (even[j] + odd[j]);
  }
  LECTERN_UNROLL
  for (int j = 0; j < kWide; ++j) store(sums + j / 2 * sumStride + j % 2 * kLanes, acc[j]);
}

// A MultiplyPanels (methods-inl.h). `D` is BF16, or a quantised type.
template <DType D>
void multiplyUnitPanels(const Weight& weight,
                        int64_t group,
                        int64_t firstPanel,
                        int64_t panels,
                        const void* rows,
                        int64_t count,
                        float* sums,
                        int64_t sumStride,
                        float* memory) {
  const int64_t panelBytes = kLayout.panelBytes(D, weight.in);
  const auto* first = static_cast<const uint8_t*>(kLayout.panel(weight, group, firstPanel));
  const auto* from = static_cast<const uint8_t*>(rows);
  if constexpr (D == DType::BF16) {
    if (count == 1) {
      forEachStream(panels, [&]<int Panels>(int64_t p, int64_t apart) {
        multiplyUnitRow<Panels>(first + p * panelBytes, apart * panelBytes, weight.in, rows,
                                sums + p * kLayout.rows, apart * kLayout.rows);
      });
      return;
    }
  }
  const int64_t tiles = (count + kUnitTile - 1) / kUnitTile;
  MatrixUnit unit;
  for (int64_t k = 0; k < weight.in; k += kUnitDepth) {
    const int64_t depth = least(kUnitDepth, weight.in - k);
    for (int64_t p = 0; p < panels; ++p) {
      const uint8_t* panel = first + p * panelBytes;
      const uint8_t* block = panel + k * 2 * kLayout.rows;
      UnitPrefetch prefetch;
      if constexpr (D == DType::BF16) {
        // The block that comes next, a part of it with every step.
        const uint8_t* next =
            p + 1 < panels ? block + panelBytes : first + (k + kUnitDepth) * 2 * kLayout.rows;
        prefetch = {next, (32 + tiles - 1) / tiles};
      } else {
        block = reinterpret_cast<const uint8_t*>(memory);
        roundPanel<D>(panel, k, depth, reinterpret_cast<uint8_t*>(memory));
      }
      for (int64_t r = 0; r < count; r += kUnitTile) {
        const int64_t tileRows = least(kUnitTile, count - r);
        unit.multiply(tileRows, unitRows(from + r * weight.in * 2, tileRows, weight.in, k), block,
                      depth / kUnitStep, k == 0, sums + r * sumStride + p * kLayout.rows, sumStride,
                      prefetch);
        prefetch.lines += prefetch.perStep * 64 * (depth / kUnitStep);
      }
    }
  }
}
