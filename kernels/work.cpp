// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/work.h"

#include <algorithm>

namespace lectern::kernels {

namespace {

// Flops of one softplus, exp or silu are one each, as the header says.
constexpr int64_t kScanFlopsPerState =
    7;  // exp, its argument, two products into h, one add, one multiply-add into y
constexpr int64_t kScanFlopsPerChannel = 8;

int64_t matmulFlops(int64_t tokens, int64_t out, int64_t in) {
  return 2 * tokens * out * in;
}

int64_t flopsOf(const EmbedRows&, int64_t) {
  return 0;
}
int64_t flopsOf(const AddNorm& op, int64_t) {
  return 5 * op.residual.rows * op.residual.cols;
}
int64_t flopsOf(const Linear& op, int64_t) {
  return matmulFlops(op.in.rows, op.weight.out, op.weight.in);
}
int64_t flopsOf(const LinearGated& op, int64_t) {
  return 2 * matmulFlops(op.in.rows, op.gate.out, op.gate.in) + 2 * op.out.rows * op.out.cols;
}
int64_t flopsOf(const ConvSilu& op, int64_t) {
  return op.in.rows * op.in.cols * (2 * op.weight.rows + 1);
}
int64_t flopsOf(const SplitNorm& op, int64_t) {
  return 4 * op.in.rows * op.in.cols;
}
int64_t flopsOf(const SelectiveScan& op, int64_t) {
  return op.u.rows * op.u.cols * (kScanFlopsPerState * op.a.rows + kScanFlopsPerChannel);
}
int64_t flopsOf(const MambaStep& op, int64_t) {
  const int64_t inner = op.xz.cols / 2;
  return inner * (2 * op.convWeight.rows + 1) + matmulFlops(1, op.xProj.out, op.xProj.in) +
         4 * op.xProj.out + matmulFlops(1, op.deltaProj.out, op.deltaProj.in) +
         inner * (kScanFlopsPerState * op.a.rows + kScanFlopsPerChannel);
}
int64_t flopsOf(const AppendKv&, int64_t) {
  return 0;
}

// Pairs of query and key that the causal rule lets meet.
int64_t pairs(int64_t tokens, int64_t position) {
  return tokens * position + tokens * (tokens + 1) / 2;
}

int64_t flopsOf(const AttendMany& op, int64_t position) {
  return 4 * pairs(op.q.rows, position) * op.q.cols + pairs(op.q.rows, position) * op.heads;
}
int64_t flopsOf(const AttendOne& op, int64_t position) {
  return 4 * (position + 1) * op.q.cols + (position + 1) * op.heads;
}
int64_t flopsOf(const Route& op, int64_t) {
  return 2 * op.logits.rows * op.logits.cols;
}
int64_t flopsOf(const Experts& op, int64_t) {
  const int64_t uses = op.in.rows * op.experts.cols;
  return 3 * matmulFlops(uses, op.gate.out, op.gate.in) + 2 * uses * (op.gate.out + op.gate.in);
}
int64_t flopsOf(const TopLogits& op, int64_t) {
  return op.logits.cols;
}

int64_t weightBytes(const Linear& op) {
  return op.weight.bytes();
}
int64_t weightBytes(const LinearGated& op) {
  return op.gate.bytes() + op.up.bytes();
}
int64_t weightBytes(const MambaStep& op) {
  return op.xProj.bytes() + op.deltaProj.bytes();
}
int64_t weightBytes(const Experts& op) {
  // At least the experts of one token are read; with many tokens nothing says that more are.
  const int64_t touched = std::min(op.experts.cols, op.gate.groups);
  return touched * (op.gate.bytes() + op.up.bytes() + op.down.bytes()) / op.gate.groups;
}
int64_t weightBytes(const EmbedRows& op) {
  return op.ids.cols * elementsBytes(op.table.dtype, op.table.in);
}
int64_t weightBytes(const auto&) {
  return 0;
}

int64_t cacheBytes(const KvCache& cache, int64_t tokens) {
  return tokens * cacheTokenBytes(cache.dtype, cache.kvHeads, cache.headDim);
}
int64_t cacheRead(const AttendMany& op, int64_t position) {
  return cacheBytes(op.cache, position + op.q.rows);
}
int64_t cacheRead(const AttendOne& op, int64_t position) {
  return cacheBytes(op.cache, position + 1);
}
int64_t cacheRead(const auto&, int64_t) {
  return 0;
}
int64_t cacheWritten(const AppendKv& op) {
  return cacheBytes(op.cache, op.k.rows);
}
int64_t cacheWritten(const auto&) {
  return 0;
}

// Scratch is an implementation's choice, not a floor; of a tap only the blocks in use are written.
Tensor scratchOf(const MambaStep& op) {
  return op.scratch;
}
Tensor scratchOf(const Experts& op) {
  return op.scratch;
}
Tensor scratchOf(const auto&) {
  return {};
}

}  // namespace

Work workOf(const Operation& operation, int64_t position) {
  Work work;
  std::visit(
      [&](const auto& op) {
        const Tensor scratch = scratchOf(op);
        forEachTensor(op, [&](const char*, const Tensor& tensor, Access access) {
          if (!tensor.isPresent() || tensor.data == scratch.data) return;
          if (access != Access::Write) work.bytesRead += tensor.bytes();
          if (access != Access::Read) work.bytesWritten += tensor.bytes();
        });
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(op)>, AttendOne>) {
          if (op.mass.isPresent()) {
            const int64_t blocks = position / AttendOne::kBlockTokens + 1;
            work.bytesWritten -= (op.mass.cols - blocks) * elementBytes(DType::F32);
          }
        }
        work.bytesRead += weightBytes(op) + cacheRead(op, position);
        work.bytesWritten += cacheWritten(op);
        work.flops += flopsOf(op, position);
      },
      operation);
  return work;
}

}  // namespace lectern::kernels
