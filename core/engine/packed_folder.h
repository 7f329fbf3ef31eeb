// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/model_file/model_folder.h"
#include "kernels/backend.h"

#include <filesystem>
#include <optional>
#include <string>

namespace lectern {

/// What packed weights of a model depend on: its files as they were opened, by their sizes and
/// times, and how the backend packs them (`matrixType` as in LoadOptions).
std::string packedKey(const ModelFolder& model,
                      const kernels::Backend& backend,
                      std::optional<kernels::DType> matrixType);

/// Where a folder of packed weights keeps those of a model and a backend.
std::filesystem::path packedFile(const std::filesystem::path& packedFolder,
                                 const std::filesystem::path& model,
                                 const kernels::Backend& backend);

/// Deletes what the folder keeps of a model that goes.
void forgetPacked(const std::filesystem::path& packedFolder, const std::filesystem::path& model);

/// Deletes what is of no use any more: files of another version, of models that are gone, and what
/// programs that were killed have left.
void sweepPacked(const std::filesystem::path& packedFolder);

}  // namespace lectern
