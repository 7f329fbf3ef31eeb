// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/bench/ceilings.h"
#include "kernels/operations.h"
#include "kernels/work.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lectern::bench {

/// "Linear 10240 × 2560, 4.5 bits": an operation with the shape and the bits a weight of its
/// matrix, if it has one.
std::string labelOf(const kernels::Operation& operation);

/// The least time that the machine takes for an operation: the longer of reading and writing its
/// operands at the speed of memory, and of its arithmetic in the format that its weights allow
/// (float32, bfloat16, and int8 where they have fewer bits). What lies in a cache is faster than
/// that.
double floorSeconds(const kernels::Operation& operation,
                    const kernels::Work& work,
                    const Ceilings& ceilings);

/// Of all operations of one name.
struct OperationCost {
  std::string name;
  int64_t calls = 0;
  double seconds = 0;
  double floorSeconds = 0;
};

/// Adds up what a run's operations cost, or would cost at least.
class CostSums {
 public:
  explicit CostSums(const Ceilings& ceilings) : ceilings_(ceilings) {}

  /// `position` as workOf has it.
  void add(const kernels::Operation& operation, int64_t position, double seconds);

  [[nodiscard]] const kernels::Work& work() const { return work_; }
  [[nodiscard]] double floorSeconds() const { return floorSeconds_; }
  /// By falling time.
  [[nodiscard]] std::vector<OperationCost> operations() const;

 private:
  Ceilings ceilings_;
  kernels::Work work_;
  double floorSeconds_ = 0;
  std::map<std::string, OperationCost> operations_;
};

}  // namespace lectern::bench
