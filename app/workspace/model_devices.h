// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/model_store.h"
#include "core/base/result.h"
#include "core/engine/device_choice.h"
#include "kernels/backend.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lectern {

/// What would compute a model with a window of so many tokens, were it loaded now. Plain data.
struct ModelDevices {
  int64_t windowTokens = 0;
  ModelMemory needs;                ///< of a device that has all of it
  bool holdWindow = true;           ///< the devices; else a shorter one
  std::vector<DeviceShare> shares;  ///< what they hold, in the layers' order; never empty
  int64_t expertLayers = 0;
  int64_t stayingLayers = 0;             ///< of these; their experts stay with the processor
  int64_t stayingBytes = 0;              ///< of the computer's memory
  kernels::BackendProperties processor;  ///< where some stay
  std::string placement;                 ///< see Engine::placement
  std::string tooSmall;  ///< why the processor computes it, and not the cards; empty otherwise

  [[nodiscard]] bool onCards() const { return !shares.front().device.hostMemory; }
};

/// Foretells what opening a model would decide, without loading it. What this program has loaded
/// counts as let go of, as it is for the next model. Thread: one at a time, and not the window's: a
/// driver takes its time to wake up.
class DeviceForecast {
 public:
  /// Opens what models compute on. Errors: those of kernels::openBackend for an empty name.
  static Result<DeviceForecast> open();

  /// What models compute on where they fit; `reason`: why on nothing better.
  [[nodiscard]] kernels::BackendProperties device() const { return first_->properties(); }

  /// `windowTokens` and `cacheType` as EngineOptions has them. Errors: those of Engine::open before
  /// it loads.
  Result<ModelDevices> of(const std::filesystem::path& model,
                          int64_t windowTokens,
                          std::optional<kernels::DType> cacheType);

 private:
  using BackendPtr = std::shared_ptr<kernels::Backend>;

  explicit DeviceForecast(BackendPtr first) : first_(std::move(first)) {}

  BackendPtr first_;
  std::optional<std::vector<BackendPtr>> others_;  // once they were asked for
};

/// The windows of which it is said what they take of the memory: 32K, 128K and 256K, as far as the
/// model has them, or its own.
std::vector<int64_t> usualWindows(const ModelConfig& config);

}  // namespace lectern
