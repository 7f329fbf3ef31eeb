// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "tests/ptx/instruction.h"
#include "tests/ptx/module.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lectern::ptx {

/// A value of the register file that is the same in every lane.
struct ConstantRow {
  Slot slot;
  uint64_t bits = 0;
};

enum class Special : uint8_t {
  TidX,
  TidY,
  TidZ,
  NtidX,
  NtidY,
  NtidZ,
  CtaidX,
  CtaidY,
  CtaidZ,
  NctaidX,
  NctaidY,
  NctaidZ,
  LaneId,
  WarpId,
  WarpCount,
  LaneMaskEq,
  LaneMaskLt,
  LaneMaskLe,
  LaneMaskGt,
  LaneMaskGe,
  DynamicSharedSize,
  TotalSharedSize,
  DynamicSharedStart,  ///< no register of PTX: the address of `.extern .shared` arrays
};

/// A value of the register file that is a special register.
struct SpecialRow {
  Slot slot;
  Special special = Special::TidX;
};

/// Bytes that a call moves within a thread's parameter memory: argument to parameter, result back.
struct ParameterCopy {
  int64_t from = 0;
  int64_t to = 0;
  int64_t bytes = 0;
};

/// What a statement was, for reports and counts.
struct StatementInfo {
  std::string name;   ///< fma.rn.f32
  int line = 0;       ///< of the PTX text
  std::string place;  ///< norm.cu:67, where compiled with -lineinfo
};

/// A kernel and all functions that it calls, decoded once and laid out for execution. Every
/// function has rows, local memory and parameter memory of its own, so lanes in different functions
/// do not meet, and a call needs no stack but return addresses. Hence no recursion.
struct Program {
  std::string name;
  std::vector<Instruction> code;
  std::vector<StatementInfo> statements;
  std::vector<ConstantRow> constants;
  std::vector<SpecialRow> specials;
  std::vector<ParameterCopy> copies;
  int32_t rows = 0;                  ///< of 32 × 4 bytes; an eight-byte value takes two
  int32_t predicates = 0;            ///< the first one is always true
  int64_t sharedBytes = 0;           ///< static; dynamic arrays follow
  int64_t localBytes = 0;            ///< of one thread
  int64_t parameterBytes = 0;        ///< of function calls, one thread's
  std::vector<Variable> parameters;  ///< of the kernel
  std::vector<int64_t> parameterOffsets;
  int64_t kernelParameterBytes = 0;
};

/// Where the module's variables lie, as addresses of their own state space's memory.
using SymbolTable = std::map<std::string, uint64_t>;

/// Links the kernel `name` of `module`. `symbols` holds the addresses of the module's .global and
/// .const variables.
///
/// Errors: NotFound for a kernel or a called function that is not there; InputRefused for an
/// instruction, a modifier or an operand that we do not model, named with its line.
Result<Program> linkProgram(const Module& module,
                            const std::string& name,
                            const SymbolTable& symbols);

}  // namespace lectern::ptx
