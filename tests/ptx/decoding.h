// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/ptx/instruction.h"
#include "tests/ptx/layout.h"
#include "tests/ptx/module.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace lectern::ptx {

/// One statement on its way to an Instruction. An instruction's decoder takes the modifiers that it
/// understands and asks for its operands; what nobody took makes the statement an error, so nothing
/// that was written is ignored. The first mistake is kept; slots asked for after it are harmless.
class Decoding {
 public:
  Decoding(Layout& layout, const Statement& statement);

  // Modifiers.
  std::string_view opcode() const { return statement_.opcode; }
  /// Whether the modifier is there; each is taken once.
  bool take(std::string_view modifier);
  /// One of the modifiers, or a mistake.
  void need(std::string_view modifier);
  /// The next modifier that names a type.
  std::optional<Type> takeTypeIf();
  Type takeType();
  /// .rn .rz .rm .rp .rna, or Nearest where none is written.
  Rounding takeRounding();
  template <class Value>
  std::optional<Value> takeOneOf(
      std::initializer_list<std::pair<std::string_view, Value>> choices) {
    for (const auto& [word, value] : choices) {
      if (take(word)) return value;
    }
    return std::nullopt;
  }

  // Operands, counted from zero.
  std::size_t operandCount() const { return statement_.operands.size(); }
  const OperandText& operand(std::size_t index);
  /// A register, constant, special register or address, as wide as the type.
  Slot source(std::size_t index, Type type) { return sourceOf(operand(index), type, true); }
  Slot destination(std::size_t index, Type type) {
    return destinationOf(operand(index), type, true);
  }
  /// The same for an instruction that lets the register be wider than the type: ld, st, cvt.
  Slot wideSource(std::size_t index, Type type) { return sourceOf(operand(index), type, false); }
  Slot wideDestination(std::size_t index, Type type) {
    return destinationOf(operand(index), type, false);
  }
  /// The same for a part of an operand: an element of a vector, one of d|p.
  Slot sourceOf(const OperandText& text, Type type, bool exact);
  Slot destinationOf(const OperandText& text, Type type, bool exact);
  /// The parts of a vector operand, or the operand itself, into slots from `first` on. Answers how
  /// many.
  int vector(std::size_t index, Type type, std::size_t first, bool isDestination, bool exact);
  /// An immediate number.
  uint64_t immediate(std::size_t index);
  /// The base register into `slots[slot]`, the rest into `offset`.
  void address(std::size_t index, std::size_t slot);
  bool hasOperand(std::size_t index) const { return index < operandCount(); }

  void fail(std::string_view what);
  void unsupportedType(Type type);
  /// The mistake, if any; a modifier or an operand that nobody took is one.
  std::optional<std::string> finish();

  const Statement& statement() const { return statement_; }
  Layout& layout() { return layout_; }

  Instruction instruction;

 private:
  Slot constant(const OperandText& text, Type type);
  Slot registerSlot(const OperandText& text, Type type, bool exact);

  Layout& layout_;
  const Statement& statement_;
  std::vector<std::string_view> left_;
  std::vector<bool> used_;  ///< beside the operands
  std::optional<std::string> mistake_;
  OperandText missing_{OperandText::Kind::List, -1, 0, false, {}, {}};
};

using Decoder = void (*)(Decoding&);
using DecoderTable = std::unordered_map<std::string_view, Decoder>;

// The families of instructions, each in the file of its name.
void addArithmetic(DecoderTable& table);
void addAsyncCopy(DecoderTable& table);
void addAtomics(DecoderTable& table);
void addBitFields(DecoderTable& table);
void addComparison(DecoderTable& table);
void addControl(DecoderTable& table);
void addConversion(DecoderTable& table);
void addFloating(DecoderTable& table);
void addLogic(DecoderTable& table);
void addMemory(DecoderTable& table);
void addMatrix(DecoderTable& table);
void addWarpExchange(DecoderTable& table);

}  // namespace lectern::ptx
