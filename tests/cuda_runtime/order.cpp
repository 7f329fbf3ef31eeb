// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cuda_runtime/order.h"

#include <algorithm>
#include <utility>

namespace lectern::cuda_runtime {

void merge(Clock& clock, const Clock& other) {
  if (clock.size() < other.size()) clock.resize(other.size(), 0);
  for (size_t i = 0; i < other.size(); ++i) clock[i] = std::max(clock[i], other[i]);
}

uint32_t Order::newOperation(uint32_t chain, Clock& known, std::string name) {
  if (lengths_.size() <= chain) lengths_.resize(chain + 1, 0);
  if (known.size() <= chain) known.resize(chain + 1, 0);
  known[chain] = ++lengths_[chain];
  stamps_.push_back({chain, known[chain], std::move(name)});
  return static_cast<uint32_t>(stamps_.size() - 1);
}

void Order::begin(uint32_t operation, const Clock& known) {
  current_ = operation;
  known_ = known;
}

bool Order::isBeforeCurrent(uint32_t operation) const {
  const Stamp& stamp = stamps_[operation];
  return stamp.chain < known_.size() && known_[stamp.chain] >= stamp.number;
}

void Order::reset() {
  *this = Order();
}

Order& order() {
  static Order instance;
  return instance;
}

}  // namespace lectern::cuda_runtime
