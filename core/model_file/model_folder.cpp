// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/model_folder.h"

#include "core/model_file/gguf_jamba.h"
#include "core/model_file/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <set>

namespace lectern {

namespace {

constexpr int64_t kMaxJsonBytes = 16 << 20;
constexpr int64_t kMaxParts = 1000;
constexpr std::string_view kIndexName = "model.safetensors.index.json";
constexpr std::string_view kSingleName = "model.safetensors";

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

/// The GGUF model that a path means, if it means one: the file itself, or the only one (or its
/// first part) of a folder without a config.json.
Result<std::optional<std::filesystem::path>> ggufOf(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) {
    return path.extension() == ".gguf" ? std::optional(path) : std::nullopt;
  }
  if (std::filesystem::exists(path / "config.json", ignored)) return std::nullopt;
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(path, ignored)) {
    if (entry.path().extension() == ".gguf") found.push_back(entry.path());
  }
  if (found.empty()) return std::nullopt;
  std::ranges::sort(found);
  for (const std::filesystem::path& other : found) {
    if (ggufName(other) != ggufName(found.front())) {
      return Error{ErrorCode::ModelUnusable,
                   fmt::format("{} holds more than one GGUF model. Name the file.", path.string())};
    }
  }
  return found.front();
}

/// "name-00001-of-00004.gguf" and the three behind it.
Result<std::vector<std::filesystem::path>> partsOf(const std::filesystem::path& first,
                                                   int64_t count) {
  std::vector<std::filesystem::path> parts = {first};
  if (count == 1) return parts;
  const std::string name = ggufName(first);
  if (first.stem() != fmt::format("{}-{:05}-of-{:05}", name, 1, count)) {
    return Error{
        ErrorCode::ModelUnusable,
        fmt::format("{} is part of a model in {} files, and is not called -00001-of-{:05}.gguf, by "
                    "which the "
                    "others are found. Give the files their names back, and name the first.",
                    first.string(), count, count)};
  }
  for (int64_t i = 2; i <= count; ++i) {
    parts.push_back(first.parent_path() / fmt::format("{}-{:05}-of-{:05}.gguf", name, i, count));
  }
  return parts;
}

}  // namespace

std::string ggufName(const std::filesystem::path& file) {
  static const std::regex part("-[0-9]{5}-of-[0-9]{5}$");
  return std::regex_replace(file.stem().string(), part, "");
}

Result<std::shared_ptr<const ModelFolder>> ModelFolder::open(const std::filesystem::path& path) {
  auto model = std::shared_ptr<ModelFolder>(new ModelFolder);
  model->path_ = path;
  const std::optional<std::filesystem::path> gguf = TRY(ggufOf(path));
  if (gguf) {
    TRY(model->addGguf(*gguf));
    return model;
  }
  model->config_ = TRY(model->readJson("config.json"));
  std::error_code ignored;
  if (std::filesystem::exists(path / kIndexName, ignored)) {
    TRY(model->addShards());
  } else {
    TRY(model->addFile(std::string(kSingleName), nullptr));
  }
  return model;
}

Error ModelFolder::unusable(std::string_view cause) const {
  return {ErrorCode::ModelUnusable,
          fmt::format("The model in {} cannot be used: {}.", path_.string(), cause)};
}

Result<nlohmann::json> ModelFolder::readJson(std::string_view name) {
  FileStamp stamp;
  Result<std::string> text = readFile(path_ / name, kMaxJsonBytes, &stamp);
  if (!text) return Error{ErrorCode::ModelUnusable, text.error().message};
  files_.push_back({std::string(name), stamp});
  Result<nlohmann::json> json = parseJson(*text, (path_ / name).string());
  if (!json) return Error{ErrorCode::ModelUnusable, json.error().message};
  return json;
}

std::filesystem::path ModelFolder::folder() const {
  std::error_code ignored;
  return std::filesystem::is_directory(path_, ignored) ? path_ : path_.parent_path();
}

std::filesystem::path ModelFolder::configFile() const {
  return folder() / files_.front().name;
}

Result<void> ModelFolder::addFile(const std::string& fileName, const WeightMap* index) {
  Result<std::shared_ptr<const MappedFile>> file = MappedFile::open(path_ / fileName);
  if (!file) return Error{ErrorCode::ModelUnusable, file.error().message};
  files_.push_back({fileName, (*file)->stamp()});
  std::vector<StoredTensor> tensors =
      TRY(readSafetensors((*file)->bytes(), (path_ / fileName).string()));
  mapped_.push_back(std::move(*file));
  for (StoredTensor& tensor : tensors) {
    tensor.name = todaysName(std::move(tensor.name));
    if (index != nullptr) {
      const auto entry = index->find(tensor.name);
      if (entry == index->end() || entry->second != fileName) {
        return unusable(fmt::format("{} does not say that the tensor \"{}\" is in {}", kIndexName,
                                    tensor.name, fileName));
      }
    }
    const auto [place, isNew] = tensors_.try_emplace(tensor.name, std::move(tensor));
    if (!isNew)
      return unusable(fmt::format("the tensor \"{}\" stands in two places", place->first));
  }
  return {};
}

Result<void> ModelFolder::addShards() {
  const nlohmann::json index = TRY(readJson(kIndexName));
  if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object()) {
    return unusable(fmt::format("{} has no weight_map", kIndexName));
  }
  WeightMap map;
  std::set<std::string> shards;
  for (const auto& [name, shard] : index["weight_map"].items()) {
    if (!shard.is_string())
      return unusable(fmt::format("{} names no file for \"{}\"", kIndexName, name));
    const auto file = shard.get<std::string>();
    if (file.empty() || file.find_first_of(std::string_view("/\\\0", 3)) != std::string::npos ||
        file.find("..") != std::string::npos) {
      return unusable(fmt::format("{} names a file outside its folder", kIndexName));
    }
    shards.insert(file);
    map.emplace(todaysName(name), file);
  }
  for (const std::string& shard : shards) TRY(addFile(shard, &map));
  for (const auto& [name, shard] : map) {
    if (!tensors_.contains(name)) {
      return unusable(
          fmt::format("{} names a tensor \"{}\" that {} has not", kIndexName, name, shard));
    }
  }
  return {};
}

Result<void> ModelFolder::addGguf(const std::filesystem::path& file) {
  std::vector<StoredTensor> tensors = TRY(ggufPart(file, 0, 1));
  int64_t parts = 1;
  if (const auto found = metadata_.find("split.count"); found != metadata_.end()) {
    const auto* count = std::get_if<int64_t>(&found->second);
    if (count == nullptr || *count < 1 || *count > kMaxParts) {
      return unusable("split.count is no number of files");
    }
    parts = *count;
  }
  const std::vector<std::filesystem::path> files = TRY(partsOf(file, parts));
  for (int64_t i = 1; i < parts; ++i) {
    for (StoredTensor& tensor : TRY(ggufPart(files[static_cast<size_t>(i)], i, parts))) {
      tensors.push_back(std::move(tensor));
    }
  }
  JambaParts jamba = TRY(jambaOfGguf(metadata_, tensors, file.string()));
  config_ = std::move(jamba.config);
  for (StoredTensor& tensor : jamba.tensors) {
    const auto [place, isNew] = tensors_.try_emplace(tensor.name, std::move(tensor));
    if (!isNew)
      return unusable(fmt::format("the tensor \"{}\" stands in two places", place->first));
  }
  return {};
}

Result<std::vector<StoredTensor>> ModelFolder::ggufPart(const std::filesystem::path& file,
                                                        int64_t number,
                                                        int64_t count) {
  Result<std::shared_ptr<const MappedFile>> mapped = MappedFile::open(file);
  if (!mapped) return Error{ErrorCode::ModelUnusable, mapped.error().message};
  GgufContent content = TRY(readGguf((*mapped)->bytes(), file.string()));
  files_.push_back({file.filename().string(), (*mapped)->stamp()});
  mapped_.push_back(std::move(*mapped));
  const auto found = content.metadata.find("split.no");
  const auto* own =
      found == content.metadata.end() ? nullptr : std::get_if<int64_t>(&found->second);
  if ((own != nullptr && *own != number) || (own == nullptr && count > 1)) {
    return unusable(fmt::format("{} is not part {} of the split file; name the first part",
                                file.string(), number + 1));
  }
  if (number == 0) {
    metadata_ = std::move(content.metadata);
    ggufKeys_ = std::move(content.keys);
  }
  return std::move(content.tensors);
}

const StoredTensor* ModelFolder::find(const std::string& name) const {
  const auto place = tensors_.find(name);
  return place == tensors_.end() ? nullptr : &place->second;
}

}  // namespace lectern
