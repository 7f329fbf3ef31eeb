// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/gguf_jamba.h"

#include "core/base/utf8.h"
#include "core/model_file/gguf_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

namespace lectern {

namespace {

constexpr int64_t kMaxLayers = 1024;
constexpr int64_t kMaxExperts = 4096;

Error unusable(std::string_view file, std::string_view cause) {
  return {ErrorCode::ModelUnusable, fmt::format("{} cannot be used: {}.", file, cause)};
}

template <size_t N>
std::optional<std::string_view> lookUp(const gguf_names::Pair (&names)[N], std::string_view name) {
  for (const auto& [theirs, ours] : names) {
    if (theirs == name) return ours;
  }
  return std::nullopt;
}

struct LayerTensor {
  int64_t layer = 0;
  std::string_view rest;
};

// "blk.12.ssm_a" is "ssm_a" of layer 12.
std::optional<LayerTensor> ofLayer(std::string_view name) {
  constexpr std::string_view kPrefix = "blk.";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  LayerTensor result;
  const char* end = name.data() + name.size();
  const auto [dot, problem] = std::from_chars(name.data() + kPrefix.size(), end, result.layer);
  if (problem != std::errc() || dot == end || *dot != '.' || result.layer < 0) return std::nullopt;
  result.rest = name.substr(static_cast<size_t>(dot + 1 - name.data()));
  return result;
}

class JambaReader {
 public:
  JambaReader(const GgufMetadata& metadata,
              const std::vector<StoredTensor>& tensors,
              std::string_view file)
      : metadata_(metadata), tensors_(tensors), file_(file) {
    for (const StoredTensor& tensor : tensors) names_.insert(tensor.name);
  }

  Result<JambaParts> read() {
    TRY(checkArchitecture());
    JambaParts parts;
    parts.config = TRY(config());
    for (const StoredTensor& tensor : tensors_) TRY(take(tensor, parts.tensors));
    return parts;
  }

 private:
  [[nodiscard]] const GgufValue* find(std::string_view key) const {
    const auto found = metadata_.find(key);
    return found == metadata_.end() ? nullptr : &found->second;
  }

  Result<void> checkArchitecture() const {
    const GgufValue* value = find("general.architecture");
    const auto* name = value == nullptr ? nullptr : std::get_if<std::string_view>(value);
    if (name != nullptr && *name == "jamba") return {};
    return unusable(file_, name == nullptr
                               ? "it names no architecture"
                               : fmt::format("it is a model of the architecture \"{}\"; this "
                                             "program runs jamba",
                                             utf8::repaired(name->substr(0, 40))));
  }

  Result<int64_t> integer(std::string_view key) const {
    const GgufValue* value = find(key);
    if (value == nullptr) return unusable(file_, fmt::format("{} is missing", key));
    const auto* number = std::get_if<int64_t>(value);
    if (number == nullptr) return unusable(file_, fmt::format("{} is no whole number", key));
    return *number;
  }
  Result<int64_t> integerOr(std::string_view key, int64_t fallback) const {
    return find(key) == nullptr ? Result<int64_t>(fallback) : integer(key);
  }

  [[nodiscard]] bool has(std::string_view tensor) const { return names_.contains(tensor); }

  // Key-value heads, one number for all layers that attend, or one of each layer, 0 of the others.
  Result<int64_t> keyValueHeads(const std::vector<bool>& attends) const {
    constexpr std::string_view kKey = "jamba.attention.head_count_kv";
    const GgufValue* value = find(kKey);
    const auto* list = value == nullptr ? nullptr : std::get_if<std::vector<int64_t>>(value);
    if (list == nullptr) return integer(kKey);
    if (list->size() != attends.size()) {
      return unusable(file_, fmt::format("{} does not name every layer", kKey));
    }
    int64_t heads = 0;
    for (size_t i = 0; i < list->size(); ++i) {
      if (((*list)[i] > 0) != attends[i] || (heads > 0 && attends[i] && (*list)[i] != heads)) {
        return unusable(file_, fmt::format("{} disagrees with the tensors of layer {}", kKey, i));
      }
      if (attends[i]) heads = (*list)[i];
    }
    return heads > 0 ? heads : 1;
  }

  Result<nlohmann::json> config() const {
    const int64_t layers = TRY(integer("jamba.block_count"));
    if (layers < 1 || layers > kMaxLayers) {
      return unusable(file_, fmt::format("jamba.block_count is {}, not a number from 1 to {}",
                                         layers, kMaxLayers));
    }
    std::vector<bool> attends;
    nlohmann::json mixers = nlohmann::json::array();
    nlohmann::json experts = nlohmann::json::array();
    const int64_t expertCount = std::max<int64_t>(1, TRY(integerOr("jamba.expert_count", 1)));
    if (expertCount > kMaxExperts) {
      return unusable(
          file_, fmt::format("jamba.expert_count is {}, more than {}", expertCount, kMaxExperts));
    }
    bool innerNorms = false;
    bool convBias = false;
    for (int64_t i = 0; i < layers; ++i) {
      const std::string root = fmt::format("blk.{}.", i);
      attends.push_back(!has(root + "ssm_in.weight"));
      mixers.push_back(attends.back() ? "attention" : "mamba");
      experts.push_back(has(root + "ffn_gate_inp.weight") ? expertCount : 1);
      innerNorms = innerNorms || has(root + "ssm_dt_norm.weight");
      convBias = convBias || has(root + "ssm_conv1d.bias");
    }
    const int64_t hidden = TRY(integer("jamba.embedding_length"));
    const int64_t inner = TRY(integer("jamba.ssm.inner_size"));
    if (hidden < 1 || inner % hidden != 0) {
      return unusable(
          file_, fmt::format("jamba.ssm.inner_size is {}, no multiple of jamba.embedding_length {}",
                             inner, hidden));
    }
    const auto embedding = std::ranges::find(tensors_, "token_embd.weight", &StoredTensor::name);
    if (embedding == tensors_.end() || embedding->shape.empty()) {
      return unusable(file_, "the tensor \"token_embd.weight\" is missing");
    }
    nlohmann::json json = {{"model_type", "jamba"},
                           {"vocab_size", embedding->shape.front()},
                           {"hidden_size", hidden},
                           {"num_hidden_layers", layers},
                           {"mamba_expand", inner / hidden},
                           {"mamba_inner_layernorms", innerNorms},
                           {"mamba_conv_bias", convBias},
                           {"mamba_proj_bias", false},
                           {"num_experts", expertCount},
                           {"layers_block_type", std::move(mixers)},
                           {"layers_num_experts", std::move(experts)}};
    json["intermediate_size"] = TRY(integer("jamba.feed_forward_length"));
    json["num_attention_heads"] = TRY(integer("jamba.attention.head_count"));
    json["num_key_value_heads"] = TRY(keyValueHeads(attends));
    json["rms_norm_eps"] = TRY(epsilon());
    json["mamba_d_conv"] = TRY(integer("jamba.ssm.conv_kernel"));
    json["mamba_d_state"] = TRY(integer("jamba.ssm.state_size"));
    json["mamba_dt_rank"] = TRY(integer("jamba.ssm.time_step_rank"));
    json["num_experts_per_tok"] =
        std::max<int64_t>(1, TRY(integerOr("jamba.expert_used_count", 1)));
    json["max_position_embeddings"] = TRY(integerOr("jamba.context_length", 262'144));
    constexpr std::string_view kBegin = "tokenizer.ggml.bos_token_id";
    if (find(kBegin) != nullptr) json["bos_token_id"] = TRY(integer(kBegin));
    for (const char* key : kGgufEndTokens) {
      if (find(key) != nullptr) json["eos_token_id"].push_back(TRY(integer(key)));
    }
    return json;
  }

  Result<double> epsilon() const {
    constexpr std::string_view kKey = "jamba.attention.layer_norm_rms_epsilon";
    const GgufValue* value = find(kKey);
    const auto* number = value == nullptr ? nullptr : std::get_if<double>(value);
    if (number == nullptr) return unusable(file_, fmt::format("{} is missing, or no number", kKey));
    return *number;
  }

  Result<void> take(const StoredTensor& tensor, std::vector<StoredTensor>& taken) const {
    StoredTensor renamed = tensor;
    const auto layer = ofLayer(tensor.name);
    if (!layer) {
      // A name that is not known stays, and is complained of where the weights are loaded.
      if (const auto ours = lookUp(gguf_names::kOutside, tensor.name)) renamed.name = *ours;
      taken.push_back(std::move(renamed));
      return {};
    }
    const std::string root = fmt::format("model.layers.{}.", layer->layer);
    if (const auto part = lookUp(gguf_names::kStacks, layer->rest))
      return takeStack(tensor, root, *part, taken);
    if (const auto ours = lookUp(gguf_names::kLayer, layer->rest))
      renamed.name = root + std::string(*ours);
    if (layer->rest == "ssm_conv1d.weight" && renamed.shape.size() == 2) {
      renamed.shape.insert(renamed.shape.begin() + 1, 1);
    }
    taken.push_back(std::move(renamed));
    return {};
  }

  // [E, out, in] is E matrices, one behind the other.
  Result<void> takeStack(const StoredTensor& tensor,
                         const std::string& root,
                         std::string_view part,
                         std::vector<StoredTensor>& taken) const {
    const int64_t count = tensor.shape.size() == 3 ? tensor.shape.front() : 0;
    if (count < 1 || count != TRY(integerOr("jamba.expert_count", 1))) {
      return unusable(file_, fmt::format("the tensor \"{}\" does not hold a matrix for each expert",
                                         tensor.name));
    }
    const size_t bytes = tensor.data.size() / static_cast<size_t>(count);
    for (int64_t e = 0; e < count; ++e) {
      taken.push_back({fmt::format("{}feed_forward.experts.{}.{}.weight", root, e, part),
                       tensor.type,
                       tensor.typeName,
                       {tensor.shape[1], tensor.shape[2]},
                       tensor.data.substr(static_cast<size_t>(e) * bytes, bytes)});
    }
    return {};
  }

  const GgufMetadata& metadata_;
  const std::vector<StoredTensor>& tensors_;
  std::string_view file_;
  std::set<std::string_view> names_;
};

}  // namespace

Result<JambaParts> jambaOfGguf(const GgufMetadata& metadata,
                               const std::vector<StoredTensor>& tensors,
                               std::string_view fileName) {
  return JambaReader(metadata, tensors, fileName).read();
}

}  // namespace lectern
