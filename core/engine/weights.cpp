// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/weights.h"

#include "core/engine/address_of_nothing.h"
#include "core/engine/packed_folder.h"
#include "core/engine/weight_walk.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace lectern {

namespace {

Result<Sha256> contentSumOf(const ModelFolder& folder, const std::stop_token& stop) {
  Sha256Hasher hasher;
  for (const auto& [name, tensor] : folder.tensors()) {
    if (stop.stop_requested()) return Error{ErrorCode::Cancelled, "Loading the model was stopped."};
    hasher.update(fmt::format("{} {} {}\n", name, tensor.typeName, tensor.data.size()));
    hasher.update(tensor.data);
  }
  return hasher.finish();
}

std::shared_ptr<kernels::Backend> notOwned(kernels::Backend& backend) {
  return {std::shared_ptr<void>(), &backend};
}

// Addresses that stand for none, to plan by.
WeightPlaces placesWithoutMemory(const Devices& devices) {
  WeightPlaces places = placesOn(devices);
  auto* memory = static_cast<char*>(addressOfNothing());
  for (WeightPlace& place : places.parts) place.memory = memory;
  for (WeightPlace& place : places.streamed) place.memory = memory;
  places.staying.memory = memory;
  return places;
}

// Memory for what was measured.
Result<void> takeMemory(const Devices& devices,
                        WeightPlaces& places,
                        std::vector<kernels::Buffer>& buffers) {
  const auto take = [&](kernels::Backend& backend, WeightPlace& place,
                        std::string_view purpose) -> Result<void> {
    const int64_t bytes = std::exchange(place.placedBytes, 0);
    place.memory = nullptr;
    if (bytes == 0) return {};
    buffers.push_back(TRY(backend.allocate(bytes, purpose)));
    place.memory = static_cast<char*>(buffers.back().data());
    return {};
  };
  for (size_t part = 0; part < devices.parts.size(); ++part) {
    TRY(take(*devices.parts[part].backend, places.parts[part], "The model"));
  }
  // Without a processor there are none of these, and nothing is taken.
  kernels::Backend& host =
      devices.processor != nullptr ? *devices.processor : *devices.parts.front().backend;
  TRY(take(host, places.staying, "The experts that stay in the computer's memory"));
  for (WeightPlace& place : places.streamed) {
    TRY(take(host, place, "The experts that are sent to the graphics card"));
  }
  return {};
}

// Where experts are packed on their way to the host's memory; as large as what comes by later.
Result<void> takeThrough(const Devices& devices,
                         WeightPlaces& places,
                         std::vector<kernels::Buffer>& buffers) {
  for (size_t part = 0; part < devices.parts.size(); ++part) {
    WeightPlace& place = places.streamed[part];
    if (place.memory == nullptr) continue;
    buffers.push_back(
        TRY(devices.parts[part].backend->allocate(place.largestBytes, "Room to pack experts in")));
    place.through = static_cast<char*>(buffers.back().data());
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const Weights>> Weights::load(const ModelFolder& folder,
                                                     const ModelConfig& config,
                                                     const Devices& devices,
                                                     const LoadOptions& options,
                                                     std::stop_token stop) {
  const LoadOptions quiet{.matrixType = options.matrixType, .progress = {}, .packedFolder = {}};
  const auto walk = [&](WeightPass pass, WeightPlaces places, const LoadOptions& told) {
    return walkWeights(pass, folder, config, devices, std::move(places), told, stop);
  };
  WeightPlaces places = TRY(walk(WeightPass::Measure, placesWithoutMemory(devices), quiet)).places;

  std::string notKept;
  std::optional<PackedImageWriter> writer;
  kernels::Backend& only = *devices.parts.front().backend;
  const bool isKept =
      !options.packedFolder.empty() && devices.parts.size() == 1 && only.properties().hostMemory;
  if (isKept) {
    const int64_t bytes = places.parts.front().placedBytes;
    const auto inMemory = [&](char* memory) {
      WeightPlaces there = placesOn(devices);
      there.parts.front().memory = memory;
      return there;
    };
    const std::string key = packedKey(folder, only, options.matrixType);
    const auto path = packedFile(options.packedFolder, folder.path(), only);
    if (auto kept = PackedImage::open(path, key);
        kept != nullptr && static_cast<int64_t>(kept->bytes().size()) == bytes) {
      // Operations only read weights.
      auto* memory = const_cast<char*>(kept->bytes().data());
      auto weights = TRY(walk(WeightPass::Map, inMemory(memory), quiet)).weights;
      weights->contentSum = kept->contentSum();
      weights->wereKept = true;
      weights->packed_ = std::move(kept);
      return weights;
    }
    sweepPacked(options.packedFolder);
    if (auto created = PackedImageWriter::create(path, key, bytes)) {
      writer.emplace(std::move(*created));
      places = inMemory(writer->image());
    } else {
      notKept = created.error().message;
    }
  }

  std::vector<kernels::Buffer> buffers;
  std::vector<kernels::Buffer> through;  // while they are packed
  if (!writer) {
    TRY(takeMemory(devices, places, buffers));
    TRY(takeThrough(devices, places, through));
  }
  auto weights = TRY(walk(WeightPass::Pack, std::move(places), options)).weights;
  weights->buffers_ = std::move(buffers);
  weights->contentSum = TRY(contentSumOf(folder, stop));
  if (writer) {
    weights->packed_ = writer->packed();
    if (const auto done = writer->commit(weights->contentSum); !done) {
      notKept = done.error().message;
    }
  }
  weights->notKept = std::move(notKept);
  return weights;
}

Result<std::shared_ptr<const Weights>> Weights::load(const ModelFolder& folder,
                                                     const ModelConfig& config,
                                                     kernels::Backend& backend,
                                                     const LoadOptions& options,
                                                     std::stop_token stop) {
  return load(folder, config, Devices::one(notOwned(backend), config), options, std::move(stop));
}

Result<WeightShapes> Weights::shapes(const ModelFolder& folder,
                                     const ModelConfig& config,
                                     kernels::Backend& backend,
                                     std::optional<kernels::DType> matrixType) {
  const LoadOptions options{.matrixType = matrixType, .progress = {}, .packedFolder = {}};
  const Devices devices = Devices::one(notOwned(backend), config);
  auto walked = TRY(walkWeights(WeightPass::Measure, folder, config, devices,
                                placesWithoutMemory(devices), options, {}));
  return WeightShapes{std::move(walked.weights), std::move(walked.needs)};
}

Result<void> Weights::check(const ModelFolder& folder,
                            const ModelConfig& config,
                            WeightCheck what,
                            const std::function<void(int64_t, int64_t)>& progress,
                            std::stop_token stop) {
  const auto pass = what == WeightCheck::Values ? WeightPass::Values : WeightPass::Check;
  const LoadOptions options{.matrixType = {}, .progress = progress, .packedFolder = {}};
  TRY(walkWeights(pass, folder, config, {}, {}, options, std::move(stop)));
  return {};
}

}  // namespace lectern
