// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/operations.h"

#include <cstdint>

namespace lectern::kernels {

/// The floor of an operation: what no implementation can avoid. Operands are read once and outputs
/// written once; weights that a run does not touch (experts that no token chose) are counted at the
/// least number a token needs. One multiply-add is two flops; exp, softplus and silu count as one.
struct Work {
  int64_t bytesRead = 0;
  int64_t bytesWritten = 0;
  int64_t flops = 0;

  Work& operator+=(const Work& other) {
    bytesRead += other.bytesRead;
    bytesWritten += other.bytesWritten;
    flops += other.flops;
    return *this;
  }
};

/// `position` is the number of tokens in the cache before the operation; only attention asks for
/// it.
Work workOf(const Operation& operation, int64_t position);

}  // namespace lectern::kernels
