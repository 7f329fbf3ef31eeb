// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace lectern {

namespace {

int64_t layersOf(const ModelNeeds& needs) {
  return static_cast<int64_t>(needs.layers.size());
}

const LayerNeeds& layerOf(const ModelNeeds& needs, int64_t layer) {
  return needs.layers[static_cast<size_t>(layer)];
}

// Each device in turn takes as many layers as it holds, with the placement's choice of experts.
bool fill(const ModelNeeds& needs, std::span<const int64_t> freeBytes, Placement& placement) {
  placement.parts.clear();
  int64_t first = 0;
  for (size_t device = 0; device < freeBytes.size() && first < layersOf(needs); ++device) {
    Placement::Part part{device, {first, first}};
    const auto holdsOneMore = [&] {
      const Placement::Part more{device, {first, part.layers.end + 1}};
      return bytesOf(needs, placement, more) <= freeBytes[device];
    };
    while (part.layers.end < layersOf(needs) && holdsOneMore()) ++part.layers.end;
    if (part.layers.end > first) placement.parts.push_back(part);
    first = part.layers.end;
  }
  return first == layersOf(needs);
}

// Ranges by the share of the memory that each device brings.
void share(const ModelNeeds& needs, std::span<const int64_t> freeBytes, Placement& placement) {
  placement.parts.clear();
  const auto roomIn = [&](int64_t bytes) { return std::max<int64_t>(0, bytes - needs.working); };
  double room = 0;
  for (const int64_t bytes : freeBytes) room += static_cast<double>(roomIn(bytes));
  double all = 0;
  for (const LayerNeeds& layer : needs.layers) {
    all += static_cast<double>(layer.weights + layer.experts + layer.states);
  }
  double wanted = 0;
  double taken = 0;
  int64_t end = 0;
  for (size_t device = 0; device < freeBytes.size(); ++device) {
    wanted += room > 0 ? all * static_cast<double>(roomIn(freeBytes[device])) / room : 0;
    const int64_t first = end;
    const bool isLast = device + 1 == freeBytes.size();
    while (end < layersOf(needs)) {
      const LayerNeeds& layer = layerOf(needs, end);
      const auto bytes = static_cast<double>(layer.weights + layer.experts + layer.states);
      if (!isLast && taken + bytes / 2 > wanted) break;
      taken += bytes;
      ++end;
    }
    if (end > first) placement.parts.push_back({device, {first, end}});
  }
}

// Gives each part the experts of its first layers, as many as its device holds. False where one
// does not even hold its layers without them.
bool bringExperts(const ModelNeeds& needs,
                  std::span<const int64_t> freeBytes,
                  Placement& placement) {
  for (const Placement::Part& part : placement.parts) {
    const auto fits = [&] { return bytesOf(needs, placement, part) <= freeBytes[part.device]; };
    // From all of them on the device to none.
    for (int64_t layer = part.layers.first; layer < part.layers.end; ++layer) {
      placement.expertsStay[static_cast<size_t>(layer)] = false;
    }
    for (int64_t layer = part.layers.end - 1; layer >= part.layers.first && !fits(); --layer) {
      placement.expertsStay[static_cast<size_t>(layer)] = layerOf(needs, layer).experts > 0;
    }
    if (!fits()) return false;
  }
  return true;
}

std::string gigabytes(int64_t bytes) {
  return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
}

}  // namespace

int64_t ModelNeeds::bytes() const {
  Placement placement;
  placement.expertsStay.resize(layers.size());
  return bytesOf(*this, placement, {0, {0, layersOf(*this)}});
}

int64_t Placement::stayingLayers() const {
  return std::count(expertsStay.begin(), expertsStay.end(), true);
}

int64_t bytesOf(const ModelNeeds& needs, const Placement& placement, const Placement::Part& part) {
  int64_t bytes = needs.working + roomOf(needs, placement, part);
  for (int64_t i = part.layers.first; i < part.layers.end; ++i) {
    const LayerNeeds& layer = layerOf(needs, i);
    bytes += layer.weights + layer.states;
    if (!placement.expertsStay[static_cast<size_t>(i)]) bytes += layer.experts;
  }
  const bool isFirst = part.layers.first == 0;
  if (isFirst) bytes += needs.embedding;
  if (part.layers.end == layersOf(needs)) {
    bytes += needs.head;
    if (needs.headIsEmbedding && !isFirst) bytes += needs.embedding;
  }
  return bytes;
}

int64_t roomOf(const ModelNeeds& needs, const Placement& placement, const Placement::Part& part) {
  int64_t largest = 0;
  if (!placement.streams) return largest;
  for (int64_t i = part.layers.first; i < part.layers.end; ++i) {
    if (placement.expertsStay[static_cast<size_t>(i)]) {
      largest = std::max(largest, layerOf(needs, i).experts);
    }
  }
  return largest;
}

std::optional<Placement> place(const ModelNeeds& needs,
                               std::span<const int64_t> freeBytes,
                               bool maySend) {
  Placement placement;
  placement.expertsStay.resize(needs.layers.size());
  for (size_t device = 0; device < freeBytes.size(); ++device) {
    if (needs.bytes() > freeBytes[device]) continue;
    placement.parts = {{device, {0, layersOf(needs)}}};
    return placement;
  }
  if (fill(needs, freeBytes, placement)) return placement;

  for (const bool streams : {true, false}) {
    if (streams && !maySend) continue;
    placement.streams = streams;
    // By shares the experts of as many layers as possible are on a device; where that leaves one of
    // them too many layers, each takes what it can.
    share(needs, freeBytes, placement);
    if (bringExperts(needs, freeBytes, placement) && !placement.parts.empty()) return placement;
    for (size_t i = 0; i < needs.layers.size(); ++i) {
      placement.expertsStay[i] = needs.layers[i].experts > 0;
    }
    if (fill(needs, freeBytes, placement) && bringExperts(needs, freeBytes, placement)) {
      return placement;
    }
  }
  return std::nullopt;
}

std::string describe(const ModelNeeds& needs,
                     const Placement& placement,
                     std::span<const DeviceWords> devices,
                     const std::string& processor) {
  if (placement.isWhole()) return {};
  std::string text;
  int64_t freeBytes = 0;
  for (const Placement::Part& part : placement.parts) {
    freeBytes += devices[part.device].freeBytes;
    if (placement.parts.size() == 1) continue;
    text += fmt::format("{}layers {} to {} on {}", text.empty() ? "" : ", ", part.layers.first + 1,
                        part.layers.end, devices[part.device].name);
  }
  const std::string need = gigabytes(needs.bytes());
  if (!text.empty()) {
    text = fmt::format("It computes {}: all of it needs {}, more than one of them has free. ", text,
                       need);
  }
  if (const int64_t staying = placement.stayingLayers(); staying > 0) {
    const auto withExperts =
        std::ranges::count_if(needs.layers, [](const auto& layer) { return layer.experts > 0; });
    text += fmt::format(
        "The experts of {} of {} layers stay in the computer's memory: {} free on {}, and all of "
        "the "
        "model with its window needs {}. {} computes them{}. A smaller window or a smaller "
        "quantisation brings more of them there.",
        staying, withExperts, gigabytes(freeBytes),
        placement.parts.size() == 1 ? devices[placement.parts.front().device].name : "these", need,
        processor,
        placement.streams ? " when it writes; when it reads they are sent there layer by layer"
                          : ", for there is no room to send them to");
  }
  if (text.ends_with(' ')) text.pop_back();
  return text;
}

}  // namespace lectern
