// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/tensor.h"

#include <cstdint>
#include <variant>

namespace lectern::kernels {

// The operations a model's forward pass is made of. Each is a plain struct whose fields are its
// contract; it owns nothing and allocates nothing. Shapes are [rows, cols]; T is the number of
// tokens, which may be 1 in all but the operations that say otherwise. Activations are float32 (a
// backend may also take bfloat16 where it says so); what is marked float32 is so always. Outputs
// overlap no input, except where a field is "read and written". Spelling of shapes: H hidden, I
// inner (expand × hidden), S state, K conv taps, R rank of delta, V vocabulary, F width of the
// feed-forward network, E experts, N query heads, G key/value heads, D head size.
//
// A product with a weight that is quantised may round its activations to bytes (roundToBytes in
// quantised.h) or the weight to bfloat16, one with a bfloat16 weight its activations to bfloat16;
// each token for itself. So may attention its queries and weights where the cache holds bfloat16 or
// bytes. A lookup in a table is exact always. Of what is no number, any that share a product or a
// block of attention may become none.

/// How many tokens the sequence holds before this step, in device memory, so that a recorded step
/// can be replayed with fresh values. `position[0]` is int32.
struct Step {
  const int32_t* position = nullptr;
};

/// One layer's keys and values of one sequence: pages of `pageTokens` tokens each, so that forks
/// share what they have in common. Page p holds tokens [p·pageTokens, (p + 1)·pageTokens): first
/// the keys as [G, pageTokens, D], then the values likewise; each token of a head is one contiguous
/// row. `pages` is a table in device memory.
///
/// The elements are F32, BF16 or I8. Those of I8 are signed bytes, and behind the values of a page
/// stand the float32 scales of its rows, first of the keys as [G, pageTokens], then of the values.
/// With m the largest magnitude of a row, in float32:
///   scale = m / 127,  byte = x · (127 / m) to nearest, ties to even,  number = scale · byte
/// so that a number is off by half a scale at most, and what float32 rounds. A row with m <
/// kLeastMagnitude is all zero, scale and bytes; one with an infinity or a NaN has NaN for a scale
/// and zeros for bytes, and so has NaN for every number.
struct KvCache {
  static constexpr float kLeastMagnitude = 0x1p-100F;  // scale and 127 / m are normal numbers

  void* const* pages = nullptr;
  int64_t pageTokens = 0;
  int64_t pageCount = 0;
  int64_t kvHeads = 0;
  int64_t headDim = 0;
  DType dtype = DType::F32;
};

/// Bytes of a token's keys and values in a page, scales included.
constexpr int64_t cacheTokenBytes(DType dtype, int64_t kvHeads, int64_t headDim) {
  const int64_t scaleBytes = dtype == DType::I8 ? elementBytes(DType::F32) : 0;
  return 2 * kvHeads * (headDim * elementBytes(dtype) + scaleBytes);
}

/// out[t] = table[ids[t]].
struct EmbedRows {
  Weight table;  ///< [V, H]
  Tensor ids;    ///< [1, T] I32, each within 0 … V − 1
  Tensor out;    ///< [T, H]
};

/// residual += delta; out = rmsnorm(residual) · weight.         Zhang & Sennrich 2019, equation 4
struct AddNorm {
  Tensor residual;  ///< [T, H] float32, read and written
  Tensor delta;     ///< [T, H]; absent: nothing is added
  Tensor weight;    ///< [1, H] float32
  Tensor out;       ///< [T, H]
  float eps = 0;
};

/// out = in · weightᵀ (+ bias).
struct Linear {
  Weight weight;  ///< [out, in]
  Tensor in;      ///< [T, in]
  Tensor bias;    ///< [1, out] float32; may be absent
  Tensor out;     ///< [T, out] float32 or the activation type
};

/// out = silu(in · gateᵀ) · (in · upᵀ).                          Shazeer 2020, SwiGLU
struct LinearGated {
  Weight gate;  ///< [F, H]
  Weight up;    ///< [F, H]
  Tensor in;    ///< [T, H]
  Tensor out;   ///< [T, F]
};

/// Mamba's short convolution along the sequence, one filter a channel, then SiLU.     Gu & Dao
/// 2023, section 3.4
///   out[t][c] = silu(bias[c] + Σ_k weight[k][c] · x[t − (K − 1) + k][c]), x of before this run
///   from `state`.
struct ConvSilu {
  Tensor in;      ///< [T, I]; usually the left half of in_proj's output
  Tensor weight;  ///< [K, I] float32, tap K − 1 on the newest token
  Tensor bias;    ///< [1, I] float32; may be absent
  Tensor state;   ///< [K − 1, I] float32, oldest first, before bias and SiLU; read and written
  Tensor out;     ///< [T, I]
};

/// Splits x_proj's output into delta, B and C, each with Jamba's RMSNorm.              Lieber et
/// al. 2024, section 2
struct SplitNorm {
  Tensor in;           ///< [T, R + 2 S], in the order delta, B, C
  Tensor deltaWeight;  ///< [1, R] float32; absent: delta, B and C pass as they are (Mamba-1)
  Tensor bWeight;      ///< [1, S] float32
  Tensor cWeight;      ///< [1, S] float32
  Tensor delta;        ///< [T, R]
  Tensor b;            ///< [T, S] float32
  Tensor c;            ///< [T, S] float32
  float eps = 0;
};

/// Mamba's selective scan, with what surrounds it.               Gu & Dao 2023, section 3.2,
/// algorithm 2
///   d       = softplus(delta[t] + deltaBias), itself above 20
///   h[s]    = exp(d a[s]) h[s] + d b[t][s] u[t]
///   out[t]  = (Σ_s c[t][s] h[s] + skip u[t]) · silu(z[t])
/// Channels are the fast index of the state, so that one register holds one state of many channels.
struct SelectiveScan {
  Tensor u;          ///< [T, I] after convolution and SiLU
  Tensor delta;      ///< [T, I] dt_proj's output without its bias
  Tensor deltaBias;  ///< [1, I] float32
  Tensor a;          ///< [S, I] float32, negative: −exp(A_log), transposed
  Tensor b;          ///< [T, S] float32
  Tensor c;          ///< [T, S] float32
  Tensor skip;       ///< [1, I] float32, the paper's D
  Tensor z;          ///< [T, I] the gate; absent: no gate
  Tensor h;          ///< [S, I] float32, read and written
  Tensor out;        ///< [T, I]
};

/// One token through a whole Mamba mixer between in_proj and out_proj: ConvSilu, x_proj, SplitNorm,
/// dt_proj and SelectiveScan in one, for decoding. T = 1.
struct MambaStep {
  Tensor xz;          ///< [1, 2 I] in_proj's output: x, then the gate z
  Tensor convWeight;  ///< as in ConvSilu
  Tensor convBias;
  Tensor convState;  ///< read and written
  Weight xProj;      ///< [R + 2 S, I]
  Tensor deltaNorm;  ///< as deltaWeight, bWeight and cWeight of SplitNorm
  Tensor bNorm;
  Tensor cNorm;
  Weight deltaProj;  ///< [I, R]
  Tensor deltaBias;  ///< as in SelectiveScan
  Tensor a;
  Tensor skip;
  Tensor h;        ///< read and written
  Tensor scratch;  ///< [1, 3 I + 2 (R + 2 S)] float32
  Tensor out;      ///< [1, I]
  float eps = 0;
};

/// Writes T tokens' keys and values behind the first `at` tokens of the cache.
struct AppendKv {
  Tensor k;       ///< [T, G · D]
  Tensor v;       ///< [T, G · D]
  KvCache cache;  ///< written
  Step at;
};

/// Causal attention of many tokens, whose own keys and values are in the cache already: token t
/// sees the first at + t + 1.   scale 1/√D, query head n uses key/value head n / (N / G), softmax
/// in float32.   Vaswani et al. 2017
struct AttendMany {
  Tensor q;  ///< [T, N · D]
  KvCache cache;
  int64_t heads = 0;
  Tensor out;  ///< [T, N · D]
  Step at;
};

/// The same for one token, split over the cache (Dao et al. 2023, flash-decoding), with the
/// evidence tap: in its merge step it writes how much of this token's attention fell on each block
/// of 64 tokens,
///   mass[b] = Σ_n headWeight[n] · Σ_{t in b} p[n][t],      p[n] = softmax over all tokens.
/// The host weights it after sampling (design/citations.md 1.5). With or without the tap `out` is
/// the same to the bit.
struct AttendOne {
  static constexpr int64_t kBlockTokens = 64;

  Tensor q;  ///< [1, N · D]
  KvCache cache;
  int64_t heads = 0;
  Tensor out;         ///< [1, N · D]
  Tensor headWeight;  ///< [1, N] float32; absent: no tap
  Tensor mass;  ///< [1, ceil(pageCount · pageTokens / 64)] float32; blocks in use are overwritten;
                ///< absent: no tap
  Step at;
};

/// Picks each token's experts: softmax over all E in float32, the `topK` largest (the lower number
/// on ties), their probabilities as they are, not made to sum to one.            Lieber et al.
/// 2024; Fedus et al. 2021
struct Route {
  Tensor logits;   ///< [T, E] float32
  Tensor experts;  ///< [T, topK] I32, by falling probability
  Tensor weights;  ///< [T, topK] float32
};

/// out[t] = Σ_k weights[t][k] · down_e(silu(gate_e in[t]) · (up_e in[t])), e = experts[t][k], added
/// in the order of k.
struct Experts {
  Weight gate;     ///< E × [F, H]
  Weight up;       ///< E × [F, H]
  Weight down;     ///< E × [H, F]
  Tensor in;       ///< [T, H]
  Tensor experts;  ///< [T, topK] I32
  Tensor weights;  ///< [T, topK] float32
  Tensor scratch;  ///< [T · topK, H + F] float32
  Tensor out;      ///< [T, H]
};

/// The `keep` largest logits, by falling value, the lower id first on ties.
struct TopLogits {
  Tensor logits;  ///< [1, V] float32
  Tensor mask;    ///< [1, ceil(V / 32)] I32, bit v set where token v is allowed; absent: all are
  Tensor values;  ///< [1, keep] float32; −infinity behind the last allowed one
  Tensor ids;     ///< [1, keep] I32; −1 behind the last allowed one
};

/// Any of them: what streams take, recordings hold, and planners look through.
using Operation = std::variant<EmbedRows,
                               AddNorm,
                               Linear,
                               LinearGated,
                               ConvSilu,
                               SplitNorm,
                               SelectiveScan,
                               MambaStep,
                               AppendKv,
                               AttendMany,
                               AttendOne,
                               Route,
                               Experts,
                               TopLogits>;

/// What an operation does with an operand.
enum class Access : uint8_t { Read, Write, ReadWrite };

/// Calls `visit(name, tensor, access)` for each tensor operand of an operation, absent ones too, as
/// references that may be changed where `op` may. The one list of operands that contracts, planner
/// and floors share.
template <class Op, class Visitor>
void forEachTensor(Op&& op, Visitor&& visit);

}  // namespace lectern::kernels

#include "kernels/operations-inl.h"
