// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/weights.h"

#include "core/engine/address_of_nothing.h"
#include "core/engine/packed_folder.h"
#include "core/engine/weight_walk.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

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

}  // namespace

Result<std::shared_ptr<const Weights>> Weights::load(const ModelFolder& folder,
                                                     const ModelConfig& config,
                                                     kernels::Backend& backend,
                                                     const LoadOptions& options,
                                                     std::stop_token stop) {
  const LoadOptions quiet{.matrixType = options.matrixType, .progress = {}, .packedFolder = {}};
  const auto walk = [&](WeightPass pass, char* memory, const LoadOptions& told) {
    return walkWeights(pass, folder, config, &backend, memory, told, stop);
  };
  const int64_t bytes = TRY(walk(WeightPass::Measure, nullptr, quiet)).placedBytes;

  std::string notKept;
  std::optional<PackedImageWriter> writer;
  if (!options.packedFolder.empty() && backend.properties().hostMemory) {
    const std::string key = TRY(packedKey(folder, backend, options.matrixType));
    const auto path = packedFile(options.packedFolder, folder.path(), backend);
    if (auto kept = PackedImage::open(path, key);
        kept != nullptr && static_cast<int64_t>(kept->bytes().size()) == bytes) {
      // Operations only read weights.
      auto* memory = const_cast<char*>(kept->bytes().data());
      auto weights = TRY(walk(WeightPass::Map, memory, quiet)).weights;
      weights->contentSum = kept->contentSum();
      weights->wereKept = true;
      weights->packed_ = std::move(kept);
      return weights;
    }
    sweepPacked(options.packedFolder);
    if (auto created = PackedImageWriter::create(path, key, bytes)) {
      writer.emplace(std::move(*created));
    } else {
      notKept = created.error().message;
    }
  }

  kernels::Buffer buffer;
  if (!writer) buffer = TRY(backend.allocate(bytes, "The model"));
  char* memory = writer ? writer->image() : static_cast<char*>(buffer.data());
  auto weights = TRY(walk(WeightPass::Pack, memory, options)).weights;
  weights->buffer_ = std::move(buffer);
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

Result<WeightShapes> Weights::shapes(const ModelFolder& folder,
                                     const ModelConfig& config,
                                     kernels::Backend& backend,
                                     std::optional<kernels::DType> matrixType) {
  const LoadOptions options{.matrixType = matrixType, .progress = {}, .packedFolder = {}};
  const auto walked =
      TRY(walkWeights(WeightPass::Measure, folder, config, &backend,
                      static_cast<char*>(addressOfNothing()), options, {}));
  return WeightShapes{walked.weights, walked.placedBytes};
}

Result<void> Weights::check(const ModelFolder& folder,
                            const ModelConfig& config,
                            WeightCheck what,
                            const std::function<void(int64_t, int64_t)>& progress,
                            std::stop_token stop) {
  const auto pass = what == WeightCheck::Values ? WeightPass::Values : WeightPass::Check;
  const LoadOptions options{.matrixType = {}, .progress = progress, .packedFolder = {}};
  TRY(walkWeights(pass, folder, config, nullptr, nullptr, options, std::move(stop)));
  return {};
}

}  // namespace lectern
