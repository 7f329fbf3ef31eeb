// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/operation_costs.h"

#include "kernels/contract.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <variant>

namespace lectern::bench {

using kernels::Operation;
using kernels::Weight;

namespace {

// The matrix whose format decides about the arithmetic.
const Weight* weightOf(const kernels::Linear& op) {
  return &op.weight;
}
const Weight* weightOf(const kernels::LinearGated& op) {
  return &op.gate;
}
const Weight* weightOf(const kernels::MambaStep& op) {
  return &op.xProj;
}
const Weight* weightOf(const kernels::Experts& op) {
  return &op.gate;
}
const Weight* weightOf(const auto&) {
  return nullptr;
}

const Weight* weightOfAny(const Operation& operation) {
  return std::visit([](const auto& op) { return weightOf(op); }, operation);
}

// Attention over a cache of bytes is done in bfloat16, too.
bool attendsInBfloat16(const Operation& operation) {
  const auto* many = std::get_if<kernels::AttendMany>(&operation);
  return many != nullptr && many->cache.dtype != kernels::DType::F32;
}

double bitsOf(const Weight& weight) {
  return 8.0 * static_cast<double>(weight.bytes()) /
         static_cast<double>(weight.groups * weight.out * weight.in);
}

}  // namespace

std::string labelOf(const Operation& operation) {
  const std::string_view kind = kernels::nameOf(operation);
  const Weight* weight = weightOfAny(operation);
  if (weight == nullptr) return std::string(kind);
  return fmt::format("{} {} × {}, {:.3g} bits", kind, weight->out, weight->in, bitsOf(*weight));
}

double floorSeconds(const Operation& operation,
                    const kernels::Work& work,
                    const Ceilings& ceilings) {
  double operations = ceilings.float32Operations;
  if (const Weight* weight = weightOfAny(operation)) {
    const double bits = bitsOf(*weight);
    if (bits <= 16) {
      operations = bits < 16 ? ceilings.int8Operations : ceilings.bfloat16Operations;
    }
  } else if (attendsInBfloat16(operation)) {
    operations = ceilings.bfloat16Operations;
  }
  const auto bytes = static_cast<double>(work.bytesRead + work.bytesWritten);
  return std::max(bytes / ceilings.memoryBytes, static_cast<double>(work.flops) / operations);
}

void CostSums::add(const Operation& operation, int64_t position, double seconds) {
  const kernels::Work work = kernels::workOf(operation, position);
  const double floor = bench::floorSeconds(operation, work, ceilings_);
  work_ += work;
  floorSeconds_ += floor;
  OperationCost& cost = operations_[labelOf(operation)];
  ++cost.calls;
  cost.seconds += seconds;
  cost.floorSeconds += floor;
}

std::vector<OperationCost> CostSums::operations() const {
  std::vector<OperationCost> list;
  for (const auto& [name, cost] : operations_) {
    list.push_back(cost);
    list.back().name = name;
  }
  std::ranges::stable_sort(list, std::greater<>(), &OperationCost::seconds);
  return list;
}

}  // namespace lectern::bench
