// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/model_text.h"
#include "core/base/result.h"

#include <filesystem>
#include <string_view>

namespace lectern {

/// Where imported models live, each in a folder that bears its name.
std::filesystem::path modelsFolder(const std::filesystem::path& dataFolder);

/// The folder of a model that was named on a command line or in the settings: an imported model's
/// name, the path of a model folder or of a GGUF file, or the name of one that came with the
/// program ("pocket"), the first of them that is there ("./name" is always the path). Errors:
/// ModelUnusable where there is neither, with what can be done.
Result<std::filesystem::path> findModel(std::string_view nameOrFolder,
                                        const std::filesystem::path& dataFolder);

}  // namespace lectern
