// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// Which operations (kernels, copies, fills) surely come before which. Operations of one chain (a
/// stream, or a branch of a graph) follow each other; between chains only events and the host's
/// waiting order them. A clock holds, for every chain, how many of its operations are known to be
/// over: a vector clock.
namespace lectern::cuda_runtime {

using Clock = std::vector<uint32_t>;

/// Takes over what `other` knows.
void merge(Clock& clock, const Clock& other);

class Order {
 public:
  uint32_t newChain() { return chains_++; }

  /// The next operation of the chain, and the clock that those after it start from: `known` grows
  /// by it.
  uint32_t newOperation(uint32_t chain, Clock& known, std::string name);

  /// From here until the next begin(), the operation that is executed.
  void begin(uint32_t operation, const Clock& known);

  uint32_t current() const { return current_; }

  /// Whether the operation is surely over when the current one runs.
  bool isBeforeCurrent(uint32_t operation) const;

  const std::string& name(uint32_t operation) const { return stamps_[operation].name; }

  void reset();

 private:
  struct Stamp {
    uint32_t chain = 0;
    uint32_t number = 0;
    std::string name;
  };

  uint32_t chains_ = 0;
  std::vector<uint32_t> lengths_;
  std::vector<Stamp> stamps_ = {Stamp{}};  // Operation 0 is "nobody".
  uint32_t current_ = 0;
  Clock known_;
};

Order& order();

}  // namespace lectern::cuda_runtime
