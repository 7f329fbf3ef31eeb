// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/workspace.h"

#include <algorithm>
#include <variant>

namespace lectern::kernels::cuda {

namespace {

// How many parts a product has is decided by its tiles of rows (kTileRows of products.h), and all
// else grows with the rows: so what is largest is a whole number of tiles, or all rows.
constexpr int64_t kStepRows = 64;

// The rows that decide, and the operation with fewer of them.
int64_t rowCount(const Linear& op) {
  return op.in.rows;
}
int64_t rowCount(const LinearGated& op) {
  return op.in.rows;
}
int64_t rowCount(const SelectiveScan& op) {
  return op.u.rows;
}
int64_t rowCount(const Experts& op) {
  return op.in.rows;
}
template <class Op>
int64_t rowCount(const Op& /*op*/) {
  return 1;
}

void setRows(Linear& op, int64_t rows) {
  op.in.rows = op.out.rows = rows;
}
void setRows(LinearGated& op, int64_t rows) {
  op.in.rows = op.out.rows = rows;
}
void setRows(SelectiveScan& op, int64_t rows) {
  op.u.rows = op.out.rows = rows;
}
void setRows(Experts& op, int64_t rows) {
  op.in.rows = op.out.rows = op.experts.rows = op.weights.rows = rows;
}
template <class Op>
void setRows(Op& /*op*/, int64_t /*rows*/) {}

}  // namespace

LaunchContext launchContextOf(const Device& device) {
  LaunchContext context;
  context.multiprocessors = device.multiprocessors;
  context.library = device.cublas.get();
  return context;
}

int64_t workspaceBytesOf(const Operation& operation, const LaunchContext& context) {
  return std::visit([&context](const auto& op) { return workspaceBytes(op, context); }, operation);
}

int64_t largestWorkspaceBytes(const Operation& operation, const LaunchContext& context) {
  return std::visit(
      [&context](auto op) {
        const int64_t all = rowCount(op);
        int64_t largest = workspaceBytes(op, context);
        for (int64_t rows = kStepRows; rows < all; rows += kStepRows) {
          setRows(op, rows);
          largest = std::max(largest, workspaceBytes(op, context));
        }
        return largest;
      },
      operation);
}

}  // namespace lectern::kernels::cuda
