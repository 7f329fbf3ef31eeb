// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/ptx/types.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lectern::ptx {

/// An address of another variable inside an initialiser.
struct AddressInitializer {
  int64_t offset = 0;  ///< in the variable that is initialised
  std::string symbol;
  int64_t addend = 0;
};

/// A variable of any state space: module scope, function scope, a parameter.
struct Variable {
  std::string name;
  Space space = Space::Global;
  int64_t sizeBytes = 0;
  int64_t alignment = 1;
  std::vector<uint8_t> initial;  ///< at most sizeBytes; what is missing is zero
  std::vector<AddressInitializer> addresses;
  bool dynamic = false;  ///< `.extern .shared name[]`: begins where the kernel's own arrays end
};

/// A line of CUDA source, from `-lineinfo`'s .loc. Inlined code knows where it was inlined.
struct Location {
  int file = 0;
  int line = 0;
  int column = 0;
  int inlinedAt = -1;  ///< index into Module::locations
};

struct OperandText {
  enum class Kind : uint8_t {
    Register,  ///< `index` into Function::registers
    Variable,  ///< `index` into Function::variables (scoped names are resolved by the parser)
    Label,     ///< `index` is the statement that it stands before
    Special,   ///< `name`: %tid.x
    Symbol,    ///< `name` of something at module scope
    Integer,   ///< `bits`
    Float32,   ///< `bits`: 0f…
    Float64,   ///< `bits`: 0d… and decimal fractions
    Address,   ///< parts[0] is the base, if any, `bits` the offset
    Vector,    ///< parts
    Pair,      ///< parts: the two destinations of d|p
    List,      ///< parts: call's parameters in parentheses
    Sink,      ///< _
  };
  Kind kind = Kind::Integer;
  int index = -1;
  uint64_t bits = 0;
  bool negated = false;  ///< !%p
  std::string name;
  std::vector<OperandText> parts;
};

/// One instruction as it was written. A `.branchtargets` list stands among them as well, with that
/// as its opcode and its labels as operands.
struct Statement {
  std::string opcode;                  ///< the word before the first dot
  std::vector<std::string> modifiers;  ///< the words after it, in order
  std::vector<OperandText> operands;
  int guard = -1;  ///< register index of @%p
  bool guardNegated = false;
  int line = 0;       ///< in the PTX text
  int location = -1;  ///< into Module::locations

  std::string fullName() const {
    std::string name = opcode;
    for (const std::string& modifier : modifiers) name.append(".").append(modifier);
    return name;
  }
};

struct Register {
  std::string name;
  Type type = Type::None;
};

struct Function {
  std::string name;
  bool isEntry = false;
  bool isDefined = false;  ///< has a body, here and not in another module
  std::vector<Register> registers;
  std::vector<Variable> variables;  ///< of .param, .shared and .local, in the order of the text
  std::vector<int> parameters;      ///< indices into variables
  std::vector<int> results;         ///< at most one
  std::vector<Statement> statements;
};

/// What one PTX text declares.
struct Module {
  std::string target;  ///< sm_80
  std::map<std::string, Function> functions;
  std::map<std::string, Variable> variables;
  std::map<int, std::string> files;
  std::vector<Location> locations;

  /// "norm.cu:67", or "gpu.h:50, inlined at norm.cu:67"; empty where there is no line information.
  std::string describe(int location) const;
};

}  // namespace lectern::ptx
