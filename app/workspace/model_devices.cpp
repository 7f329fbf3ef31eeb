// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/model_devices.h"

#include "core/engine/cache_type.h"
#include "core/model_file/model_folder.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace lectern {

Result<DeviceForecast> DeviceForecast::open() {
  return DeviceForecast(TRY(kernels::openBackend({}, 1)));
}

Result<ModelDevices> DeviceForecast::of(const std::filesystem::path& model,
                                        int64_t windowTokens,
                                        std::optional<kernels::DType> cacheType) {
  const auto files = TRY(ModelFolder::open(model));
  const ModelConfig config = TRY(parseModelConfig(files->config(), files->configFile().string()));
  const int64_t madeFor = config.maxPositionEmbeddings;
  DeviceNeeds needs;
  needs.cacheType = cacheType.value_or(usualCacheType(config));
  needs.windowTokens = windowTokens > 0 ? std::min(windowTokens, madeFor) : madeFor;
  needs.heldIsFree = true;

  const auto others = [this] {
    if (!others_) others_ = otherCards({}, *first_);
    return *others_;
  };
  const auto openProcessor = []() -> Result<BackendPtr> {
    return BackendPtr(TRY(kernels::openBackend("cpu", 1)));
  };
  ModelDevices devices;
  auto chosen = chooseDevices(*files, config, needs, {first_}, others, openProcessor);
  if (!chosen) {
    const BackendPtr processor = TRY(processorInstead({}, 1, *first_, chosen.error()));
    devices.tooSmall = processor->properties().reason;
    chosen = chooseDevices(*files, config, needs, {processor}, {}, {});
  }
  if (!chosen) return chosen.error();

  devices.windowTokens = needs.windowTokens;
  devices.needs = chosen->needs;
  devices.holdWindow = chosen->holdWindow;
  devices.shares = std::move(chosen->shares);
  devices.expertLayers =
      std::ranges::count(config.layers, FeedForward::Experts, &LayerKind::feedForward);
  devices.stayingLayers = std::ranges::count(chosen->devices.expertsStay, true);
  devices.stayingBytes = chosen->stayingBytes;
  if (chosen->devices.processor) devices.processor = chosen->devices.processor->properties();
  devices.placement = std::move(chosen->placement);
  return devices;
}

std::vector<int64_t> usualWindows(const ModelConfig& config) {
  const std::array<int64_t, 3> usual = {32'768, 131'072, 262'144};
  const int64_t last = std::min(config.maxPositionEmbeddings, usual.back());
  std::vector<int64_t> windows;
  std::ranges::copy_if(usual, std::back_inserter(windows),
                       [last](int64_t tokens) { return tokens < last; });
  windows.push_back(last);
  return windows;
}

}  // namespace lectern
