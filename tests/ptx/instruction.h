// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/ptx/types.h"

#include <array>
#include <cstdint>

namespace lectern::ptx {

class Warp;

/// Where the 32 lanes of a value lie: the row of the warp's register file that it begins at, or for
/// a predicate the index of its mask. Constants and special registers have rows of their own,
/// filled before the kernel starts, so that an instruction reads all its sources alike.
struct Slot {
  static constexpr int kNone = -1;
  int32_t row = kNone;
  uint8_t bytes = 0;  ///< of one lane: 2, 4 or 8; 0 for a predicate
  bool negated = false;

  bool exists() const { return row != kNone; }
};

/// A decoded instruction: what to call, and all that it needs to know about its operands.
struct Instruction {
  /// Runs the instruction for the lanes whose bit is set.
  using Execute = void (*)(const Instruction&, Warp&, uint32_t lanes);

  /// Who acts: `execute` alone, or the warp's scheduler too.
  enum class Kind : uint8_t {
    Plain,
    Branch,         ///< to `target`
    IndexedBranch,  ///< to the targets list that begins at `target`, by slots[0]
    Call,           ///< of the function at `target`; execute copies the arguments
    Return,         ///< execute copies the result
    Exit,
    Collective,    ///< all lanes of a member mask at once: slots[kMembers], or all of the warp
    BlockBarrier,  ///< slots[0] is the barrier, slots[1] the thread count if any
    Nothing,       ///< a list among the instructions; not counted
  };

  static constexpr int kSlots = 16;
  static constexpr int kMembers = kSlots - 1;

  Execute execute = nullptr;
  Kind kind = Kind::Plain;
  Space space = Space::Generic;
  Type type = Type::None;
  Type sourceType = Type::None;
  Slot guard;
  /// Destinations first, then sources; the instruction's decoder says which is which.
  std::array<Slot, kSlots> slots;
  uint8_t count = 1;  ///< vector elements, matrices, …
  uint8_t mode = 0;   ///< an enumeration of the instruction's family
  bool flag = false;  ///< another yes or no of the family: .ftz, .trans
  Rounding rounding = Rounding::Nearest;
  int64_t offset = 0;      ///< of an address, or an immediate number
  int32_t target = -1;     ///< index of an instruction
  int32_t statement = -1;  ///< into Program::statements: text and place for reports
};

}  // namespace lectern::ptx
