// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/model_place.h"
#include "app/workspace/model_record.h"
#include "app/workspace/model_store.h"
#include "app/workspace/packed_models.h"
#include "app/workspace/paths.h"
#include "core/base/file.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

namespace lectern {

namespace fs = std::filesystem;

namespace {

bool isGgufFile(const fs::path& path) {
  std::error_code ignored;
  return path.extension() == ".gguf" && fs::is_regular_file(path, ignored);
}

Result<void> checkSource(const fs::path& source) {
  std::error_code ignored;
  if (fs::is_directory(source, ignored) || isGgufFile(source)) return {};
  return Error{
      ErrorCode::ModelUnusable,
      fmt::format("{} is no folder and no GGUF file. Name the folder that holds the model's "
                  "config.json and safetensors files, or the file.",
                  source.string())};
}

Result<std::vector<FileStamp>> stampsOf(const fs::path& folder,
                                        const std::vector<std::string>& files) {
  std::vector<FileStamp> stamps;
  for (const std::string& name : files) {
    const FileDescriptor file = TRY(openForReading(folder / name));
    stamps.push_back(TRY(stampOf(file, folder / name)));
  }
  return stamps;
}

Result<void> checkSpace(const fs::path& models, int64_t bytes) {
  std::error_code failed;
  const auto space = fs::space(models, failed);
  if (failed || space.available >= static_cast<uintmax_t>(bytes)) return {};
  return Error{
      ErrorCode::Storage,
      fmt::format("The model has {} bytes, and the disk of {} has {} free. Free some space, "
                  "or set LECTERN_DATA_DIR to a folder on a larger disk. A model can also "
                  "be used where it is: name its folder instead.",
                  bytes, models.string(), space.available)};
}

Result<std::vector<RecordedFile>> copyFiles(const fs::path& from,
                                            const fs::path& to,
                                            const ModelDescription& model,
                                            const ModelProgress& progress,
                                            const std::stop_token& stop) {
  std::vector<RecordedFile> files;
  int64_t done = 0;
  for (const std::string& name : model.files) {
    AtomicFile copy = TRY(AtomicFile::create(to / name));
    const auto append = [&](std::string_view piece) -> Result<void> {
      TRY(copy.append(piece));
      done += static_cast<int64_t>(piece.size());
      if (progress) progress("copying", done, model.bytes);
      return {};
    };
    files.push_back(TRY(readInPieces(from / name, append, stop)));
    TRY(copy.commit());
  }
  return files;
}

}  // namespace

Result<StoredModel> importModel(const fs::path& source,
                                const std::string& name,
                                const fs::path& dataFolder,
                                const ModelProgress& progress,
                                std::stop_token stop) {
  TRY(checkSource(source));
  const fs::path models = modelsFolder(dataFolder);
  StoredModel model{{}, {}, 0, ModelDescription{}, {}};
  model.name = TRY(newModelName(name.empty() ? ownModelName(source) : name, models));
  model.folder = models / model.name;

  ModelDescription description = TRY(describeModel(source, WeightCheck::Shapes, {}, stop));
  const std::vector<FileStamp> before = TRY(stampsOf(description.folder, description.files));
  TRY(makePrivateFolder(dataFolder));
  TRY(makePrivateFolder(models));
  TRY(checkSpace(models, description.bytes));
  description = TRY(describeModel(source, WeightCheck::Values, progress, stop));

  UnfinishedFolder unfinished = TRY(UnfinishedFolder::create(models));
  ModelRecord record = newModelRecord(source);
  record.files = TRY(copyFiles(description.folder, unfinished.path(), description, progress, stop));
  if (TRY(stampsOf(description.folder, description.files)) != before) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("A file of {} changed while it was imported. Import it again when it "
                             "is complete.",
                             source.string())};
  }
  TRY(writeModelRecord(unfinished.path(), record));
  TRY(unfinished.publish(model.folder));
  model.bytes = record.bytes();
  model.description = std::move(description);
  model.notPacked = packModel(model.folder, dataFolder, progress, stop);
  return model;
}

}  // namespace lectern
