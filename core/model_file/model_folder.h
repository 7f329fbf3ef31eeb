// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/mapped_file.h"
#include "core/base/result.h"
#include "core/model_file/stored_tensor.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// A Hugging Face model folder: config.json beside model.safetensors, or beside
/// model.safetensors.index.json and the shards that it names. Mapped, not read; immutable, so that
/// threads may share it.
///
/// Names of the first Jamba release (".moe.", ".pre_moe_layernorm", "B_layernorm") are given by
/// today's.
class ModelFolder {
 public:
  /// Errors: ModelUnusable, naming the file and what is wrong: missing, damaged, a shard outside
  /// the folder, a tensor of the index that its shard lacks or the other way round, a name in two
  /// shards.
  static Result<std::shared_ptr<const ModelFolder>> open(const std::filesystem::path& folder);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] const nlohmann::json& config() const { return config_; }
  /// The files that it is made of, by their names in the folder: config.json, the shards and their
  /// index.
  [[nodiscard]] const std::vector<std::string>& fileNames() const { return fileNames_; }
  [[nodiscard]] const std::map<std::string, StoredTensor>& tensors() const { return tensors_; }
  /// Null where the folder has none of that name.
  [[nodiscard]] const StoredTensor* find(const std::string& name) const;

 private:
  using WeightMap = std::map<std::string, std::string>;  // tensor to shard

  Result<void> addFile(const std::string& fileName, const WeightMap* index);
  Result<void> addShards();

  std::filesystem::path path_;
  nlohmann::json config_;
  std::vector<std::string> fileNames_;
  std::vector<std::shared_ptr<const MappedFile>> files_;
  std::map<std::string, StoredTensor> tensors_;
};

}  // namespace lectern
