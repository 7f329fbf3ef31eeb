// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/packed_models.h"

#include "app/workspace/cache_folder.h"

#include <string_view>
#include <utility>

namespace lectern {

namespace fs = std::filesystem;

namespace {

Result<std::string> pack(const fs::path& model,
                         const fs::path& dataFolder,
                         const ModelProgress& progress,
                         std::stop_token stop) {
  const auto files = TRY(ModelFolder::open(model));
  const ModelConfig config = TRY(parseModelConfig(files->config(), files->configFile().string()));
  const auto backend = TRY(kernels::openBackend({}, 0));
  // A graphics card is sent the weights at each start; they are not kept for it.
  if (!backend->properties().hostMemory) return std::string();
  LoadOptions options;
  options.packedFolder = packedFolder(dataFolder);
  options.progress = [&progress](int64_t done, int64_t total) {
    if (progress) progress("packing", done, total);
  };
  return TRY(Weights::load(*files, config, *backend, options, std::move(stop)))->notKept;
}

}  // namespace

fs::path packedFolder(const fs::path& dataFolder) {
  return cacheFolder(
      dataFolder / "packed",
      "Weights of models, packed for this machine. They may be deleted at any time.");
}

std::string packModel(const fs::path& model,
                      const fs::path& dataFolder,
                      const ModelProgress& progress,
                      std::stop_token stop) {
  Result<std::string> notKept = pack(model, dataFolder, progress, std::move(stop));
  return notKept ? *notKept : notKept.error().message;
}

}  // namespace lectern
