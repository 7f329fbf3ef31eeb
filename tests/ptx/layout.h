// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "tests/ptx/program.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lectern::ptx {

/// An address as an instruction's operand names it: perhaps a register row, and a number.
struct SymbolAddress {
  Space space = Space::Global;
  Slot base;  ///< where only the launch knows the address: dynamic shared memory
  uint64_t offset = 0;
};

/// Gives every value and variable of a program its place: rows of the register file, bytes of
/// shared, local and parameter memory. One function at a time is the current one.
class Layout {
 public:
  Layout(const Module& module, const SymbolTable& symbols, Program& program);

  /// Places the registers and variables of a function when it is met first, and makes it current.
  void enter(const Function& function);
  const Function& function() const { return *function_; }
  const Module& module() const { return module_; }
  Program& program() { return program_; }

  Slot registerSlot(int index) const {
    return current_->registers[static_cast<std::size_t>(index)];
  }
  Slot constant(uint64_t bits, int bytes);
  Slot special(Special special, int bytes);
  /// A row that nobody reads.
  Slot scratch(int bytes) { return newValue(bytes); }
  static Slot truePredicate() { return {0, 0, false}; }
  /// Address of variable `index` of the current function.
  SymbolAddress variable(int index);
  /// Address of a variable at module scope; nothing where there is none.
  std::optional<SymbolAddress> symbol(const std::string& name);
  /// Offset in parameter memory of a function's variable.
  int64_t parameterOffset(const Function& function, int variable);

 private:
  struct Placement {
    std::vector<Slot> registers;
    std::vector<int64_t> variables;
  };
  Slot newValue(int bytes);
  Placement& place(const Function& function);
  int64_t placeVariable(const Variable& variable);

  const Module& module_;
  const SymbolTable& symbols_;
  Program& program_;
  const Function* function_ = nullptr;
  Placement* current_ = nullptr;
  std::map<const Function*, Placement> placements_;
  std::map<std::pair<uint64_t, int>, Slot> constants_;
  std::map<std::pair<Special, int>, Slot> specials_;
  std::map<std::string, int64_t> sharedSymbols_;
};

}  // namespace lectern::ptx
