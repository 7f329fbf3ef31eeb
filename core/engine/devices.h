// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/model_config.h"
#include "kernels/backend.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace lectern {

/// What computes a model: one device, or several that have its layers range by range, and the
/// processor for the experts that stay in its memory. Plain data; the backends are shared.
struct Devices {
  struct Part {
    std::shared_ptr<kernels::Backend> backend;
    LayerRange layers;
  };
  std::vector<Part> parts;                      ///< in the layers' order; never empty
  std::shared_ptr<kernels::Backend> processor;  ///< null where no experts stay
  std::vector<bool> expertsStay;                ///< [layer]; empty: none
  bool streams = false;                         ///< see Placement

  [[nodiscard]] bool staysAt(size_t layer) const {
    return layer < expertsStay.size() && expertsStay[layer];
  }

  /// All on one.
  static Devices one(std::shared_ptr<kernels::Backend> backend, const ModelConfig& config) {
    Devices devices;
    devices.parts.push_back({std::move(backend), config.allLayers()});
    return devices;
  }
};

/// Tokens that a model reads in one run: as many as the least of the devices takes at once.
inline int64_t chunkTokensOn(const Devices& devices) {
  int64_t tokens = devices.parts.front().backend->properties().rowsAtOnce;
  for (const Devices::Part& part : devices.parts) {
    tokens = std::min(tokens, part.backend->properties().rowsAtOnce);
  }
  return tokens;
}

}  // namespace lectern
