// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/model_place.h"

#include "app/workspace/model_record.h"
#include "core/model_file/model_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

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

void clearAbandoned(const fs::path& models) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(models, ignored)) {
    if (!entry.path().filename().string().starts_with(kUnfinishedModel)) continue;
    const FileDescriptor lock(::open(entry.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (lock.isOpen() && ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) {
      fs::remove_all(entry.path(), ignored);
    }
  }
}

}  // namespace

std::string ownModelName(const fs::path& model) {
  std::error_code ignored;
  const fs::path whole = fs::weakly_canonical(model, ignored);
  const bool isFile = whole.extension() == ".gguf" && fs::is_regular_file(whole, ignored);
  return isFile ? ggufName(whole) : whole.filename().string();
}

Result<std::string> newModelName(const std::string& wanted, const fs::path& models) {
  if (!isModelName(wanted)) {
    return Error{ErrorCode::Usage,
                 fmt::format("{} cannot be a model's name. Choose one of up to 64 letters, digits, "
                             "dots, hyphens and underscores with --name.",
                             wanted.empty() ? "This" : wanted)};
  }
  std::error_code ignored;
  if (!fs::exists(models / wanted, ignored)) return wanted;
  return Error{ErrorCode::Usage,
               fmt::format("There is a model {} already. Choose another name with "
                           "--name.",
                           wanted)};
}

Result<UnfinishedFolder> UnfinishedFolder::create(const fs::path& models) {
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

UnfinishedFolder::~UnfinishedFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

Result<void> UnfinishedFolder::publish(const fs::path& target) {
  // Fails where a model of that name came meanwhile: its folder is not empty.
  if (::rename(path_.c_str(), target.c_str()) != 0) return storageError(target, errno);
  path_.clear();
  const FileDescriptor parent(
      ::open(target.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent.isOpen() || ::fsync(parent.get()) != 0) return storageError(target, errno);
  return {};
}

}  // namespace lectern
