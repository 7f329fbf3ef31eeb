// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/gguf_keys.h"

#include "app/workspace/model_licence.h"
#include "core/answer/model_text.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "core/engine/model_config.h"
#include "core/model_file/gguf.h"
#include "core/model_file/gguf_jamba.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <system_error>

namespace lectern {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kMaxTokenizerBytes = 64 << 20;

// llama.h, enum llama_ftype: what most of the file's matrices are.
uint32_t fileType(StoredType type) {
  switch (type) {
    case StoredType::Q4_0:
      return 2;
    case StoredType::Q8_0:
      return 7;
    case StoredType::Q4_K:
      return 14;
    default:
      return 0;
  }
}

void addTypeKeys(GgufHeader& header, StoredType type) {
  header.u32("general.file_type", fileType(type));
  header.u32("general.quantization_version", 2);
}

Error cannot(const ModelFolder& files, std::string_view cause) {
  return {ErrorCode::ModelUnusable, fmt::format("The model in {} cannot become a GGUF file: {}.",
                                                files.path().string(), cause)};
}

Result<void> addConfig(GgufHeader& header, const ModelFolder& files, const ModelConfig& config) {
  const auto u32 = [&](std::string_view key, int64_t value) {
    header.u32(fmt::format("jamba.{}", key), static_cast<uint32_t>(value));
  };
  u32("vocab_size", config.vocabSize);
  u32("block_count", static_cast<int64_t>(config.layers.size()));
  u32("context_length", config.maxPositionEmbeddings);
  u32("embedding_length", config.hiddenSize);
  u32("feed_forward_length", config.intermediateSize);
  u32("attention.head_count", config.numAttentionHeads);
  std::vector<int32_t> heads;
  heads.reserve(config.layers.size());
  for (const LayerKind layer : config.layers) {
    heads.push_back(layer.mixer == Mixer::Attention ? static_cast<int32_t>(config.numKeyValueHeads)
                                                    : 0);
  }
  header.i32s("jamba.attention.head_count_kv", heads);
  header.f32("jamba.attention.layer_norm_rms_epsilon", config.rmsNormEps);
  u32("ssm.conv_kernel", config.mambaDConv);
  u32("ssm.inner_size", config.mambaInner);
  u32("ssm.state_size", config.mambaDState);
  u32("ssm.time_step_rank", config.mambaDtRank);
  u32("expert_count", config.numExperts);
  u32("expert_used_count", config.numExpertsPerTok);

  if (config.bosTokenId >= 0) {
    header.u32("tokenizer.ggml.bos_token_id", static_cast<uint32_t>(config.bosTokenId));
  }
  if (config.eosTokenIds.size() > std::size(kGgufEndTokens)) {
    return cannot(files, "it has more end tokens than the format has keys for");
  }
  for (size_t i = 0; i < config.eosTokenIds.size(); ++i) {
    header.u32(kGgufEndTokens[i], static_cast<uint32_t>(config.eosTokenIds[i]));
  }
  return {};
}

/// What each piece is (llama.h, enum llama_token_type).
std::vector<int32_t> pieceTypes(const text::Tokenizer& tokenizer, const nlohmann::json& json) {
  enum : int32_t { Normal = 1, Control = 3, UserDefined = 4, Byte = 6 };
  std::vector<int32_t> types;
  for (int32_t id = 0; id < static_cast<int32_t>(tokenizer.vocabSize()); ++id) {
    const std::string& piece = tokenizer.piece(id);
    const bool isByte = piece.size() == 6 && piece.starts_with("<0x") && piece.ends_with(">");
    types.push_back(isByte ? Byte : tokenizer.isControl(id) ? Control : Normal);
  }
  if (!json.is_object() || !json.contains("added_tokens")) return types;
  for (const auto& added : json["added_tokens"]) {
    auto& type = types[added["id"].get<size_t>()];
    if (type == Normal) type = UserDefined;
  }
  return types;
}

/// What llama.cpp merges by, the highest first: the order of the ids, spaces last.
std::vector<float> pieceScores(const text::Tokenizer& tokenizer) {
  std::vector<float> scores;
  for (const std::string& piece : tokenizer.pieces()) {
    std::string_view rest = piece;
    while (rest.starts_with("\u2581")) rest.remove_prefix(3);
    scores.push_back(rest.empty() ? -1e7F : -static_cast<float>(scores.size()));
  }
  return scores;
}

Result<std::string> tokenizerJson(const fs::path& folder) {
  std::error_code ignored;
  const fs::path file = folder / "tokenizer.json";
  return fs::exists(file, ignored) ? readFile(file, kMaxTokenizerBytes) : std::string();
}

Result<void> addTokenizer(GgufHeader& header, const ModelFolder& files) {
  const auto tokenizer = TRY(readTokenizer(files.path()));
  const std::string text = TRY(tokenizerJson(files.path()));
  const nlohmann::json json =
      text.empty() ? nlohmann::json() : TRY(parseJson(text, "tokenizer.json"));
  header.string("tokenizer.ggml.model", "llama");
  header.string("tokenizer.ggml.pre", "default");
  header.strings("tokenizer.ggml.tokens", tokenizer->pieces());
  header.f32s("tokenizer.ggml.scores", pieceScores(*tokenizer));
  header.i32s("tokenizer.ggml.token_type", pieceTypes(*tokenizer, json));
  header.flag("tokenizer.ggml.add_space_prefix", false);
  if (!text.empty()) header.string(kGgufTokenizerJson, text);
  const std::string chatTemplate = chatTemplateOf(files.path());
  if (!chatTemplate.empty()) header.string("tokenizer.chat_template", chatTemplate);
  return {};
}

/// What a config says, without what is about layers that there are none of.
ModelConfig essence(ModelConfig config) {
  if (config.attentionLayers() == 0) config.numKeyValueHeads = 0;
  if (config.mambaLayers() == 0) {
    config.mambaInnerNorms = config.mambaConvBias = config.mambaProjBias = false;
  }
  return config;
}

/// Reads back what would be written: a file must say what the model's own says.
Result<void> checkReadsBack(const GgufHeader& header,
                            const ModelFolder& files,
                            const std::vector<GgufSource>& sources,
                            const ModelConfig& config) {
  const std::string bytes = header.bytes();
  const GgufContent content = TRY(readGguf(bytes, "the file"));
  std::vector<StoredTensor> tensors;
  tensors.reserve(sources.size());
  for (const GgufSource& source : sources) {
    tensors.push_back({source.name, StoredType::F32, "F32", source.shape, {}});
  }
  const JambaParts parts = TRY(jambaOfGguf(content.metadata, tensors, "the file"));
  const ModelConfig back = TRY(parseModelConfig(parts.config, "the file"));
  if (essence(back) == essence(config)) return {};
  return cannot(files, "its config.json says something that the format has no place for");
}

}  // namespace

Result<GgufHeader> ggufKeysOf(const ModelFolder& files,
                              const std::vector<GgufSource>& sources,
                              std::string_view name,
                              StoredType type) {
  const ModelConfig config = TRY(parseModelConfig(files.config(), files.configFile().string()));
  GgufHeader header;
  if (!files.metadata().empty()) {
    const std::string beside = TRY(tokenizerJson(files.path()));
    for (const GgufKey& key : files.ggufKeys()) {
      static const std::set<std::string_view> kOwn = {"general.alignment", "general.file_type",
                                                      "general.quantization_version"};
      if (kOwn.contains(key.name) || key.name.starts_with("split.")) continue;
      if (key.name == kGgufTokenizerJson && !beside.empty()) continue;
      header.encoded(key.name, key.encoded);
    }
    if (!beside.empty()) header.string(kGgufTokenizerJson, beside);
    addTypeKeys(header, type);
    return header;
  }
  if (config.modelType != "jamba") {
    return cannot(
        files, fmt::format("it is a {}, and only Jamba models are written so", config.modelType));
  }
  header.string("general.architecture", "jamba");
  header.string("general.type", "model");
  header.string("general.name", name);
  if (const std::string licence = licenceOf(files); !licence.empty()) {
    header.string("general.license", licence);
  }
  TRY(addConfig(header, files, config));
  TRY(addTokenizer(header, files));
  addTypeKeys(header, type);
  TRY(checkReadsBack(header, files, sources, config));
  return header;
}

}  // namespace lectern
