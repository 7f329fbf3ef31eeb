// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ptx/decoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace lectern::ptx {
namespace {

constexpr std::pair<std::string_view, Special> kSpecials[] = {
    {"%tid.x", Special::TidX},
    {"%tid.y", Special::TidY},
    {"%tid.z", Special::TidZ},
    {"%ntid.x", Special::NtidX},
    {"%ntid.y", Special::NtidY},
    {"%ntid.z", Special::NtidZ},
    {"%ctaid.x", Special::CtaidX},
    {"%ctaid.y", Special::CtaidY},
    {"%ctaid.z", Special::CtaidZ},
    {"%nctaid.x", Special::NctaidX},
    {"%nctaid.y", Special::NctaidY},
    {"%nctaid.z", Special::NctaidZ},
    {"%laneid", Special::LaneId},
    {"%warpid", Special::WarpId},
    {"%nwarpid", Special::WarpCount},
    {"%lanemask_eq", Special::LaneMaskEq},
    {"%lanemask_lt", Special::LaneMaskLt},
    {"%lanemask_le", Special::LaneMaskLe},
    {"%lanemask_gt", Special::LaneMaskGt},
    {"%lanemask_ge", Special::LaneMaskGe},
    {"%dynamic_smem_size", Special::DynamicSharedSize},
    {"%total_smem_size", Special::TotalSharedSize},
};

// Registers narrower than two bytes do not exist: eight-bit values live in 16-bit registers.
int registerBytes(Type type) {
  return std::max(bytesOf(type), 2);
}

}  // namespace

Decoding::Decoding(Layout& layout, const Statement& statement)
    : layout_(layout),
      statement_(statement),
      left_(statement.modifiers.begin(), statement.modifiers.end()),
      used_(statement.operands.size()) {
  if (statement.guard >= 0) {
    instruction.guard = layout.registerSlot(statement.guard);
    instruction.guard.negated = statement.guardNegated;
  }
}

bool Decoding::take(std::string_view modifier) {
  const auto found = std::find(left_.begin(), left_.end(), modifier);
  if (found == left_.end()) return false;
  left_.erase(found);
  return true;
}

void Decoding::need(std::string_view modifier) {
  if (!take(modifier)) fail(fmt::format(".{} is expected", modifier));
}

std::optional<Type> Decoding::takeTypeIf() {
  for (auto word = left_.begin(); word != left_.end(); ++word) {
    if (const std::optional<Type> type = typeNamed(*word)) {
      left_.erase(word);
      return type;
    }
  }
  return std::nullopt;
}

Type Decoding::takeType() {
  if (const std::optional<Type> type = takeTypeIf()) return *type;
  fail("a type is expected");
  return Type::B32;
}

Rounding Decoding::takeRounding() {
  return takeOneOf<Rounding>({{"rn", Rounding::Nearest},
                              {"rz", Rounding::Zero},
                              {"rm", Rounding::Down},
                              {"rp", Rounding::Up},
                              {"rna", Rounding::NearestAway}})
      .value_or(Rounding::Nearest);
}

const OperandText& Decoding::operand(std::size_t index) {
  if (index >= statement_.operands.size()) return missing_;
  used_[index] = true;
  return statement_.operands[index];
}

void Decoding::fail(std::string_view what) {
  if (!mistake_) mistake_ = std::string(what);
}

void Decoding::unsupportedType(Type type) {
  fail(fmt::format("the type .{} is not modelled for this instruction", nameOf(type)));
}

std::optional<std::string> Decoding::finish() {
  if (!left_.empty()) fail(fmt::format("the modifier .{} is not modelled", left_.front()));
  if (std::find(used_.begin(), used_.end(), false) != used_.end()) {
    fail("more operands than this form of the instruction has here");
  }
  if (!mistake_ && instruction.execute == nullptr) fail("the decoder chose nothing to run");
  return mistake_;
}

Slot Decoding::registerSlot(const OperandText& text, Type type, bool exact) {
  Slot slot = layout_.registerSlot(text.index);
  slot.negated = text.negated;
  const int wanted = type == Type::Pred ? 0 : registerBytes(type);
  const bool isPredicate = slot.bytes == 0;
  if (isPredicate != (wanted == 0) || (exact ? slot.bytes != wanted : slot.bytes < wanted)) {
    fail(fmt::format("the register {} does not have the width of .{}", text.name, nameOf(type)));
  }
  return slot;
}

Slot Decoding::constant(const OperandText& text, Type type) {
  uint64_t bits = text.bits;
  if (type == Type::Pred) {
    Slot slot = Layout::truePredicate();
    slot.negated = bits == 0;
    return slot;
  }
  using Kind = OperandText::Kind;
  if (text.kind == Kind::Float64 && type == Type::F32) {
    bits = std::bit_cast<uint32_t>(static_cast<float>(std::bit_cast<double>(bits)));
  } else if (text.kind == Kind::Float32 && type == Type::F64) {
    bits = std::bit_cast<uint64_t>(
        static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(bits))));
  }
  return layout_.constant(bits, registerBytes(type));
}

Slot Decoding::sourceOf(const OperandText& text, Type type, bool exact) {
  using Kind = OperandText::Kind;
  switch (text.kind) {
    case Kind::Register:
      return registerSlot(text, type, exact);
    case Kind::Integer:
    case Kind::Float32:
    case Kind::Float64:
      return constant(text, type);
    case Kind::Special:
      for (const auto& [name, special] : kSpecials) {
        if (name == text.name) return layout_.special(special, registerBytes(type));
      }
      fail(fmt::format("the special register {} is not modelled", text.name));
      return {0, 8, false};
    case Kind::Variable:
    case Kind::Symbol: {
      const std::optional<SymbolAddress> address =
          text.kind == Kind::Variable ? layout_.variable(text.index) : layout_.symbol(text.name);
      if (!address) {
        fail(fmt::format("{} is not declared", text.name));
        return {0, 8, false};
      }
      if (!address->base.exists()) {
        return layout_.constant(address->offset + text.bits, registerBytes(type));
      }
      if (text.bits != 0) fail("an offset to dynamic shared memory is not modelled");
      return layout_.special(Special::DynamicSharedStart, registerBytes(type));
    }
    default:
      fail("an operand is missing, or of a form that is not modelled here");
      return {0, 8, false};
  }
}

Slot Decoding::destinationOf(const OperandText& text, Type type, bool exact) {
  if (text.kind == OperandText::Kind::Sink) {
    return type == Type::Pred ? Slot{layout_.program().predicates++, 0, false}
                              : layout_.scratch(registerBytes(type));
  }
  if (text.kind == OperandText::Kind::Register && !text.negated) {
    return registerSlot(text, type, exact);
  }
  fail("a register is expected as destination");
  return {0, 8, false};
}

int Decoding::vector(
    std::size_t index, Type type, std::size_t first, bool isDestination, bool exact) {
  const OperandText& text = operand(index);
  const bool isVector = text.kind == OperandText::Kind::Vector;
  const std::size_t count = isVector ? text.parts.size() : 1;
  if (first + count > Instruction::kMembers) {
    fail("more vector elements than are modelled");
    return 0;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const OperandText& part = isVector ? text.parts[i] : text;
    instruction.slots[first + i] =
        isDestination ? destinationOf(part, type, exact) : sourceOf(part, type, exact);
  }
  return static_cast<int>(count);
}

uint64_t Decoding::immediate(std::size_t index) {
  const OperandText& text = operand(index);
  if (!hasOperand(index) || text.kind != OperandText::Kind::Integer) fail("a number is expected");
  return text.bits;
}

void Decoding::address(std::size_t index, std::size_t slot) {
  const OperandText& text = operand(index);
  if (text.kind != OperandText::Kind::Address) return fail("an address is expected");
  instruction.offset = static_cast<int64_t>(text.bits);
  instruction.slots[slot] = Slot{};
  if (text.parts.empty()) return;
  const OperandText& base = text.parts[0];
  if (base.kind == OperandText::Kind::Register) {
    instruction.slots[slot] = layout_.registerSlot(base.index);
    if (instruction.slots[slot].bytes < 4) fail("an address register is too narrow");
    return;
  }
  std::optional<SymbolAddress> address;
  if (base.kind == OperandText::Kind::Variable) address = layout_.variable(base.index);
  if (base.kind == OperandText::Kind::Symbol) address = layout_.symbol(base.name);
  if (!address) return fail(fmt::format("{} is not declared", base.name));
  if (instruction.space == Space::Generic) instruction.space = address->space;
  // ld.param reads a kernel's parameters or a function's: the variable knows.
  const bool isParameter =
      instruction.space == Space::KernelParam || instruction.space == Space::FunctionParam;
  if (isParameter) instruction.space = address->space;
  instruction.slots[slot] = address->base;
  instruction.offset += static_cast<int64_t>(address->offset);
}

}  // namespace lectern::ptx
