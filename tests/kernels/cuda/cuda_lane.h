// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/kernels/suite/lane.h"

namespace lectern::kernels {

/// What our kernels promise. The hardware's exp2 is off by two units, and what it is asked for by
/// the rounding of x · log₂ e (CUDA C++ Programming Guide 17.2, __expf: 2 + ⌊|1.173 x|⌋ units);
/// 87 is the largest exponent that float32 has a power of.
inline Lane cudaLane() {
  Lane lane;
  lane.hasThreads = false;
  lane.keepsBits = false;
  lane.roundsFrom = 1 << 19;
  lane.halvesError = 0x1p-17;  // of two terms
  lane.attentionRounds = true;
  lane.unitsPerExponent = 1.5 + 1.173;
  lane.unitsOfFunctions = 4 + 1.173 * 87;
  return lane;
}

}  // namespace lectern::kernels
