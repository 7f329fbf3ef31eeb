// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/kernels/cuda/kernel_cases.h"

#include "kernels/cuda/products.h"
#include "kernels/work.h"
#include "tests/kernels/suite/device.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

namespace lectern::kernels::cuda {

namespace {

// --- The cases ---

class Cases {
 public:
  Cases(const Sides& sides, Extent extent) : s_(sides), isWhole_(extent == Extent::Whole) {}

  std::vector<KernelCase> all() {
    rows();
    mixer();
    products();
    attention();
    if (s_.experts > 1) experts();
    add(fmt::format("{} of {}", kKept, s_.vocabulary), [s = s_](KernelDevice& d) -> Operation {
      return TopLogits{dense(d, 1, s.vocabulary, 1), {}, d.room(1, kKept, 0), numbers(d, 1, kKept)};
    });
    // Each round of the selection reads the logits, 256 KiB that stay in the cache, and counts them
    // by atomics, which meet in a bank where the digits do.
    allow(4, 1.1);
    return std::move(cases_);
  }

 private:
  static constexpr int64_t kKept = 256;

  using Make = std::function<Operation(KernelDevice&)>;
  void add(std::string shape, Make make, int64_t position = 0) {
    cases_.push_back({std::move(shape), std::move(make), position});
  }

  /// Of the case that was added last.
  void allow(double mostSectors, double mostWavefronts) {
    cases_.back().mostSectors = mostSectors;
    cases_.back().mostWavefronts = mostWavefronts;
  }

  static Tensor dense(KernelDevice& d, int64_t rows, int64_t cols, uint32_t seed, float low = -1) {
    return d.put(Matrix::random(rows, cols, seed, low), 0);
  }
  static Tensor numbers(KernelDevice& d, int64_t rows, int64_t cols) {
    return d.put(std::vector<int32_t>(static_cast<size_t>(rows * cols)), rows);
  }
  [[nodiscard]] std::vector<DType> types(std::vector<DType> all) const {
    if (!isWhole_ && s_.experts > 1) all = {DType::BF16, DType::Q4_K};
    return all;
  }
  [[nodiscard]] int64_t cut(int64_t whole, int64_t slice) const {
    return isWhole_ ? whole : std::min(whole, slice);
  }

  void rows() {
    const int64_t tokens = cut(512, 16);
    for (const DType dtype : {DType::BF16, DType::Q4_K}) {
      add(fmt::format("{} × {} {}", tokens, s_.hidden, asTestName(dtype)),
          [s = s_, tokens, dtype](KernelDevice& d) -> Operation {
            return EmbedRows{d.weight(64, s.hidden, 1, dtype), numbers(d, 1, tokens),
                             d.room(tokens, s.hidden, 0)};
          });
    }
    add(fmt::format("{} × {}", tokens, s_.hidden), [s = s_, tokens](KernelDevice& d) -> Operation {
      return AddNorm{dense(d, tokens, s.hidden, 1), dense(d, tokens, s.hidden, 2),
                     dense(d, 1, s.hidden, 3), d.room(tokens, s.hidden, 0), 1e-6F};
    });
  }

  void mixer() {
    const int64_t tokens = cut(512, 64);
    const int64_t inner = cut(s_.inner, 512);
    const int64_t states = s_.states;
    add(fmt::format("{} × ({} + 2 · {})", tokens, s_.rank, states),
        [s = s_, tokens](KernelDevice& d) -> Operation {
          return SplitNorm{dense(d, tokens, s.rank + 2 * s.states, 1),
                           dense(d, 1, s.rank, 2),
                           dense(d, 1, s.states, 3),
                           dense(d, 1, s.states, 4),
                           d.room(tokens, s.rank, 0),
                           d.room(tokens, s.states, 0),
                           d.room(tokens, s.states, 0),
                           1e-6F};
        });
    add(fmt::format("{} × {}", tokens, inner), [tokens, inner](KernelDevice& d) -> Operation {
      const Tensor xz = dense(d, tokens, 2 * inner, 1);
      return ConvSilu{xz.colRange(0, inner), dense(d, 4, inner, 2), dense(d, 1, inner, 3),
                      dense(d, 3, inner, 4), d.room(tokens, inner, 0)};
    });
    add(fmt::format("{} × {} × {}", tokens, inner, states),
        [=](KernelDevice& d) -> Operation { return scan(d, tokens, inner, states); });
    // So few channels are cut into pieces of 64 tokens.
    const int64_t few = cut(1024, 32);
    add(fmt::format("512 × {} × {}, in pieces", few, states),
        [=](KernelDevice& d) -> Operation { return scan(d, 512, few, states); });
    add(fmt::format("1 × {} × {} bf16", s_.inner, states), [s = s_](KernelDevice& d) -> Operation {
      const int64_t projected = s.rank + 2 * s.states;
      const Tensor scratch = d.room(1, 3 * s.inner + 2 * projected, 0);
      return MambaStep{dense(d, 1, 2 * s.inner, 1),
                       dense(d, 4, s.inner, 2),
                       dense(d, 1, s.inner, 3),
                       dense(d, 3, s.inner, 4),
                       d.weight(projected, s.inner, 5, DType::BF16),
                       dense(d, 1, s.rank, 6),
                       dense(d, 1, s.states, 7),
                       dense(d, 1, s.states, 8),
                       d.weight(s.inner, s.rank, 9, DType::BF16),
                       dense(d, 1, s.inner, 10),
                       dense(d, s.states, s.inner, 11, -8),
                       dense(d, 1, s.inner, 12),
                       dense(d, s.states, s.inner, 13),
                       scratch,
                       d.room(1, s.inner, 0),
                       1e-6F};
    });
  }
  static SelectiveScan scan(KernelDevice& d, int64_t tokens, int64_t inner, int64_t states) {
    return {dense(d, tokens, inner, 1),  dense(d, tokens, inner, 2),
            dense(d, 1, inner, 3),       dense(d, states, inner, 4, -8),
            dense(d, tokens, states, 5), dense(d, tokens, states, 6),
            dense(d, 1, inner, 7),       dense(d, tokens, inner, 8),
            dense(d, states, inner, 9),  d.room(tokens, inner, 0)};
  }

  void products() {
    const int64_t oneOut = cut(2 * s_.inner, 2112);
    for (const DType dtype :
         types({DType::BF16, DType::Q8_0, DType::Q4_0, DType::Q4_K, DType::Q5_K, DType::Q6_K})) {
      linear(1, oneOut, s_.hidden, dtype);
    }
    gated(1, DType::BF16);
    gated(1, DType::Q4_K);
    if (isWhole_) linear(1, s_.hidden, s_.width, DType::Q4_K);
    if (s_.experts > 1) linear(1, s_.experts, s_.hidden, DType::F32);
    const int64_t tokens = cut(512, 128);
    const int64_t manyOut = cut(2 * s_.inner, 384);
    for (const DType dtype :
         types({DType::BF16, DType::Q8_0, DType::Q4_0, DType::Q5_1, DType::Q4_K, DType::Q6_K})) {
      linear(tokens, manyOut, s_.hidden, dtype);
    }
    if (isWhole_) gated(tokens, DType::BF16);
    if (isWhole_) gated(tokens, DType::Q4_K);
    // x_proj: so few tiles that the inputs are cut into parts.
    for (const DType dtype : types({DType::BF16, DType::Q8_0, DType::Q4_K})) {
      linear(cut(512, 64), cut(s_.rank + 2 * s_.states, 192), s_.inner, dtype, ", in parts");
    }
    if (s_.experts == 1) return;
    linear(cut(512, 64), s_.experts, s_.hidden, DType::F32);
    // The router: columns of a tile that are no outputs read the last one's weights.
    allow(1.2, 1.05);
  }
  void linear(int64_t tokens, int64_t out, int64_t in, DType dtype, const char* how = "") {
    add(fmt::format("{} × {} × {} {}{}", tokens, out, in, asTestName(dtype), how),
        [=](KernelDevice& d) -> Operation {
          return Linear{
              d.weight(out, in, 1, dtype), dense(d, tokens, in, 2), {}, d.room(tokens, out, 0)};
        });
  }
  void gated(int64_t tokens, DType dtype) {
    const int64_t width = cut(s_.width, 2048);
    add(fmt::format("{} × 2 · {} × {} {}", tokens, width, s_.hidden, asTestName(dtype)),
        [=, hidden = s_.hidden](KernelDevice& d) -> Operation {
          return LinearGated{d.weight(width, hidden, 1, dtype), d.weight(width, hidden, 2, dtype),
                             dense(d, tokens, hidden, 3), d.room(tokens, width, 0)};
        });
  }

  void attention() {
    for (const DType dtype : {DType::BF16, DType::I8}) {
      const std::string kept = dtype == DType::BF16 ? "" : ", bytes";
      const auto cache = [s = s_, dtype](KernelDevice& d, int64_t tokens) {
        const KvCache cache = d.cache(256, (tokens + 255) / 256, s.kvHeads, s.headDim, dtype);
        d.run(AppendKv{dense(d, tokens, s.kvHeads * s.headDim, 1),
                       dense(d, tokens, s.kvHeads * s.headDim, 2), cache, d.at(0)});
        return cache;
      };
      const int64_t tokens = cut(512, 64);
      const int64_t before = cut(2048, 300);
      add(fmt::format("{} × {}{}", tokens, s_.kvHeads * s_.headDim, kept),
          [=, s = s_](KernelDevice& d) -> Operation {
            return AppendKv{dense(d, tokens, s.kvHeads * s.headDim, 1),
                            dense(d, tokens, s.kvHeads * s.headDim, 2), cache(d, before + tokens),
                            d.at(static_cast<int32_t>(before))};
          });
      const int64_t context = cut(32'768, 1024);
      for (const bool isTapped : {false, true}) {
        add(
            fmt::format("1 × {} heads × {}{}{}", s_.heads, context, isTapped ? ", tapped" : "",
                        kept),
            [=, s = s_](KernelDevice& d) -> Operation {
              AttendOne op{dense(d, 1, s.heads * s.headDim, 3),
                           cache(d, context),
                           s.heads,
                           d.room(1, s.heads * s.headDim, 0),
                           {},
                           {},
                           d.at(static_cast<int32_t>(context - 1))};
              if (!isTapped) return op;
              op.headWeight = d.put(Matrix::random(1, s.heads, 4, 0, 1), 0);
              op.mass = d.room(1, context / AttendOne::kBlockTokens, 0);
              return op;
            },
            context - 1);
      }
      add(
          fmt::format("{} × {} heads × {}{}", tokens, s_.heads, before + tokens, kept),
          [=, s = s_](KernelDevice& d) -> Operation {
            return AttendMany{dense(d, tokens, s.heads * s.headDim, 3), cache(d, before + tokens),
                              s.heads, d.room(tokens, s.heads * s.headDim, 0),
                              d.at(static_cast<int32_t>(before))};
          },
          before);
    }
  }

  void experts() {
    const int64_t routed = cut(512, 64);
    add(fmt::format("{} × {} of {}", routed, s_.topK, s_.experts),
        [=, s = s_](KernelDevice& d) -> Operation {
          return Route{dense(d, routed, s.experts, 1), numbers(d, routed, s.topK),
                       d.room(routed, s.topK, 0)};
        });
    // A warp a token writes one expert after the other, each a sector.
    allow(5, 1);
    for (const DType dtype : {DType::BF16, DType::Q8_0, DType::Q4_K}) {
      // Down's inputs are these experts' width: of a slice too few for the planes of other types.
      if (!isWhole_ && dtype != DType::BF16) continue;
      for (const int64_t tokens : {int64_t{1}, cut(128, 64)}) expert(tokens, dtype);
    }
  }
  // All tokens choose the same experts, so memory need not hold the others.
  void expert(int64_t tokens, DType dtype) {
    const int64_t width = cut(s_.width, tokens == 1 ? 1024 : 256);
    add(fmt::format("{} × {} experts of {} × {} {}", tokens, s_.topK, width, s_.hidden,
                    asTestName(dtype)),
        [=, s = s_](KernelDevice& d) -> Operation {
          std::vector<int32_t> chosen(static_cast<size_t>(tokens * s.topK));
          for (size_t i = 0; i < chosen.size(); ++i) {
            chosen[i] = static_cast<int32_t>(i % static_cast<size_t>(s.topK));
          }
          return Experts{d.weight(s.topK * width, s.hidden, 1, dtype, s.topK),
                         d.weight(s.topK * width, s.hidden, 2, dtype, s.topK),
                         d.weight(s.topK * s.hidden, width, 3, dtype, s.topK),
                         dense(d, tokens, s.hidden, 4),
                         d.put(chosen, tokens),
                         dense(d, tokens, s.topK, 5, 0),
                         d.room(tokens * s.topK, s.hidden + width, 0),
                         d.room(tokens, s.hidden, 0)};
        });
  }

  Sides s_;
  bool isWhole_;
  std::vector<KernelCase> cases_;
};

// --- What their blocks bring in more than once ---

using Grids = std::vector<Grid>;

// Of activations that are narrowed for a product: written once and read by each column of tiles.
// Of bytes there are the spans, and the second terms are written too, but nobody reads them where
// there is no outlier.
int64_t narrowedBytes(const Weight& weight, int64_t rows, int64_t readings) {
  if (weight.dtype == DType::F32) return (readings - 1) * rows * weight.in * 4;
  if (weight.dtype == DType::BF16) {
    return (1 + readings) * rows * weight.in * 2 * (keepsFloats(weight) ? 2 : 1);
  }
  return (2 + readings) * rows * weight.in * (32 + 8) / 32;
}

int64_t besides(const auto& /*op*/, int64_t /*position*/, const Grids& /*grids*/) {
  return 0;
}
int64_t besides(const AddNorm& op, int64_t, const Grids&) {
  return (op.residual.rows - 1) * op.weight.bytes();
}
// A token's warp reads it twice and brings the norms in.
int64_t besides(const SplitNorm& op, int64_t, const Grids&) {
  return 2 * op.in.bytes();
}
// A run of tokens brings the taps in and the inputs before it, and the last inputs become a state.
int64_t besides(const ConvSilu& op, int64_t, const Grids& grids) {
  const int64_t channelBytes = op.in.cols * 4;
  return (grids[0].y - 1) * channelBytes * (op.weight.rows + 1 + op.state.rows) +
         op.state.rows * channelBytes;
}
// Every block of channels reads all of B and C. Of pieces all but the last are read twice, and the
// states between them are written, read and written by their join, and read.
int64_t besides(const SelectiveScan& op, int64_t, const Grids& grids) {
  const int64_t alike = (grids.back().x - 1) * (op.b.bytes() + op.c.bytes());
  if (grids.size() == 1) return alike;
  const int64_t pieces = grids.back().y;
  const int64_t state = op.h.bytes();
  const int64_t twice = op.u.bytes() + op.delta.bytes() + grids.back().x * op.b.bytes();
  return alike + twice * (pieces - 1) / pieces + (4 * pieces - 2) * state +
         (2 * pieces - 1) * state + 2 * (pieces - 1) * op.u.cols * 4;
}
// u comes back to the scan and to each block of x_proj; x_proj's output to each block behind it,
// with the norms.
int64_t besides(const MambaStep& op, int64_t, const Grids& grids) {
  const int64_t projected = op.xProj.out * 4;
  const int64_t blocks = grids.back().x;
  return (2 + grids[1].x) * op.xProj.in * 4 + (3 * blocks + 2) * projected;
}

int64_t besidesProduct(const Weight& weight,
                       const Tensor& in,
                       int64_t matrices,
                       const Grids& grids) {
  if (in.rows == 1) return (grids[0].x - 1) * in.bytes();
  const Grid& tiles = grids[weight.dtype == DType::F32 ? 0 : 1];
  const int64_t parts = tiles.z == 1 ? 0 : 2 * tiles.z * in.rows * weight.out * 4;
  return (tiles.y - 1) * matrices * weight.bytes() + narrowedBytes(weight, in.rows, tiles.x) +
         parts;
}
int64_t besides(const Linear& op, int64_t, const Grids& grids) {
  return besidesProduct(op.weight, op.in, 1, grids);
}
int64_t besides(const LinearGated& op, int64_t, const Grids& grids) {
  return besidesProduct(op.gate, op.in, 2, grids);
}

// Each split brings the query in for all warps that share a tile's tokens; the splits' results and
// their shares for the tap are written and read.
int64_t besides(const AttendOne& op, int64_t position, const Grids& grids) {
  const int64_t sharing = op.heads / op.cache.kvHeads;
  const int64_t subsets = sharing <= 16 ? 4 : 2;
  const int64_t splits = grids[0].x;
  const int64_t shares = op.mass.isPresent()
                             ? 2 * subsets * op.heads * (position / AttendOne::kBlockTokens + 1) * 8
                             : 0;
  return (splits * subsets - 1) * op.q.bytes() +
         2 * splits * op.heads * (op.cache.headDim + 2) * 4 + shares;
}
// Every block reads the cache as far as its last token sees.
int64_t besides(const AttendMany& op, int64_t position, const Grids& grids) {
  const int64_t sharing = op.heads / op.cache.kvHeads;
  const int64_t rows = op.q.rows * sharing;
  int64_t tokens = -(position + op.q.rows);
  for (int64_t block = 0; block < grids[0].x; ++block) {
    const int64_t last = std::min((block + 1) * 128, rows) - 1;
    tokens += position + last / sharing + 1;
  }
  return tokens * cacheTokenBytes(op.cache.dtype, op.cache.kvHeads, op.cache.headDim);
}

int64_t besides(const Experts& op, int64_t, const Grids& grids) {
  const int64_t topK = op.experts.cols;
  const int64_t uses = op.in.rows * topK;
  const int64_t activated = uses * op.gate.out * 4;
  if (op.in.rows == 1) {
    return (grids[0].x * grids[0].y - 1) * op.in.bytes() + activated + grids[1].x * activated +
           2 * (topK - 1) * op.out.bytes();
  }
  // Sorted, narrowed, gate and up, narrowed, down, summed. The floor has the experts of one token.
  std::map<int32_t, int64_t> usesOf;
  for (int64_t t = 0; t < op.in.rows; ++t) {
    for (int64_t k = 0; k < topK; ++k) ++usesOf[op.experts.row<int32_t>(t)[k]];
  }
  int64_t tiles = -topK;
  for (const auto& [expert, count] : usesOf) tiles += (count + kTileRows - 1) / kTileRows;
  const int64_t expertBytes = (op.gate.bytes() + op.up.bytes() + op.down.bytes()) / op.gate.groups;
  const int64_t input = narrowedBytes(op.gate, op.in.rows, 0) +
                        narrowedBytes(op.gate, uses, grids[2].x) - narrowedBytes(op.gate, uses, 0);
  return tiles * expertBytes + input + 2 * activated + narrowedBytes(op.down, uses, grids[4].x) +
         2 * uses * op.down.out * 4;
}

}  // namespace

std::vector<KernelCase> kernelCases(const Sides& sides, Extent extent) {
  return Cases(sides, extent).all();
}

int64_t bytesBesidesFloor(const Operation& operation,
                          int64_t position,
                          const std::vector<Grid>& grids) {
  return std::visit([&](const auto& op) { return besides(op, position, grids); }, operation);
}

}  // namespace lectern::kernels::cuda
