// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/model_config.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lectern {

/// What one layer takes of its device. Bytes.
struct LayerNeeds {
  int64_t weights = 0;  ///< without experts
  int64_t experts = 0;  ///< 0: it has none
  int64_t states = 0;   ///< of a whole window
};

/// What a model takes of the devices that compute it. Bytes.
struct ModelNeeds {
  std::vector<LayerNeeds> layers;
  int64_t embedding = 0;         ///< with the first layer
  int64_t head = 0;              ///< final norm and head, with the last layer
  bool headIsEmbedding = false;  ///< a device without the first layer then needs the embedding, too
  int64_t working = 0;           ///< of each device

  [[nodiscard]] int64_t bytes() const;  ///< of one device that has all of it
};

/// Which device has which layers, and whose experts stay with the processor.
struct Placement {
  struct Part {
    size_t device = 0;  ///< its place in the list
    LayerRange layers;
  };
  std::vector<Part> parts;        ///< in the layers' order; contiguous
  std::vector<bool> expertsStay;  ///< [layer]
  /// Experts that stay are sent to the device where many tokens are read; there is room for a
  /// layer's.
  bool streams = false;

  [[nodiscard]] int64_t stayingLayers() const;
  /// Whether one device has all of it.
  [[nodiscard]] bool isWhole() const { return parts.size() == 1 && stayingLayers() == 0; }
};

/// Decides where a model goes on devices with so much memory free, before anything is loaded: all
/// of it on the first device that holds it; else contiguous ranges of layers, device by device;
/// else such ranges without the experts of some layers, as few as possible, those of a range's last
/// layers. None: it does not fit even without experts.
/// Without `maySend` none of those that stay are sent.
std::optional<Placement> place(const ModelNeeds& needs,
                               std::span<const int64_t> freeBytes,
                               bool maySend = true);

/// What a part of a placement takes of its device. Bytes.
int64_t bytesOf(const ModelNeeds& needs, const Placement& placement, const Placement::Part& part);
/// Of that, the room for the experts that are sent there.
int64_t roomOf(const ModelNeeds& needs, const Placement& placement, const Placement::Part& part);

/// A device in words for the user.
struct DeviceWords {
  std::string name;  ///< "cuda:0"
  int64_t freeBytes = 0;
};

/// What computes which layers, and why it is not one device, in whole sentences; empty where it is.
/// `processor` is what computes the experts that stay.
std::string describe(const ModelNeeds& needs,
                     const Placement& placement,
                     std::span<const DeviceWords> devices,
                     const std::string& processor);

}  // namespace lectern
