// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/ptx/decoding.h"

namespace lectern::ptx {

enum class FloatOperation : uint8_t {
  Add,
  Subtract,
  Multiply,
  MultiplyAdd,
  Divide,
  Minimum,
  Maximum,
  Negate,
  Absolute,
  CopySign,
  SquareRoot,
  Reciprocal,
  ReciprocalSquareRoot,
  Exp2,
  Log2,
  Sine,
  Cosine,
  Tanh,
};

/// Decodes a floating-point instruction whose type was taken already. False, with nothing done, for
/// any other type.
bool decodeFloating(Decoding& decoding, FloatOperation operation, Type type);

}  // namespace lectern::ptx
