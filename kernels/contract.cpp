// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/contract.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

namespace lectern::kernels {

namespace {

constexpr std::array<std::string_view, std::variant_size_v<Operation>> kNames = {
    "EmbedRows", "AddNorm",  "Linear",     "LinearGated", "ConvSilu", "SplitNorm", "SelectiveScan",
    "MambaStep", "AppendKv", "AttendMany", "AttendOne",   "Route",    "Experts",   "TopLogits"};

// Keeps the first breach; everything asked afterwards is not looked at.
class Checker {
 public:
  explicit Checker(std::string_view operation) : operation_(operation) {}

  template <class... Args>
  void expect(bool holds, fmt::format_string<Args...> format, Args&&... args) {
    if (holds || !breach_.empty()) return;
    breach_ = fmt::format("{}: {}.", operation_, fmt::format(format, std::forward<Args>(args)...));
  }

  // A present tensor of that shape; -1 leaves a side free.
  void tensor(std::string_view name, const Tensor& t, int64_t rows, int64_t cols, DType dtype) {
    expect(t.isPresent(), "{} is missing", name);
    expect(rows < 0 || t.rows == rows, "{} has {} rows, not {}", name, t.rows, rows);
    expect(cols < 0 || t.cols == cols, "{} has {} columns, not {}", name, t.cols, cols);
    expect(t.rows > 0 && t.cols > 0, "{} is empty", name);
    expect(t.stride >= t.cols, "{} has a stride of {}, less than its {} columns", name, t.stride,
           t.cols);
    expect(t.dtype == dtype, "{} has another element type than it must", name);
    expect(reinterpret_cast<uintptr_t>(t.data) % static_cast<uintptr_t>(elementBytes(t.dtype)) == 0,
           "{} is not aligned to its elements", name);
  }
  void f32(std::string_view name, const Tensor& t, int64_t rows, int64_t cols) {
    tensor(name, t, rows, cols, DType::F32);
  }
  // Float32 or bfloat16.
  void activation(std::string_view name, const Tensor& t, int64_t rows, int64_t cols) {
    tensor(name, t, rows, cols, t.dtype == DType::BF16 ? DType::BF16 : DType::F32);
  }
  void weight(std::string_view name, const Weight& w, int64_t groups, int64_t out, int64_t in) {
    expect(w.isPresent(), "{} is missing", name);
    expect(w.groups == groups, "{} has {} groups, not {}", name, w.groups, groups);
    expect(out < 0 || w.out == out, "{} has {} rows, not {}", name, w.out, out);
    expect(in < 0 || w.in == in, "{} has {} columns, not {}", name, w.in, in);
    expect(w.out > 0 && w.in > 0, "{} is empty", name);
    expect(w.dtype != DType::I32 && w.dtype != DType::I8,
           "{} has an element type that weights have not", name);
    expect(w.in % blockShape(w.dtype).elements == 0, "{} has {} columns, not whole blocks of {}",
           name, w.in, blockShape(w.dtype).elements);
  }
  void cache(const KvCache& cache, int64_t width) {
    expect(cache.pages != nullptr, "the cache has no page table");
    expect(cache.pageTokens > 0 && cache.pageTokens % AttendOne::kBlockTokens == 0,
           "a cache page holds {} tokens, not a multiple of {}", cache.pageTokens,
           AttendOne::kBlockTokens);
    expect(cache.pageCount > 0, "the cache has no pages");
    expect(cache.kvHeads > 0 && cache.headDim > 0 && cache.kvHeads * cache.headDim == width,
           "{} heads of {} in the cache do not make {} columns", cache.kvHeads, cache.headDim,
           width);
    expect(cache.dtype == DType::F32 || cache.dtype == DType::BF16 || cache.dtype == DType::I8,
           "the cache has an element type it cannot have");
  }
  void step(const Step& step) { expect(step.position != nullptr, "the position is missing"); }

  // No output may share memory with another operand. Rows of strided views interleave (the halves
  // of in_proj's output), so views that come from one matrix with one stride are compared by their
  // columns.
  void noOverlap(std::string_view a, const Tensor& x, std::string_view b, const Tensor& y) {
    if (!x.isPresent() || !y.isPresent()) return;
    const auto begin = [](const Tensor& t) { return reinterpret_cast<uintptr_t>(t.data); };
    const auto end = [&](const Tensor& t) {
      return begin(t) +
             static_cast<uintptr_t>(((t.rows - 1) * t.stride + t.cols) * elementBytes(t.dtype));
    };
    if (begin(x) >= end(y) || begin(y) >= end(x)) return;
    if (x.stride == y.stride && x.dtype == y.dtype && x.rows > 1 && y.rows > 1) {
      const auto pitch = x.stride * elementBytes(x.dtype);
      const auto offset = static_cast<int64_t>(begin(y)) - static_cast<int64_t>(begin(x));
      const int64_t column = ((offset % pitch) + pitch) % pitch / elementBytes(x.dtype);
      if (column >= x.cols && column + y.cols <= x.stride) return;
    }
    expect(false, "{} and {} overlap", a, b);
  }

  std::string breach() { return std::move(breach_); }

 private:
  std::string_view operation_;
  std::string breach_;
};

void check(Checker& c, const EmbedRows& op) {
  c.weight("table", op.table, 1, -1, -1);
  c.tensor("ids", op.ids, 1, -1, DType::I32);
  c.activation("out", op.out, op.ids.cols, op.table.in);
}

void check(Checker& c, const AddNorm& op) {
  c.f32("residual", op.residual, -1, -1);
  if (op.delta.isPresent()) c.activation("delta", op.delta, op.residual.rows, op.residual.cols);
  c.f32("weight", op.weight, 1, op.residual.cols);
  c.activation("out", op.out, op.residual.rows, op.residual.cols);
  c.expect(op.eps > 0, "eps is {}, not positive", op.eps);
}

void check(Checker& c, const Linear& op) {
  c.weight("weight", op.weight, 1, -1, -1);
  c.activation("in", op.in, -1, op.weight.in);
  if (op.bias.isPresent()) c.f32("bias", op.bias, 1, op.weight.out);
  c.activation("out", op.out, op.in.rows, op.weight.out);
}

void check(Checker& c, const LinearGated& op) {
  c.weight("gate", op.gate, 1, -1, -1);
  c.weight("up", op.up, 1, op.gate.out, op.gate.in);
  c.expect(op.gate.dtype == op.up.dtype, "gate and up have different element types");
  c.activation("in", op.in, -1, op.gate.in);
  c.activation("out", op.out, op.in.rows, op.gate.out);
}

void checkConv(
    Checker& c, const Tensor& weight, const Tensor& bias, const Tensor& state, int64_t inner) {
  c.f32("the convolution's weight", weight, -1, inner);
  c.expect(weight.rows >= 2, "the convolution has {} taps, fewer than two", weight.rows);
  if (bias.isPresent()) c.f32("the convolution's bias", bias, 1, inner);
  c.f32("the convolution's state", state, weight.rows - 1, inner);
}

void check(Checker& c, const ConvSilu& op) {
  c.activation("in", op.in, -1, -1);
  checkConv(c, op.weight, op.bias, op.state, op.in.cols);
  c.activation("out", op.out, op.in.rows, op.in.cols);
}

void checkNorms(Checker& c,
                const Tensor& delta,
                const Tensor& b,
                const Tensor& cNorm,
                int64_t rank,
                int64_t state,
                float eps) {
  c.expect(delta.isPresent() == b.isPresent() && b.isPresent() == cNorm.isPresent(),
           "the norms of delta, B and C must all be there or none");
  if (!delta.isPresent()) return;
  c.f32("the norm of delta", delta, 1, rank);
  c.f32("the norm of B", b, 1, state);
  c.f32("the norm of C", cNorm, 1, state);
  c.expect(eps > 0, "eps is {}, not positive", eps);
}

void check(Checker& c, const SplitNorm& op) {
  c.activation("in", op.in, -1, -1);
  c.activation("delta", op.delta, op.in.rows, -1);
  c.f32("b", op.b, op.in.rows, -1);
  c.f32("c", op.c, op.in.rows, op.b.cols);
  c.expect(op.in.cols == op.delta.cols + 2 * op.b.cols, "in has {} columns, not {} + 2 · {}",
           op.in.cols, op.delta.cols, op.b.cols);
  checkNorms(c, op.deltaWeight, op.bWeight, op.cWeight, op.delta.cols, op.b.cols, op.eps);
}

void check(Checker& c, const SelectiveScan& op) {
  c.activation("u", op.u, -1, -1);
  const int64_t tokens = op.u.rows;
  const int64_t inner = op.u.cols;
  c.activation("delta", op.delta, tokens, inner);
  c.f32("deltaBias", op.deltaBias, 1, inner);
  c.f32("a", op.a, -1, inner);
  c.f32("b", op.b, tokens, op.a.rows);
  c.f32("c", op.c, tokens, op.a.rows);
  c.f32("skip", op.skip, 1, inner);
  if (op.z.isPresent()) c.activation("z", op.z, tokens, inner);
  c.f32("h", op.h, op.a.rows, inner);
  c.activation("out", op.out, tokens, inner);
}

void check(Checker& c, const MambaStep& op) {
  c.activation("xz", op.xz, 1, -1);
  c.expect(op.xz.cols % 2 == 0, "xz has {} columns, an odd number", op.xz.cols);
  const int64_t inner = op.xz.cols / 2;
  checkConv(c, op.convWeight, op.convBias, op.convState, inner);
  c.f32("a", op.a, -1, inner);
  const int64_t state = op.a.rows;
  c.weight("xProj", op.xProj, 1, -1, inner);
  const int64_t rank = op.xProj.out - 2 * state;
  c.expect(rank > 0, "xProj has {} rows, too few for B and C of {}", op.xProj.out, state);
  checkNorms(c, op.deltaNorm, op.bNorm, op.cNorm, rank, state, op.eps);
  c.weight("deltaProj", op.deltaProj, 1, inner, rank);
  c.f32("deltaBias", op.deltaBias, 1, inner);
  c.f32("skip", op.skip, 1, inner);
  c.f32("h", op.h, state, inner);
  c.f32("scratch", op.scratch, 1, 3 * inner + 2 * op.xProj.out);
  c.activation("out", op.out, 1, inner);
}

void check(Checker& c, const AppendKv& op) {
  c.activation("k", op.k, -1, -1);
  c.activation("v", op.v, op.k.rows, op.k.cols);
  c.cache(op.cache, op.k.cols);
  c.step(op.at);
}

void checkHeads(Checker& c, const Tensor& q, const KvCache& cache, int64_t heads) {
  c.cache(cache, cache.kvHeads * cache.headDim);
  c.expect(heads > 0 && cache.kvHeads > 0 && heads % cache.kvHeads == 0,
           "{} query heads cannot share {} key/value heads", heads, cache.kvHeads);
  c.expect(q.cols == heads * cache.headDim, "q has {} columns, not {} heads of {}", q.cols, heads,
           cache.headDim);
}

void check(Checker& c, const AttendMany& op) {
  c.activation("q", op.q, -1, -1);
  checkHeads(c, op.q, op.cache, op.heads);
  c.activation("out", op.out, op.q.rows, op.q.cols);
  c.step(op.at);
}

void check(Checker& c, const AttendOne& op) {
  c.activation("q", op.q, 1, -1);
  checkHeads(c, op.q, op.cache, op.heads);
  c.activation("out", op.out, 1, op.q.cols);
  c.expect(op.headWeight.isPresent() == op.mass.isPresent(),
           "headWeight and mass must both be there or neither");
  if (op.headWeight.isPresent()) {
    c.f32("headWeight", op.headWeight, 1, op.heads);
    c.f32("mass", op.mass, 1, op.cache.pageCount * op.cache.pageTokens / AttendOne::kBlockTokens);
  }
  c.step(op.at);
}

void check(Checker& c, const Route& op) {
  c.f32("logits", op.logits, -1, -1);
  c.tensor("experts", op.experts, op.logits.rows, -1, DType::I32);
  c.expect(op.experts.cols <= op.logits.cols, "{} experts of {} are asked for", op.experts.cols,
           op.logits.cols);
  c.f32("weights", op.weights, op.logits.rows, op.experts.cols);
}

void check(Checker& c, const Experts& op) {
  c.weight("gate", op.gate, op.gate.groups, -1, -1);
  c.weight("up", op.up, op.gate.groups, op.gate.out, op.gate.in);
  c.weight("down", op.down, op.gate.groups, op.gate.in, op.gate.out);
  c.expect(op.gate.dtype == op.up.dtype, "gate and up have different element types");
  c.activation("in", op.in, -1, op.gate.in);
  c.tensor("experts", op.experts, op.in.rows, -1, DType::I32);
  c.f32("weights", op.weights, op.in.rows, op.experts.cols);
  c.f32("scratch", op.scratch, op.in.rows * op.experts.cols, op.gate.in + op.gate.out);
  c.activation("out", op.out, op.in.rows, op.gate.in);
}

void check(Checker& c, const TopLogits& op) {
  c.f32("logits", op.logits, 1, -1);
  if (op.mask.isPresent()) c.tensor("mask", op.mask, 1, (op.logits.cols + 31) / 32, DType::I32);
  c.f32("values", op.values, 1, -1);
  c.expect(op.values.cols <= op.logits.cols, "{} logits of {} are asked for", op.values.cols,
           op.logits.cols);
  c.tensor("ids", op.ids, 1, op.values.cols, DType::I32);
}

}  // namespace

std::string_view nameOf(const Operation& operation) {
  return kNames[operation.index()];
}

std::string contractBreach(const Operation& operation) {
  Checker checker(nameOf(operation));
  std::visit([&](const auto& op) { check(checker, op); }, operation);
  forEachTensor(operation, [&](const char* written, const Tensor& output, Access access) {
    if (access == Access::Read) return;
    forEachTensor(operation, [&](const char* name, const Tensor& other, Access /*access*/) {
      if (&other != &output) checker.noOverlap(written, output, name, other);
    });
  });
  return checker.breach();
}

}  // namespace lectern::kernels
