// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/operations.h"
#include "tests/kernels/cuda/kernel_device.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace lectern::kernels::cuda {

/// The sides of a model, as far as they decide what its operations ask of a card.
struct Sides {
  const char* name;
  int64_t hidden;
  int64_t inner;
  int64_t states;
  int64_t rank;
  int64_t heads;
  int64_t kvHeads;
  int64_t headDim;
  int64_t width;    ///< of the feed-forward network, and of an expert
  int64_t experts;  ///< 1: there are none
  int64_t topK;
  int64_t vocabulary;
};
constexpr Sides k3B{"3B", 2560, 5120, 16, 160, 20, 1, 128, 8192, 1, 1, 65536};
constexpr Sides kMini{"Mini", 4096, 8192, 16, 256, 32, 8, 128, 14336, 16, 2, 65536};

/// How much of an operation a case has. Strides and the inputs of products are the model's in both.
///   Slice  as many outputs, rows or tokens as make some sixteen blocks on a device of four
///          multiprocessors
///   Whole  all outputs, 512 tokens at once, a context of 32,768, on a device of kWholeCard
///          multiprocessors: for an engine that runs a sample of the blocks
enum class Extent : uint8_t { Slice, Whole };
constexpr int kWholeCard = 128;  // an RTX 4090 has as many
constexpr int kSampledBlocks = 32;

struct KernelCase {
  std::string shape;
  std::function<Operation(KernelDevice&)> make;
  int64_t position = 0;  ///< tokens in the cache before it
  /// That it may ask for, of its floor and of the fewest wavefronts: more only where the case says
  /// why.
  double mostSectors = 1.15;
  double mostWavefronts = 1.05;
};

/// A model's operations, one case a way of computing it: by type of weight, by how the cache is
/// kept, of one token and of many. Activations have no outliers, so there are no second terms
/// (device/gemv.cuh). A slice of a model with experts has fewer types of weights.
std::vector<KernelCase> kernelCases(const Sides& sides, Extent extent);

/// Blocks of a launch.
struct Grid {
  int64_t x = 1;
  int64_t y = 1;
  int64_t z = 1;
};

/// Bytes that the operation's kernels must ask for besides its floor (work.h), with the grids that
/// they had: what every block must bring in by itself, and what one kernel leaves for the next.
int64_t bytesBesidesFloor(const Operation& operation,
                          int64_t position,
                          const std::vector<Grid>& grids);

}  // namespace lectern::kernels::cuda
