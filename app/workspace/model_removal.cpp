// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/model_record.h"
#include "app/workspace/model_store.h"
#include "app/workspace/packed_models.h"
#include "app/workspace/paths.h"
#include "core/base/file.h"
#include "core/engine/packed_folder.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace lectern {

namespace fs = std::filesystem;

namespace {

/// A name in the folder that nothing has yet: "pocket", "pocket-2".
fs::path freeName(const fs::path& folder, const std::string& name) {
  std::error_code ignored;
  fs::path free = folder / name;
  for (int n = 2; fs::exists(fs::symlink_status(free, ignored)); ++n) {
    free = folder / fmt::format("{}-{}", name, n);
  }
  return free;
}

Error cannotMove(const fs::path& folder, int cause) {
  return {ErrorCode::Storage, fmt::format("The model in {} cannot be removed: {}.", folder.string(),
                                          describeErrno(cause))};
}

}  // namespace

Result<RemovedModel> removeModel(const std::string& name,
                                 const fs::path& dataFolder,
                                 bool deleteFiles) {
  const fs::path models = modelsFolder(dataFolder);
  std::error_code ignored;
  const bool isName = !name.empty() && !name.starts_with('.') && fs::path(name).filename() == name;
  const fs::path folder = models / name;
  if (!isName || !fs::is_directory(folder, ignored)) {
    return Error{
        ErrorCode::ModelUnusable,
        fmt::format("There is no imported model {}. Look at them with models list.", name)};
  }
  // What an import did not write is somebody else's to delete.
  const bool isOurs = !fs::is_symlink(folder, ignored) && readModelRecord(folder).has_value();
  if (deleteFiles && !isOurs) {
    return Error{ErrorCode::Usage,
                 fmt::format("The files in {} were not copied there by an import, so they are not "
                             "deleted. Remove the model without its files, and delete them "
                             "yourself.",
                             folder.string())};
  }
  forgetPacked(packedFolder(dataFolder), folder);
  if (!deleteFiles) {
    const fs::path removed = dataFolder / "removed-models";
    TRY(makePrivateFolder(removed));
    const fs::path kept = freeName(removed, name);
    if (std::rename(folder.c_str(), kept.c_str()) != 0) return cannotMove(folder, errno);
    return RemovedModel{name, kept};
  }
  // Under a name that the next import clears, should this be cut off: it is off the list at once.
  const fs::path doomed = freeName(models, std::string(kUnfinishedModel) + name);
  if (std::rename(folder.c_str(), doomed.c_str()) != 0) return cannotMove(folder, errno);
  std::error_code failed;
  fs::remove_all(doomed, failed);
  if (failed) return cannotMove(doomed, failed.value());
  return RemovedModel{name, {}};
}

}  // namespace lectern
