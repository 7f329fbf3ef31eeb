// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/mapped_file.h"
#include "core/base/result.h"
#include "core/model_file/gguf.h"
#include "core/model_file/stored_tensor.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// A GGUF file's name without ".gguf" and without what tells the part of a split one: "mini-Q8_0"
/// of "mini-Q8_0-00001-of-00003.gguf".
std::string ggufName(const std::filesystem::path& file);

/// The files of a model, mapped, not read; immutable, so that threads may share it. One of
///
/// - a Hugging Face folder: config.json beside model.safetensors, or beside
///   model.safetensors.index.json and the shards that it names,
/// - a GGUF file of the architecture jamba, or the first of the files that it was split into,
/// - a folder without a config.json, with one such GGUF model in it.
///
/// Whatever the files call it, tensors and config have the names of transformers' Jamba: those of
/// its first release (".moe.", ".pre_moe_layernorm", "B_layernorm") and of GGUF (gguf_jamba.h)
/// become today's.
class ModelFolder {
 public:
  /// Errors: ModelUnusable, naming the file and what is wrong: missing, damaged, a shard outside
  /// the folder, a tensor of the index that its shard lacks or the other way round, a name in two
  /// shards.
  static Result<std::shared_ptr<const ModelFolder>> open(const std::filesystem::path& path);

  /// The folder or file, as it was given.
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Where its files stand.
  [[nodiscard]] std::filesystem::path folder() const;
  /// What holds the config, for messages.
  [[nodiscard]] std::filesystem::path configFile() const;
  [[nodiscard]] const nlohmann::json& config() const { return config_; }
  /// The metadata of a GGUF model; empty of a folder.
  [[nodiscard]] const GgufMetadata& metadata() const { return metadata_; }
  /// The same as the (first) file has it.
  [[nodiscard]] const std::vector<GgufKey>& ggufKeys() const { return ggufKeys_; }
  /// A file that it is made of, by its name in `folder`, and which file that was when it was
  /// opened.
  struct File {
    std::string name;
    FileStamp stamp;
  };
  /// config.json, the shards and their index, or the GGUF files.
  [[nodiscard]] const std::vector<File>& files() const { return files_; }
  [[nodiscard]] const std::map<std::string, StoredTensor>& tensors() const { return tensors_; }
  /// Null where the folder has none of that name.
  [[nodiscard]] const StoredTensor* find(const std::string& name) const;

 private:
  using WeightMap = std::map<std::string, std::string>;  // tensor to shard

  [[nodiscard]] Error unusable(std::string_view cause) const;
  Result<nlohmann::json> readJson(std::string_view name);
  Result<void> addFile(const std::string& fileName, const WeightMap* index);
  Result<void> addShards();
  Result<void> addGguf(const std::filesystem::path& file);
  /// One file of `count`; returns its tensors.
  Result<std::vector<StoredTensor>> ggufPart(const std::filesystem::path& file,
                                             int64_t number,
                                             int64_t count);

  std::filesystem::path path_;
  nlohmann::json config_;
  GgufMetadata metadata_;
  std::vector<GgufKey> ggufKeys_;
  std::vector<File> files_;
  std::vector<std::shared_ptr<const MappedFile>> mapped_;
  std::map<std::string, StoredTensor> tensors_;
};

}  // namespace lectern
