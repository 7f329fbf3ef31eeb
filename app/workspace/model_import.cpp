// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/model_record.h"
#include "app/workspace/model_store.h"
#include "app/workspace/paths.h"
#include "core/base/file.h"
#include "core/model_file/model_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace lectern {

namespace fs = std::filesystem;

namespace {

Error storageError(const fs::path& path, int cause) {
  return {ErrorCode::Storage,
          fmt::format("{} could not be written: {}.", path.string(), describeErrno(cause))};
}

bool isModelName(std::string_view name) {
  const auto isPlain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && name.size() <= 64 && isPlain(name.front()) &&
         std::ranges::all_of(
             name, [&](char c) { return isPlain(c) || c == '.' || c == '_' || c == '-'; });
}

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

Result<std::string> nameFor(const fs::path& source,
                            const std::string& wanted,
                            const fs::path& models) {
  std::error_code ignored;
  const fs::path whole = fs::weakly_canonical(source, ignored);
  const std::string own = isGgufFile(whole) ? ggufName(whole) : whole.filename().string();
  const std::string name = wanted.empty() ? own : wanted;
  if (!isModelName(name)) {
    return Error{ErrorCode::Usage,
                 fmt::format("{} cannot be a model's name. Choose one of up to 64 letters, digits, "
                             "dots, hyphens and underscores with --name.",
                             name.empty() ? "This" : name)};
  }
  if (!fs::exists(models / name, ignored)) return name;
  return Error{ErrorCode::Usage,
               fmt::format("There is a model {} already. Choose another name with "
                           "--name.",
                           name)};
}

/// A folder under a name that nobody lists, held by a lock on it; removed with what is in it unless
/// it is published. The lock tells the next import which folders nobody holds any more.
class UnfinishedFolder {
 public:
  static Result<UnfinishedFolder> create(const fs::path& models) {
    clearAbandoned(models);
    std::string name = (models / kUnfinishedModel).string() + "XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) return storageError(models, errno);
    UnfinishedFolder folder;
    folder.path_ = name;
    folder.lock_ = FileDescriptor(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.lock_.isOpen() || ::flock(folder.lock_.get(), LOCK_EX | LOCK_NB) != 0) {
      return storageError(name, errno);
    }
    return folder;
  }
  UnfinishedFolder(UnfinishedFolder&& other) noexcept
      : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}
  UnfinishedFolder& operator=(UnfinishedFolder&&) = delete;
  ~UnfinishedFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  [[nodiscard]] const fs::path& path() const { return path_; }

  Result<void> publish(const fs::path& target) {
    // Fails where a model of that name came meanwhile: its folder is not empty.
    if (::rename(path_.c_str(), target.c_str()) != 0) return storageError(target, errno);
    path_.clear();
    const FileDescriptor parent(
        ::open(target.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!parent.isOpen() || ::fsync(parent.get()) != 0) return storageError(target, errno);
    return {};
  }

 private:
  UnfinishedFolder() = default;

  static void clearAbandoned(const fs::path& models) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(models, ignored)) {
      if (!entry.path().filename().string().starts_with(kUnfinishedModel)) continue;
      const FileDescriptor lock(::open(entry.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (lock.isOpen() && ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) {
        fs::remove_all(entry.path(), ignored);
      }
    }
  }

  fs::path path_;
  FileDescriptor lock_;
};

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
    files.push_back(TRY(readInPieces(
        from / name,
        [&](std::string_view piece) -> Result<void> {
          TRY(copy.append(piece));
          done += static_cast<int64_t>(piece.size());
          if (progress) progress("copying", done, model.bytes);
          return {};
        },
        stop)));
    TRY(copy.commit());
  }
  return files;
}

int64_t nowMs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

Result<StoredModel> importModel(const fs::path& source,
                                const std::string& name,
                                const fs::path& dataFolder,
                                const ModelProgress& progress,
                                std::stop_token stop) {
  TRY(checkSource(source));
  const fs::path models = modelsFolder(dataFolder);
  StoredModel model{TRY(nameFor(source, name, models)), {}, 0, ModelDescription{}};
  model.folder = models / model.name;

  ModelDescription description = TRY(describeModel(source, WeightCheck::Shapes, {}, stop));
  const std::vector<FileStamp> before = TRY(stampsOf(description.folder, description.files));
  TRY(makePrivateFolder(dataFolder));
  TRY(makePrivateFolder(models));
  TRY(checkSpace(models, description.bytes));
  description = TRY(describeModel(source, WeightCheck::Values, progress, stop));

  UnfinishedFolder unfinished = TRY(UnfinishedFolder::create(models));
  std::error_code ignored;
  ModelRecord record{fs::absolute(source, ignored).string(), nowMs(), {}};
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
  return model;
}

}  // namespace lectern
