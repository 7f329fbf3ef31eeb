// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/device_choice.h"

#include "core/engine/placement.h"
#include "core/engine/stage.h"
#include "core/engine/state_view.h"
#include "core/engine/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <utility>

namespace lectern {

namespace {

using BackendPtr = std::shared_ptr<kernels::Backend>;

// Fixed states twice, for what was read and for the question behind it, which has a page of its own
// in each attention layer.
int64_t stateBytes(const ModelConfig& config, LayerKind layer, const DeviceNeeds& needs) {
  if (layer.mixer == Mixer::Mamba) return 2 * StateView::fixedBytes(config);
  const int64_t pages = StateView::pagesFor(needs.windowTokens);
  const auto table = pages * static_cast<int64_t>(sizeof(void*));
  return (pages + 1) * StateView::pageBytes(config, needs.cacheType) + 2 * table;
}

class Choice {
 public:
  Choice(const ModelFolder& model, const ModelConfig& config, const DeviceNeeds& needs)
      : model_(model), config_(config), needs_(needs) {}

  // Cards of one machine pack alike.
  Result<void> measure(kernels::Backend& card) {
    whole_ = TRY(needsOnCard(model_, config_, needs_, card));
    return {};
  }

  [[nodiscard]] ModelMemory needs() const {
    return split(whole_.bytes(), config_.allLayers(), whole_.working);
  }

  // What the processor would take of the host's memory for experts.
  Result<void> measureStaying(kernels::Backend& processor) {
    staying_ = TRY(Weights::shapes(model_, config_, processor, needs_.matrixType)).needs.layers;
    hostFreeBytes_ = processor.properties().memoryFreeBytes;
    if (hostFreeBytes_ <= 0) hostFreeBytes_ = std::numeric_limits<int64_t>::max();
    return {};
  }

  [[nodiscard]] std::optional<Placement> on(const std::vector<BackendPtr>& devices) const {
    std::optional<Placement> placement = place(whole_, freeBytes(devices));
    if (!placement || stayingBytes(*placement) <= hostFreeBytes_) return placement;
    placement = place(whole_, freeBytes(devices), /*maySend=*/false);
    if (!placement || stayingBytes(*placement) <= hostFreeBytes_) return placement;
    return std::nullopt;
  }

  [[nodiscard]] Error refusal(const std::vector<BackendPtr>& devices) const {
    int64_t free = 0;
    std::string names;
    for (const BackendPtr& device : devices) {
      const kernels::BackendProperties properties = propertiesOf(*device);
      free += std::max<int64_t>(0, properties.memoryFreeBytes - whole_.working);
      names +=
          fmt::format("{}{} ({})", names.empty() ? "" : ", ", properties.name, properties.device);
    }
    const ModelMemory needs = this->needs();
    int64_t experts = 0;
    for (const LayerNeeds& layer : whole_.layers) experts += layer.experts;
    std::string where = fmt::format(" on {}", names);
    if (experts > 0) {
      where += fmt::format("; its experts, {:.1f} GB of that, may stay in the computer's memory",
                           static_cast<double>(experts) / 1e9);
      if (hostFreeBytes_ < std::numeric_limits<int64_t>::max()) {
        where +=
            fmt::format(", which has {:.1f} GB free", static_cast<double>(hostFreeBytes_) / 1e9);
      }
    }
    const auto refused =
        checkFits(model_, needs, std::min(free + whole_.working, needs.bytes() - 1), where);
    return refused.error();
  }

  [[nodiscard]] std::string words(const Placement& placement,
                                  const std::vector<BackendPtr>& devices,
                                  const BackendPtr& processor) const {
    std::vector<DeviceWords> list;
    for (const BackendPtr& device : devices) {
      const kernels::BackendProperties properties = propertiesOf(*device);
      list.push_back({properties.name, properties.memoryFreeBytes});
    }
    return describe(whole_, placement, list,
                    processor != nullptr ? processor->properties().name : "");
  }

  [[nodiscard]] std::vector<DeviceShare> shares(const Placement& placement,
                                                const std::vector<BackendPtr>& devices) const {
    std::vector<DeviceShare> list;
    for (const Placement::Part& part : placement.parts) {
      list.push_back({propertiesOf(*devices[part.device]), part.layers,
                      split(bytesOf(whole_, placement, part), part.layers,
                            whole_.working + roomOf(whole_, placement, part))});
    }
    return list;
  }

  // Of the host's memory.
  [[nodiscard]] int64_t stayingBytes(const Placement& placement) const {
    int64_t bytes = 0;
    for (size_t i = 0; i < placement.expertsStay.size(); ++i) {
      if (!placement.expertsStay[i]) continue;
      bytes += i < staying_.size() ? staying_[i].experts : whole_.layers[i].experts;
      if (placement.streams) bytes += whole_.layers[i].experts;
    }
    return bytes;
  }

 private:
  [[nodiscard]] kernels::BackendProperties propertiesOf(const kernels::Backend& device) const {
    kernels::BackendProperties properties = device.properties();
    if (needs_.heldIsFree) properties.memoryFreeBytes += properties.memoryHeldBytes;
    return properties;
  }
  [[nodiscard]] ModelMemory split(int64_t bytes, LayerRange layers, int64_t working) const {
    ModelMemory memory;
    memory.workingBytes = working;
    for (int64_t i = layers.first; i < layers.end; ++i) {
      memory.windowBytes += whole_.layers[static_cast<size_t>(i)].states;
    }
    memory.weightBytes = bytes - memory.windowBytes - memory.workingBytes;
    return memory;
  }
  [[nodiscard]] std::vector<int64_t> freeBytes(const std::vector<BackendPtr>& devices) const {
    std::vector<int64_t> list;
    for (const BackendPtr& device : devices) {
      const int64_t bytes = propertiesOf(*device).memoryFreeBytes;
      list.push_back(bytes > 0 ? bytes : std::numeric_limits<int64_t>::max());
    }
    return list;
  }

  const ModelFolder& model_;
  const ModelConfig& config_;
  DeviceNeeds needs_;
  ModelNeeds whole_;
  std::vector<LayerNeeds> staying_;
  int64_t hostFreeBytes_ = std::numeric_limits<int64_t>::max();
};

Devices devicesOf(const Placement& placement,
                  const std::vector<BackendPtr>& backends,
                  BackendPtr processor) {
  Devices devices;
  for (const Placement::Part& part : placement.parts) {
    devices.parts.push_back({backends[part.device], part.layers});
  }
  if (placement.stayingLayers() == 0) return devices;
  devices.processor = std::move(processor);
  devices.expertsStay = placement.expertsStay;
  devices.streams = placement.streams;
  return devices;
}

}  // namespace

std::vector<BackendPtr> otherCards(const std::string& name, const kernels::Backend& opened) {
  const kernels::BackendProperties first = opened.properties();
  const char* forced = std::getenv("LECTERN_BACKEND");
  const std::string wish = name.empty() && forced != nullptr ? forced : name;
  std::vector<BackendPtr> cards;
  if (first.hostMemory || (!wish.empty() && wish != "cuda")) return cards;
  for (const kernels::BackendProperties& device : kernels::availableBackends()) {
    if (device.hostMemory || device.name == first.name) continue;
    if (auto card = kernels::openBackend(device.name, 0)) cards.push_back(std::move(*card));
  }
  return cards;
}

Result<BackendPtr> processorInstead(const std::string& name,
                                    int threads,
                                    const kernels::Backend& opened,
                                    const Error& refusal) {
  const kernels::BackendProperties first = opened.properties();
  const char* forced = std::getenv("LECTERN_BACKEND");
  const bool isAskedFor = !name.empty() || (forced != nullptr && *forced != '\0');
  if (isAskedFor || first.hostMemory || refusal.code != ErrorCode::OutOfMemory) return refusal;
  BackendPtr processor = TRY(kernels::openBackend("cpu", threads));
  processor->explainChoice(fmt::format("{}: {}", first.name, refusal.message));
  return processor;
}

Result<ModelNeeds> needsOnCard(const ModelFolder& model,
                               const ModelConfig& config,
                               const DeviceNeeds& needs,
                               kernels::Backend& card) {
  WeightShapes shapes = TRY(Weights::shapes(model, config, card, needs.matrixType));
  ModelNeeds whole = std::move(shapes.needs);
  for (size_t i = 0; i < config.layers.size(); ++i) {
    whole.layers[i].states = stateBytes(config, config.layers[i], needs);
  }
  const WorkingMemory working =
      Stage::plan(config, *shapes.weights, card,
                  {config.allLayers(), card.properties().rowsAtOnce, needs.windowTokens});
  whole.working = working.bytes() + kSpareBytes;
  return whole;
}

Result<ChosenDevices> chooseDevices(const ModelFolder& model,
                                    const ModelConfig& config,
                                    const DeviceNeeds& needs,
                                    std::vector<BackendPtr> devices,
                                    const std::function<std::vector<BackendPtr>()>& others,
                                    const std::function<Result<BackendPtr>()>& openProcessor) {
  const kernels::BackendProperties first = devices.front()->properties();
  if (first.hostMemory) {
    const auto planned = [&](int64_t windowTokens) {
      return plannedMemory(model, config, *devices.front(), needs.matrixType, needs.cacheType,
                           windowTokens);
    };
    TRY(checkFits(model, TRY(planned(std::min(needs.windowTokens, kLeastWindowTokens))),
                  first.memoryFreeBytes));
    ChosenDevices chosen;
    chosen.devices = Devices::one(devices.front(), config);
    chosen.needs = TRY(planned(needs.windowTokens));
    chosen.holdWindow = checkFits(model, chosen.needs, first.memoryFreeBytes).has_value();
    chosen.shares = {{first, config.allLayers(), chosen.needs}};
    return chosen;
  }
  BackendPtr processor;
  ModelMemory wholeNeeds;
  bool askedForOthers = !others;
  for (const bool wholeWindow : {true, false}) {
    DeviceNeeds asked = needs;
    if (!wholeWindow) asked.windowTokens = std::min(needs.windowTokens, kLeastWindowTokens);
    Choice choice(model, config, asked);
    TRY(choice.measure(*devices.front()));
    if (wholeWindow) wholeNeeds = choice.needs();
    std::optional<Placement> placement = choice.on(devices);
    if ((!placement || !placement->isWhole()) && !askedForOthers) {
      askedForOthers = true;
      std::ranges::move(others(), std::back_inserter(devices));
      placement = choice.on(devices);
    }
    // How much of the host's memory experts take only the processor can tell.
    const bool experts = std::ranges::any_of(
        config.layers, [](LayerKind layer) { return layer.feedForward == FeedForward::Experts; });
    if (experts && (!placement || placement->stayingLayers() > 0)) {
      if (processor == nullptr) processor = TRY(openProcessor());
      TRY(choice.measureStaying(*processor));
      placement = choice.on(devices);
    }
    if (placement) {
      return ChosenDevices{devicesOf(*placement, devices, processor),
                           choice.words(*placement, devices, processor),
                           wholeNeeds,
                           wholeWindow,
                           choice.shares(*placement, devices),
                           choice.stayingBytes(*placement)};
    }
    if (!wholeWindow) return choice.refusal(devices);
  }
  return Error{ErrorCode::Internal, "No device was chosen."};
}

}  // namespace lectern
