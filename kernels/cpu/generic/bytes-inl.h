// SPDX-License-Identifier: GPL-3.0-or-later
// Products with quantised panels (packing.h): weights are unsigned bytes, activations signed ones
// with a scale for each 32 (roundToBytes). With w = s q + o and a = t p of a group,
//   Σ w a = s t Σ q p + o t Σ p,
// where Σ q p is exact in 32 bits; what the offset o adds is known before the product, for Σ p
// belongs to the token. Where o = −zero · s, −zero · Σ p is what the integer sum begins with.
// A group with an outlier (roundToBytes) has a second term of the same form: what the first leaves.
// Groups are added up in their order in float32, block by block of kStepsBlock and the second terms
// behind the first, so that a token has the same bits alone and among others.

constexpr int64_t kPanelQuad = 4 * kLayout.rows;  // bytes of a quad of a whole panel

// One step of a panel, as its bytes lie. `c` is the register of columns, 0 or 1.
template <DType D>
struct StepView {
  static constexpr QuantisedType kType = quantisedType(D);
  static constexpr QuantisedPanel kPanel = quantisedPanel(D);
  static constexpr int kGroups = static_cast<int>(kStep / kType.group);

  const uint8_t* block;  // its head
  const uint8_t* step;

  [[nodiscard]] const uint8_t* quants() const { return step + kPanel.stepHead * kLayout.rows; }

  // Group g of the step.
  [[nodiscard]] V scale(int64_t g, int64_t c) const {
    if constexpr (!kType.isNested) {
      return loadHalves(step + 2 * c * kLanes);
    } else {
      I own = widenBytes(step + g * kLayout.rows + c * kLanes);
      if constexpr (!kType.hasLeast) own = (own << 24) >> 24;  // signed
      return loadHalves(block + 2 * c * kLanes) * __builtin_convertvector(own, V);
    }
  }
  [[nodiscard]] V offset(int64_t c) const {
    const int64_t behind = kLayout.rows + c * kLanes;
    if constexpr (!kType.isNested) {
      return loadHalves(step + 2 * behind);
    } else {
      return (splat(0.0F) - loadHalves(block + 2 * behind)) *
             __builtin_convertvector(widenBytes(step + behind), V);
    }
  }
  // A quad of 4 inputs for each column, one byte an input.
  [[nodiscard]] I quad(int q, int64_t c) const {
    const uint8_t* at = quants() + 4 * c * kLanes;
    if constexpr (kType.bits == 8) {
      return loadInts(at + q * kPanelQuad);
    } else {
      const I both = loadInts(at + q % 4 * kPanelQuad);
      const I four = (q < 4 ? both : both >> 4) & 0x0F0F0F0F;
      if constexpr (kType.bits == 5) {
        const I fifth = loadInts(at + 4 * kPanelQuad);
        return four | ((q < 4 ? fifth << (4 - q) : fifth >> (q - 4)) & 0x10101010);
      } else if constexpr (kType.bits == 6) {
        const I two = loadInts(at + (4 + q / 4) * kPanelQuad);
        const int shift = 4 - 2 * (q % 4);
        return four | ((shift >= 0 ? two << shift : two >> -shift) & 0x30303030);
      }
      return four;
    }
  }
};

template <bool Wide>
inline I addQuad(I sum, I weights, I x) {
  return Wide ? dotBytes(sum, weights, x) : dotSmall(sum, weights, x);
}

// A block of steps as the product wants it: bytes, and scales and offsets in float32.
struct ByteSteps {
  const uint8_t* bytes;  // [steps][8 quads][panel rows][4], each step `stride` bytes from the last
  int64_t stride;
  const float* scales;   // [steps][groups][panel rows]
  const float* offsets;  // [steps][panel rows], where the type has offsets of its own

  [[nodiscard]] ByteSteps from(int64_t step, int64_t groups) const {
    return {bytes + step * stride, stride, scales + step * groups * kLayout.rows,
            offsets + step * kLayout.rows};
  }
};

constexpr int64_t kExpandedFloats =
    kStepsBlock *
    (kQuads * kLayout.rows + 3 * kLayout.rows);  // bytes four by four, scales, offsets

// `steps` steps from `first` on, which begins a block, of a panel.
template <DType D>
ByteSteps expandSteps(const uint8_t* panel, int64_t first, int64_t steps, float* memory) {
  using View = StepView<D>;
  float* scales = memory + kStepsBlock * kQuads * kLayout.rows;
  float* offsets = scales + kStepsBlock * 2 * kLayout.rows;
  ByteSteps result{reinterpret_cast<uint8_t*>(memory), kQuads * kPanelQuad, scales, offsets};
  auto* bytes = reinterpret_cast<uint8_t*>(memory);
  for (int64_t s = 0; s < steps; ++s) {
    const int64_t inBlock = (first + s) % View::kPanel.steps;
    const uint8_t* block =
        panel + (first + s) / View::kPanel.steps * View::kPanel.block() * kLayout.rows;
    const View view{
        block, block + (View::kPanel.blockHead + inBlock * View::kPanel.step()) * kLayout.rows};
    if (View::kType.bits == 8 && s == 0) {
      result.bytes = view.quants();
      result.stride = View::kPanel.step() * kLayout.rows;
    }
    LECTERN_UNROLL
    for (int64_t c = 0; c < 2; ++c) {
      if constexpr (View::kType.bits != 8) {
        LECTERN_UNROLL
        for (int q = 0; q < kQuads; ++q) {
          storeInts(bytes + s * kQuads * kPanelQuad + q * kPanelQuad + 4 * c * kLanes,
                    view.quad(q, c));
        }
      }
      for (int g = 0; g < View::kGroups; ++g) {
        store(scales + (s * View::kGroups + g) * kLayout.rows + c * kLanes, view.scale(g, c));
      }
      if constexpr (View::kType.hasLeast) {
        store(offsets + s * kLayout.rows + c * kLanes, view.offset(c));
      }
    }
  }
  return result;
}

// sums [Rows, panel rows] (+)= one term of a tile's activations times a block of steps.
template <int Rows, int Groups, bool HasLeast, bool Wide>
void multiplyByteTile(const ByteTerm& a,
                      const ByteSteps& b,
                      int64_t steps,
                      bool fresh,
                      float* sums,
                      int64_t sumStride) {
  constexpr int kGroupQuads = kQuads / Groups;
  constexpr int64_t kTileQuad = int64_t{4} * Rows;  // bytes of a quad of all rows
  V acc[Rows][2];
  loadSums(acc, fresh, sums, sumStride);
  const int8_t* quants = a.quants;
  const int32_t* ownSums = a.sums;
  const float* scales = b.scales;
  for (int64_t s = 0; s < steps; ++s) {
    const uint8_t* bytes = b.bytes + s * b.stride;
    for (int g = 0; g < Groups; ++g) {
      I dots[Rows][2];
      LECTERN_UNROLL
      for (int r = 0; r < Rows; ++r) {
        dots[r][0] = dots[r][1] = HasLeast ? I{} : splatInt(ownSums[r]);
      }
      LECTERN_UNROLL
      for (int q = 0; q < kGroupQuads; ++q, quants += kTileQuad, bytes += kPanelQuad) {
        const I left = loadInts(bytes);
        const I right = loadInts(bytes + kPanelQuad / 2);
        LECTERN_UNROLL
        for (int r = 0; r < Rows; ++r) {
          int32_t four;
          __builtin_memcpy(&four, quants + int64_t{4} * r, 4);
          const I x = splatInt(four);
          dots[r][0] = addQuad<Wide>(dots[r][0], left, x);
          dots[r][1] = addQuad<Wide>(dots[r][1], right, x);
        }
      }
      const V left = load(scales);
      const V right = load(scales + kLanes);
      LECTERN_UNROLL
      for (int r = 0; r < Rows; ++r) {
        const V scale = splat(a.scales[s * Rows + r]);
        acc[r][0] = fma(__builtin_convertvector(dots[r][0], V), left * scale, acc[r][0]);
        acc[r][1] = fma(__builtin_convertvector(dots[r][1], V), right * scale, acc[r][1]);
        if constexpr (HasLeast) {
          const V term = splat(__builtin_bit_cast(float, ownSums[r]));
          acc[r][0] = fma(term, load(b.offsets + s * kLayout.rows), acc[r][0]);
          acc[r][1] = fma(term, load(b.offsets + s * kLayout.rows + kLanes), acc[r][1]);
        }
      }
      scales += kLayout.rows;
      ownSums += Rows;
    }
  }
  storeSums(acc, sums, sumStride);
}

// sums [panel rows] += the second terms of one row, of those steps of a block that have one. Two
// chains of integers, for one alone waits for itself.
template <int Groups, bool HasLeast, bool Wide>
void addSecondTerms(const ByteTerm& a, const ByteSteps& block, unsigned steps, float* sums) {
  constexpr int kGroupQuads = kQuads / Groups;
  V acc[2] = {load(sums), load(sums + kLanes)};
  for (; steps != 0; steps &= steps - 1) {
    const int64_t s = __builtin_ctz(steps);
    const ByteTerm term = a.from(s, 1, Groups);
    const ByteSteps b = block.from(s, Groups);
    const V scale = splat(*term.scales);
    LECTERN_UNROLL
    for (int g = 0; g < Groups; ++g) {
      I dots[2][2] = {};
      if constexpr (!HasLeast) dots[0][0] = dots[0][1] = splatInt(term.sums[g]);
      LECTERN_UNROLL
      for (int q = 0; q < kGroupQuads; ++q) {
        const uint8_t* quad = b.bytes + (g * kGroupQuads + q) * kPanelQuad;
        int32_t four;
        __builtin_memcpy(&four, term.quants + int64_t{4} * (g * kGroupQuads + q), 4);
        const I x = splatInt(four);
        dots[q % 2][0] = addQuad<Wide>(dots[q % 2][0], loadInts(quad), x);
        dots[q % 2][1] = addQuad<Wide>(dots[q % 2][1], loadInts(quad + kPanelQuad / 2), x);
      }
      LECTERN_UNROLL
      for (int c = 0; c < 2; ++c) {
        const V dot = __builtin_convertvector(dots[0][c] + dots[1][c], V);
        acc[c] = fma(dot, load(b.scales + g * kLayout.rows + c * kLanes) * scale, acc[c]);
        if constexpr (HasLeast) {
          acc[c] = fma(splat(__builtin_bit_cast(float, term.sums[g])), load(b.offsets + c * kLanes),
                       acc[c]);
        }
      }
    }
  }
  store(sums, acc[0]);
  store(sums + kLanes, acc[1]);
}

template <int Rows, int Groups, bool HasLeast, bool Wide>
void multiplyByteTiles(int64_t rows,
                       const ByteTerm& a,
                       const ByteSteps& b,
                       int64_t steps,
                       bool fresh,
                       float* sums,
                       int64_t sumStride) {
  if (rows == Rows) {
    multiplyByteTile<Rows, Groups, HasLeast, Wide>(a, b, steps, fresh, sums, sumStride);
  } else if constexpr (Rows > 1) {
    multiplyByteTiles<Rows - 1, Groups, HasLeast, Wide>(rows, a, b, steps, fresh, sums, sumStride);
  }
}

// All tiles of `count` rows times one panel. Sums of a row lie sumStride apart.
template <DType D>
void multiplyBytePanel(const uint8_t* panel,
                       int64_t depth,
                       const void* rows,
                       int64_t count,
                       float* sums,
                       int64_t sumStride,
                       float* memory) {
  using View = StepView<D>;
  const int64_t rowBytes = byteRowBytes(D, depth);
  for (int64_t s = 0; s < depth / kStep; s += kStepsBlock) {
    const int64_t steps = least(kStepsBlock, depth / kStep - s);
    const ByteSteps block = expandSteps<D>(panel, s, steps, memory);
    for (int64_t r = 0; r < count; r += kByteTileRows) {
      const int64_t tileRows = least(kByteTileRows, count - r);
      const ByteTile tile =
          byteTile(D, static_cast<const uint8_t*>(rows) + r * rowBytes, tileRows, depth);
      multiplyByteTiles<kByteTileRows, View::kGroups, View::kType.hasLeast, View::kType.bits == 8>(
          tileRows, tile.first.from(s, tileRows, View::kGroups), block, steps, s == 0,
          sums + r * sumStride, sumStride);
      const uint16_t* masks = tile.hasSecond + s / kStepsBlock * tileRows;
      for (int64_t i = 0; i < tileRows; ++i) {
        if (masks[i] == 0) continue;
        addSecondTerms<View::kGroups, View::kType.hasLeast, View::kType.bits == 8>(
            tile.second[i].from(s, 1, View::kGroups), block, masks[i], sums + (r + i) * sumStride);
      }
    }
  }
}

// One row times some panels that lie panelBytes apart, and their sums sumStride floats, which are
// read from memory once, from end to end, and never laid out.
template <DType D, int Panels>
void multiplyByteRow(const uint8_t* panel,
                     int64_t panelBytes,
                     int64_t depth,
                     const void* row,
                     float* sums,
                     int64_t sumStride) {
  using View = StepView<D>;
  constexpr int kWide = 2 * Panels;
  const ByteTile a = byteTile(D, row, 1, depth);
  V acc[kWide];
  LECTERN_UNROLL
  for (int j = 0; j < kWide; ++j) acc[j] = splat(0.0F);
  for (int64_t begin = 0; begin < depth / kStep; begin += kStepsBlock) {
    const int64_t end = least(begin + kStepsBlock, depth / kStep);
    for (int k = 0; k < 2; ++k) {
      const ByteTerm& term = k == 0 ? a.first : a.second[0];
      for (int64_t s = begin; s < end; ++s) {
        if (k == 1 && (a.hasSecond[begin / kStepsBlock] >> (s - begin) & 1U) == 0) continue;
        const uint8_t* block = panel + s / View::kPanel.steps * View::kPanel.block() * kLayout.rows;
        const uint8_t* step =
            block +
            (View::kPanel.blockHead + s % View::kPanel.steps * View::kPanel.step()) * kLayout.rows;
        if (k == 0) askAhead(step, panelBytes, Panels, View::kPanel.step() * kLayout.rows);
        const V scale = splat(term.scales[s]);
        LECTERN_UNROLL
        for (int g = 0; g < View::kGroups; ++g) {
          const int32_t sum = term.sums[s * View::kGroups + g];
          I dots[kWide];
          LECTERN_UNROLL
          for (int j = 0; j < kWide; ++j) dots[j] = View::kType.hasLeast ? I{} : splatInt(sum);
          LECTERN_UNROLL
          for (int q = g * kQuads / View::kGroups; q < (g + 1) * kQuads / View::kGroups; ++q) {
            int32_t four;
            __builtin_memcpy(&four, term.quants + s * kStep + int64_t{4} * q, 4);
            const I x = splatInt(four);
            LECTERN_UNROLL
            for (int j = 0; j < kWide; ++j) {
              const View view{block + j / 2 * panelBytes, step + j / 2 * panelBytes};
              dots[j] = addQuad < View::kType.bits == 8 > (dots[j], view.quad(q, j % 2), x);
            }
          }
          LECTERN_UNROLL
          for (int j = 0; j < kWide; ++j) {
            const View view{block + j / 2 * panelBytes, step + j / 2 * panelBytes};
            acc[j] = fma(__builtin_convertvector(dots[j], V), view.scale(g, j % 2) * scale, acc[j]);
            if constexpr (View::kType.hasLeast) {
              acc[j] = fma(splat(__builtin_bit_cast(float, sum)), view.offset(j % 2), acc[j]);
            }
          }
        }
      }
    }
  }
  LECTERN_UNROLL
  for (int j = 0; j < kWide; ++j) store(sums + j / 2 * sumStride + j % 2 * kLanes, acc[j]);
}

// One row of a table, as the reference has it: scale · quant + offset.
template <DType D>
void embedBytes(const uint8_t* panel, int64_t depth, int64_t row, float* out) {
  using View = StepView<D>;
  const int64_t column = row % kLanes;
  const int64_t c = row / kLanes;
  for (int64_t s = 0; s < depth / kStep; ++s) {
    const int64_t inBlock = s % View::kPanel.steps;
    const uint8_t* block = panel + s / View::kPanel.steps * View::kPanel.block() * kLayout.rows;
    const View view{
        block, block + (View::kPanel.blockHead + inBlock * View::kPanel.step()) * kLayout.rows};
    for (int q = 0; q < kQuads; ++q) {
      const int g = q * View::kGroups / kQuads;
      const float scale = view.scale(g, c)[column];
      const float offset = View::kType.hasLeast ? view.offset(c)[column]
                                                : static_cast<float>(-View::kType.zero) * scale;
      const auto four = static_cast<uint32_t>(view.quad(q, c)[column]);
      for (int i = 0; i < 4; ++i) {
        out[s * kStep + int64_t{4} * q + i] =
            scale * static_cast<float>(four >> (8 * i) & 255U) + offset;
      }
    }
  }
}

// Calls use.operator()<D>() for the quantised type `dtype`.
template <class Use>
auto forQuantised(DType dtype, const Use& use) {
  switch (dtype) {
    case DType::Q8_0:
      return use.template operator()<DType::Q8_0>();
    case DType::Q4_0:
      return use.template operator()<DType::Q4_0>();
    case DType::Q4_1:
      return use.template operator()<DType::Q4_1>();
    case DType::Q5_0:
      return use.template operator()<DType::Q5_0>();
    case DType::Q5_1:
      return use.template operator()<DType::Q5_1>();
    case DType::Q4_K:
      return use.template operator()<DType::Q4_K>();
    case DType::Q5_K:
      return use.template operator()<DType::Q5_K>();
    default:
      return use.template operator()<DType::Q6_K>();
  }
}
