// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lectern {

/// A small tokenizer.json in the form of the real one: control pieces, bytes (from id 3 on), merged
/// pieces in merge order, characters; 274 pieces.
inline nlohmann::json tinyTokenizer() {
  nlohmann::json json = nlohmann::json::parse(R"({
    "added_tokens": [{"id": 0, "content": "<|end|>", "special": true}, {"id": 1, "content": "<note>", "special": false}],
    "normalizer": {"type": "Sequence",
                   "normalizers": [{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
    "pre_tokenizer": null,
    "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                                                 {"type": "ByteFallback"}, {"type": "Fuse"}]},
    "model": {"type": "BPE", "byte_fallback": true, "merges": ["a b", "▁ ab", ["ab", "ab"], "▁ ▁"]}})");
  int id = 0;
  auto& vocab = json["model"]["vocab"];
  for (const char* piece : {"<|end|>", "<note>", "<|mask_0|>"}) vocab[piece] = id++;
  for (int byte = 0; byte < 256; ++byte) vocab[fmt::format("<0x{:02X}>", byte)] = id++;
  for (const char* piece :
       {"ab", "▁ab", "abab", "▁▁", "▁", "a", "b", "c", "é", "<", "|", ">", "e", "n", "d"}) {
    vocab[piece] = id++;
  }
  return nlohmann::json::parse(json.dump());  // numbers as a file would have them
}

}  // namespace lectern
