// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/engine/devices.h"
#include "core/engine/memory_needs.h"
#include "core/engine/model_config.h"
#include "core/engine/placement.h"
#include "core/model_file/model_folder.h"
#include "kernels/backend.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lectern {

/// What of a model decides which memory it takes.
struct DeviceNeeds {
  std::optional<kernels::DType> matrixType;  ///< see LoadOptions
  kernels::DType cacheType = kernels::DType::F32;
  int64_t windowTokens = 0;
  /// In place of what this program has loaded: memory that it holds counts as free.
  bool heldIsFree = false;
};

/// What the whole model would take of one graphics card like this one, with what it keeps free; by
/// shapes alone. Errors: those of Weights::shapes.
Result<ModelNeeds> needsOnCard(const ModelFolder& model,
                               const ModelConfig& config,
                               const DeviceNeeds& needs,
                               kernels::Backend& card);

/// The cards that may help the one that openBackend opened for a name: all others where the name is
/// "cuda", or empty and so is $LECTERN_BACKEND, and none of a host's backend. Those that do not
/// open are left out.
std::vector<std::shared_ptr<kernels::Backend>> otherCards(const std::string& name,
                                                          const kernels::Backend& opened);

/// The processor, for a model that was refused by the cards that openBackend opened for a name;
/// its `properties().reason` says why. Errors: `refusal`, where it is no matter of memory, or the
/// user asked for that name.
Result<std::shared_ptr<kernels::Backend>> processorInstead(const std::string& name,
                                                           int threads,
                                                           const kernels::Backend& opened,
                                                           const Error& refusal);

/// What of a model is on one device.
struct DeviceShare {
  kernels::BackendProperties device;  ///< before it is loaded
  LayerRange layers;
  /// `workingBytes` with the room that experts are sent to, and what is kept free.
  ModelMemory memory;
};

struct ChosenDevices {
  Devices devices;
  /// What computes which layers, and why not one device all of them: sentences for the user; empty
  /// where one does.
  std::string placement;
  ModelMemory needs;                ///< of a device that has all of it
  bool holdWindow = true;           ///< else one of kLeastWindowTokens, which may come to its end
  std::vector<DeviceShare> shares;  ///< of `devices.parts`, with the window that they hold
  int64_t stayingBytes = 0;         ///< of the host's memory, by experts that stay there
};

/// Graphics cards keep so much free: kernels are loaded as they are first used, recorded steps take
/// memory of the driver, and displays come and go.
constexpr int64_t kSpareBytes = int64_t{64} << 20;

/// Decides where a model goes (core/engine/placement.h), before anything is loaded: on the first
/// device, if it holds all of it or is the host; else on that and those that `others` opens; the
/// processor that computes experts that stay is opened by `openProcessor`. Where a whole window
/// does not fit, with one of kLeastWindowTokens. Errors: OutOfMemory, with what it takes, what is
/// free, and what would fit; those of the functions.
Result<ChosenDevices> chooseDevices(
    const ModelFolder& model,
    const ModelConfig& config,
    const DeviceNeeds& needs,
    std::vector<std::shared_ptr<kernels::Backend>> devices,
    const std::function<std::vector<std::shared_ptr<kernels::Backend>>()>& others,
    const std::function<Result<std::shared_ptr<kernels::Backend>>()>& openProcessor);

}  // namespace lectern
