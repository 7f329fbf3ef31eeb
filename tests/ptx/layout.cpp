// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ptx/layout.h"

namespace lectern::ptx {
namespace {

int64_t reserve(int64_t& used, int64_t bytes, int64_t alignment) {
  const int64_t offset = (used + alignment - 1) / alignment * alignment;
  used = offset + bytes;
  return offset;
}

}  // namespace

Layout::Layout(const Module& module, const SymbolTable& symbols, Program& program)
    : module_(module), symbols_(symbols), program_(program) {
  program_.predicates = 1;
}

void Layout::enter(const Function& function) {
  function_ = &function;
  current_ = &place(function);
}

Layout::Placement& Layout::place(const Function& function) {
  const auto [found, isNew] = placements_.try_emplace(&function);
  Placement& placement = found->second;
  if (!isNew) return placement;
  for (const Register& declared : function.registers) {
    placement.registers.push_back(declared.type == Type::Pred
                                      ? Slot{program_.predicates++, 0, false}
                                      : newValue(bytesOf(declared.type)));
  }
  for (const Variable& variable : function.variables) {
    placement.variables.push_back(placeVariable(variable));
  }
  return placement;
}

Slot Layout::newValue(int bytes) {
  const Slot slot{program_.rows, static_cast<uint8_t>(bytes), false};
  program_.rows += bytes > 4 ? 2 : 1;
  return slot;
}

int64_t Layout::placeVariable(const Variable& variable) {
  switch (variable.space) {
    case Space::Shared:
      return reserve(program_.sharedBytes, variable.sizeBytes, variable.alignment);
    case Space::Local:
      return reserve(program_.localBytes, variable.sizeBytes, variable.alignment);
    case Space::KernelParam: {
      const int64_t offset =
          reserve(program_.kernelParameterBytes, variable.sizeBytes, variable.alignment);
      program_.parameters.push_back(variable);
      program_.parameterOffsets.push_back(offset);
      return offset;
    }
    default:
      return reserve(program_.parameterBytes, variable.sizeBytes, variable.alignment);
  }
}

Slot Layout::constant(uint64_t bits, int bytes) {
  if (bytes < 8) bits &= (uint64_t{1} << (8 * bytes)) - 1;
  const auto [found, isNew] = constants_.try_emplace({bits, bytes});
  if (isNew) {
    found->second = newValue(bytes);
    program_.constants.push_back({found->second, bits});
  }
  return found->second;
}

Slot Layout::special(Special special, int bytes) {
  const auto [found, isNew] = specials_.try_emplace({special, bytes});
  if (isNew) {
    found->second = newValue(bytes);
    program_.specials.push_back({found->second, special});
  }
  return found->second;
}

SymbolAddress Layout::variable(int index) {
  const auto at = static_cast<std::size_t>(index);
  return {function_->variables[at].space, {}, static_cast<uint64_t>(current_->variables[at])};
}

std::optional<SymbolAddress> Layout::symbol(const std::string& name) {
  const auto declared = module_.variables.find(name);
  if (declared == module_.variables.end()) return std::nullopt;
  const Variable& variable = declared->second;
  if (variable.space != Space::Shared) {
    const auto address = symbols_.find(name);
    if (address == symbols_.end()) return std::nullopt;
    return SymbolAddress{variable.space, {}, address->second};
  }
  if (variable.dynamic)
    return SymbolAddress{Space::Shared, special(Special::DynamicSharedStart, 8), 0};
  const auto [found, isNew] = sharedSymbols_.try_emplace(name, 0);
  if (isNew) found->second = placeVariable(variable);
  return SymbolAddress{Space::Shared, {}, static_cast<uint64_t>(found->second)};
}

int64_t Layout::parameterOffset(const Function& function, int variable) {
  return place(function).variables[static_cast<std::size_t>(variable)];
}

}  // namespace lectern::ptx
