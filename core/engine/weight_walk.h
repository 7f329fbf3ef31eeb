// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/engine/devices.h"
#include "core/engine/placement.h"
#include "core/engine/weights.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

namespace lectern {

enum class WeightPass : uint8_t {
  Check,    ///< names, shapes and types
  Values,   ///< and whether every number is one
  Measure,  ///< as Check; how much memory they take once they are packed
  Pack,     ///< as Values, into that memory
  Map,      ///< as Check; they lie in that memory already
};

/// Where weights go, one behind the other.
struct WeightPlace {
  kernels::Backend* backend = nullptr;  ///< packs them
  char* memory = nullptr;
  /// Memory of the backend that they are packed in before they come to `memory`, which then is the
  /// host's; holds the largest of them. Null: `memory` is the backend's.
  char* through = nullptr;
  int64_t placedBytes = 0;   ///< with what aligns them
  int64_t largestBytes = 0;  ///< of one of them
};

/// The places of a model on devices.
struct WeightPlaces {
  std::vector<WeightPlace> parts;     ///< of the layers of each part
  WeightPlace staying;                ///< of experts that stay, for the processor
  std::vector<WeightPlace> streamed;  ///< of the same, as each part's device packs them
};

/// Places with backends and without memory.
WeightPlaces placesOn(const Devices& devices);

struct WeightWalk {
  std::shared_ptr<Weights> weights;
  WeightPlaces places;
  ModelNeeds needs;  ///< of one device; states and working memory are not in it
};

/// Walks through the tensors that a config asks for, in one order, and places each behind the one
/// before it. Devices and places are there for the last three passes, and memory for the last two;
/// Measure may have an address that stands for some. Errors: those of Weights::load.
Result<WeightWalk> walkWeights(WeightPass pass,
                               const ModelFolder& folder,
                               const ModelConfig& config,
                               const Devices& devices,
                               WeightPlaces places,
                               const LoadOptions& options,
                               std::stop_token stop);

}  // namespace lectern
