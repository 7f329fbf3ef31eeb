// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/operations.h"

#include <cstdint>
#include <vector>

namespace lectern::kernels {

/// Places a forward pass's intermediate results in one piece of memory, before the first token. The
/// pass is walked through once with placeholders for addresses; slots whose lives do not meet share
/// their place.
class ArenaPlanner {
 public:
  /// A slot of that many bytes; the answer is an address that stands for it and must not be
  /// touched.
  void* addSlot(int64_t bytes);
  /// The next operation of the pass.
  void use(const Operation& operation);
  /// What the slot of this address holds is also read after the last operation.
  void useAtEnd(const void* address);
  /// Assigns the places, 64-byte aligned, greedily by falling size; returns the bytes of the whole
  /// arena. A slot that no operation uses gets none.
  int64_t plan();
  /// The place that a placeholder got, from the start of the arena.
  [[nodiscard]] int64_t offsetOf(const void* placeholder) const;

 private:
  struct Slot {
    int64_t bytes = 0;
    int firstUse = -1;
    int lastUse = -1;
    int64_t offset = -1;
  };

  // Placeholders lie in a range that no process maps, one after the other, each `kSpan` apart.
  [[nodiscard]] int slotOf(const void* address) const;

  std::vector<Slot> slots_;
  int operations_ = 0;
};

}  // namespace lectern::kernels
