// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/base/result.h"

#include <filesystem>
#include <string>
#include <utility>

namespace lectern {

/// What a model is called by itself: its folder's name, or its GGUF file's (ggufName).
std::string ownModelName(const std::filesystem::path& model);

/// `wanted`, where it can be the name of a model that is to come into `models`. Errors: Usage for a
/// name that is taken or cannot be one.
Result<std::string> newModelName(const std::string& wanted, const std::filesystem::path& models);

/// A folder under a name that nobody lists, held by a lock on it; removed with what is in it unless
/// it is published. The lock tells the next import which folders nobody holds any more.
class UnfinishedFolder {
 public:
  /// Clears what killed imports left, too. Errors: Storage.
  static Result<UnfinishedFolder> create(const std::filesystem::path& models);
  UnfinishedFolder(UnfinishedFolder&& other) noexcept
      : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}
  UnfinishedFolder& operator=(UnfinishedFolder&&) = delete;
  ~UnfinishedFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Gives it its name. Errors: Storage, also where a model of that name came meanwhile.
  Result<void> publish(const std::filesystem::path& target);

 private:
  UnfinishedFolder() = default;

  std::filesystem::path path_;
  FileDescriptor lock_;
};

}  // namespace lectern
