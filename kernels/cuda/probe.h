// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lectern::kernels::cuda {

/// What the runtime tells about the driver. Versions as CUDA counts them: 13000 is 13.0; 0 is no
/// driver.
struct DriverFacts {
  int status = 0;  ///< a cudaError_t
  int driverVersion = 0;
  int runtimeVersion = 0;
  int cards = 0;
};

/// What it tells about a card.
struct CardFacts {
  std::string name;
  int major = 0;  ///< of its compute capability
  int minor = 0;
  int multiprocessors = 0;
  int64_t memoryBytes = 0;
  bool isProhibited = false;  ///< its owner lets nobody compute on it
};

/// Our kernels need cp.async and bfloat16 products on tensor cores.
inline constexpr int kLeastMajor = 8;
/// A card that drives a display keeps some hundred MiB of its memory, and the runtime as much.
inline constexpr int64_t kLeastMemoryBytes = int64_t{2} << 30;

/// Why there is no card to use, as a sentence for the user; empty where there are some.
std::string whyNoCard(const DriverFacts& facts);
/// Why the card cannot be used; empty where it can.
std::string whyNotUsable(const CardFacts& facts);

/// The cards of this machine, usable or not, in the driver's order. Touches no card: takes a
/// millisecond. Errors: NotFound, with the sentence of whyNoCard.
Result<std::vector<CardFacts>> findCards();

}  // namespace lectern::kernels::cuda
