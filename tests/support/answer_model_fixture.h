// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

#include <cstdio>
#include <filesystem>
#include <string>

namespace lectern::test {

/// Which kind of model to make.
enum class TinyFamily : uint8_t { Bytes, Base, Jamba1, Jamba2, Thinking };

/// A tokenizer.json of 640 pieces in the form of the real one: control pieces, bytes, a few merged
/// pieces, characters; the markers of a prompt family at their real numbers.
inline nlohmann::json answerTokenizer(TinyFamily family) {
  nlohmann::json json = nlohmann::json::parse(R"({
    "added_tokens": [],
    "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
    "pre_tokenizer": null,
    "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                                                 {"type": "ByteFallback"}, {"type": "Fuse"}]},
    "model": {"type": "BPE", "byte_fallback": true, "merges": []}})");
  nlohmann::json& vocab = json["model"]["vocab"];
  int id = 0;
  const auto piece = [&](const std::string& name) { vocab[name] = id++; };
  const auto control = [&](const std::string& name, bool special) {
    json["added_tokens"].push_back({{"id", id}, {"content", name}, {"special", special}});
    piece(name);
  };
  for (const char* name : {"<|pad|>", "<|startoftext|>", "<|endoftext|>", "<|unk|>"}) {
    control(name, true);
  }
  for (int byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", byte);
    piece(name);
  }
  piece("▁");
  for (char c = '!'; c <= '~'; ++c) piece(std::string(1, c));
  for (const char* merge : {"t h", "▁ th", "▁th e", "i n", "e r", "o n", "▁ a", "▁ d", "e n"}) {
    json["model"]["merges"].push_back(merge);
    std::string whole = merge;
    whole.erase(whole.find(' '), 1);
    piece(whole);
  }
  while (id < 518) piece("<|mask_" + std::to_string(id) + "|>");
  if (family == TinyFamily::Jamba1) {
    for (const char* name : {"<|eom|>", "<|bom|>", "<|system|>", "<|user|>", "<|assistant|>",
                             "<documents>", "</documents>"}) {
      control(name, true);
    }
  } else if (family == TinyFamily::Jamba2 || family == TinyFamily::Thinking) {
    for (const char* name : {"<|im_start|>", "<|im_end|>"}) control(name, true);
    for (const char* name : {"<think>", "</think>"}) control(name, false);
  }
  while (id < 640) piece("<|mask_" + std::to_string(id) + "|>");
  return nlohmann::json::parse(json.dump());  // numbers as a file would have them
}

/// Writes a model folder with random weights, so small that thousands of tokens a second go through
/// it.
inline Result<void> writeTinyAnswerModel(const std::filesystem::path& folder,
                                         TinyFamily family,
                                         int64_t windowTokens = 262'144) {
  nlohmann::json config = tiny_model::miniConfig();
  config["vocab_size"] = family == TinyFamily::Bytes ? 256 : 640;
  config["max_position_embeddings"] = windowTokens;
  if (family == TinyFamily::Bytes) config.erase("eos_token_id");
  TRY(tiny_model::write(folder, config));
  if (family == TinyFamily::Bytes) return {};
  if (family == TinyFamily::Thinking) {
    TRY(writeFileAtomically(folder / "chat_template.jinja",
                            "Begin by thinking about the reasoning process in the mind"));
  }
  return writeFileAtomically(folder / "tokenizer.json", answerTokenizer(family).dump());
}

/// The same in a folder that goes with it.
class TinyAnswerModel {
 public:
  explicit TinyAnswerModel(TinyFamily family, int64_t windowTokens = 262'144) {
    const Result<void> written = writeTinyAnswerModel(path(), family, windowTokens);
    LECTERN_CHECK(written.has_value());
  }

  [[nodiscard]] std::filesystem::path path() const { return folder_.path() / "tiny"; }

 private:
  TemporaryFolder folder_;
};

}  // namespace lectern::test
