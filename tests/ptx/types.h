// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lectern::ptx {

/// PTX's fundamental types and the packed ones of its half, eight-bit and tensor instructions.
enum class Type : uint8_t {
  None,
  B8,
  B16,
  B32,
  B64,
  U8,
  U16,
  U32,
  U64,
  S8,
  S16,
  S32,
  S64,
  F16,
  F16x2,
  Bf16,
  Bf16x2,
  Tf32,
  F32,
  F32x2,
  F64,
  E4m3x2,
  E5m2x2,
  Pred,
};

/// The type that a modifier such as "u32" names; nothing for a modifier that names none.
std::optional<Type> typeNamed(std::string_view modifier);
std::string_view nameOf(Type type);

/// Bytes of one value; a predicate has none, it is one bit of a mask.
int bytesOf(Type type);
bool isSigned(Type type);
/// F16, Bf16, Tf32, F32, F64: a single floating-point value.
bool isFloat(Type type);
/// One of the B types: bits without a meaning.
bool isBits(Type type);

/// PTX's state spaces. Generic addresses are host pointers, or lie in one of the windows of
/// memory.h.
enum class Space : uint8_t { Generic, Global, Const, Shared, Local, KernelParam, FunctionParam };

/// Where a value that lies between two neighbours goes: .rn, .rz, .rm, .rp, .rna.
enum class Rounding : uint8_t { Nearest, Zero, Down, Up, NearestAway };

}  // namespace lectern::ptx
