// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/model_store.h"

#include <filesystem>
#include <stop_token>
#include <string>

namespace lectern {

/// Where packed weights of models are kept (see LoadOptions), in the data folder: a cache, which
/// backups leave out. Makes it where it is missing.
std::filesystem::path packedFolder(const std::filesystem::path& dataFolder);

/// Packs a model for this machine, so that even its first start is quick. Returns why that was not
/// done; empty: it was. Nothing depends on it.
std::string packModel(const std::filesystem::path& model,
                      const std::filesystem::path& dataFolder,
                      const ModelProgress& progress,
                      std::stop_token stop);

}  // namespace lectern
