// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/model_folder.h"

#include "core/model_file/safetensors.h"

#include <fmt/format.h>

#include <set>

namespace lectern {

namespace {

constexpr int64_t kMaxJsonBytes = 16 << 20;
constexpr std::string_view kIndexName = "model.safetensors.index.json";
constexpr std::string_view kSingleName = "model.safetensors";

Error unusable(const std::filesystem::path& folder, std::string_view cause) {
  return {ErrorCode::ModelUnusable,
          fmt::format("The model in {} cannot be used: {}.", folder.string(), cause)};
}

Result<nlohmann::json> readJson(const std::filesystem::path& folder, std::string_view name) {
  Result<std::string> text = readFile(folder / name, kMaxJsonBytes);
  if (!text) return Error{ErrorCode::ModelUnusable, text.error().message};
  Result<nlohmann::json> json = parseJson(*text, (folder / name).string());
  if (!json) return Error{ErrorCode::ModelUnusable, json.error().message};
  return json;
}

void replaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// The names of the first Jamba code to those of today (AI21's modeling_jamba.py of March 2024;
// transformers). In layers that are dense by the period rule the old names called their one network
// "experts.0"; that needs the config and is settled where the layout is known.
std::string todaysName(std::string name) {
  replaceAll(name, ".moe.", ".feed_forward.");
  replaceAll(name, ".pre_moe_layernorm", ".pre_ff_layernorm");
  replaceAll(name, ".mamba.B_layernorm", ".mamba.b_layernorm");
  replaceAll(name, ".mamba.C_layernorm", ".mamba.c_layernorm");
  return name;
}

}  // namespace

Result<std::shared_ptr<const ModelFolder>> ModelFolder::open(const std::filesystem::path& folder) {
  auto model = std::shared_ptr<ModelFolder>(new ModelFolder);
  model->path_ = folder;
  model->config_ = TRY(readJson(folder, "config.json"));
  model->fileNames_ = {"config.json"};
  std::error_code ignored;
  if (std::filesystem::exists(folder / kIndexName, ignored)) {
    TRY(model->addShards());
  } else {
    TRY(model->addFile(std::string(kSingleName), nullptr));
  }
  return model;
}

Result<void> ModelFolder::addFile(const std::string& fileName, const WeightMap* index) {
  Result<std::shared_ptr<const MappedFile>> file = MappedFile::open(path_ / fileName);
  if (!file) return Error{ErrorCode::ModelUnusable, file.error().message};
  fileNames_.push_back(fileName);
  std::vector<StoredTensor> tensors =
      TRY(readSafetensors((*file)->bytes(), (path_ / fileName).string()));
  files_.push_back(std::move(*file));
  for (StoredTensor& tensor : tensors) {
    tensor.name = todaysName(std::move(tensor.name));
    if (index != nullptr) {
      const auto entry = index->find(tensor.name);
      if (entry == index->end() || entry->second != fileName) {
        return unusable(path_, fmt::format("{} does not say that the tensor \"{}\" is in {}",
                                           kIndexName, tensor.name, fileName));
      }
    }
    const auto [place, isNew] = tensors_.try_emplace(tensor.name, std::move(tensor));
    if (!isNew)
      return unusable(path_, fmt::format("the tensor \"{}\" stands in two places", place->first));
  }
  return {};
}

Result<void> ModelFolder::addShards() {
  const nlohmann::json index = TRY(readJson(path_, kIndexName));
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) {
    return unusable(path_, fmt::format("{} has no weight_map", kIndexName));
  }
  fileNames_.emplace_back(kIndexName);
  WeightMap map;
  std::set<std::string> shards;
  for (const auto& [name, shard] : index["weight_map"].items()) {
    if (!shard.is_string())
      return unusable(path_, fmt::format("{} names no file for \"{}\"", kIndexName, name));
    const auto file = shard.get<std::string>();
    if (file.empty() || file.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos ||
        file.find("..") != std::string::npos) {
      return unusable(path_, fmt::format("{} names a file outside its folder", kIndexName));
    }
    shards.insert(file);
    map.emplace(todaysName(name), file);
  }
  for (const std::string& shard : shards) TRY(addFile(shard, &map));
  for (const auto& [name, shard] : map) {
    if (!tensors_.contains(name)) {
      return unusable(
          path_, fmt::format("{} names a tensor \"{}\" that {} has not", kIndexName, name, shard));
    }
  }
  return {};
}

const StoredTensor* ModelFolder::find(const std::string& name) const {
  const auto place = tensors_.find(name);
  return place == tensors_.end() ? nullptr : &place->second;
}

}  // namespace lectern
