// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/model_choice.h"

#include "app/workspace/paths.h"

#include <fmt/format.h>

#include <string>
#include <system_error>

namespace lectern {

namespace fs = std::filesystem;

fs::path modelsFolder(const fs::path& dataFolder) {
  return dataFolder / "models";
}

Result<fs::path> findModel(std::string_view nameOrFolder, const fs::path& dataFolder) {
  std::error_code ignored;
  fs::path named(nameOrFolder);
  // A name is one step of a path, and not "." or "..".
  const bool isName = !named.empty() && named == named.filename() && !nameOrFolder.starts_with('.');
  if (isName) {
    if (fs::path own = modelsFolder(dataFolder) / named; fs::is_directory(own, ignored)) return own;
  }
  if (fs::is_directory(named, ignored) || named.extension() == ".gguf") return named;
  if (isName) {
    fs::path shipped = sharedFolder() / "models" / named;
    if (fs::is_directory(shipped, ignored)) return shipped;
  }
  const bool isFile = fs::exists(named, ignored);
  return Error{ErrorCode::ModelUnusable,
               isFile ? fmt::format("{} is a file, not the folder of a model. Name the folder that "
                                    "holds config.json and the safetensors files, or a GGUF file.",
                                    nameOrFolder)
                      : fmt::format("There is no model {}. Look at the imported ones with models "
                                    "list, or name the folder of a model.",
                                    nameOrFolder)};
}

}  // namespace lectern
