// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/document/text_span.h"
#include "core/text/byte_pair_encoder.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lectern::text {

/// A token and the bytes of the text that it stands for.
struct Token {
  int32_t id = 0;
  TextSpan span;
  friend bool operator==(const Token&, const Token&) = default;
};

/// Text to tokens and back, as the tokenizer.json of the Jamba models has it (Hugging Face
/// tokenizers): byte pair encoding over characters, a space being U+2581, nothing put in front; a
/// character without a piece becomes the pieces of its UTF-8 bytes. Without a list of merges the
/// order of the pieces tells them (mergesFromOrder). Immutable. Thread: any.
///
/// Control tokens never come from a text: what a document or a user writes is spelled out in
/// ordinary pieces, even where it spells a control token's name. Only `encodeLiteral`, for the
/// fixed parts of a prompt, gives them.
class Tokenizer {
 public:
  /// Errors: ModelUnusable, naming what the file asks for that this program does not do, or what is
  /// damaged.
  static Result<std::shared_ptr<const Tokenizer>> fromFile(
      const std::filesystem::path& tokenizerJson);
  static Result<std::shared_ptr<const Tokenizer>> fromJson(const nlohmann::json& json,
                                                           std::string_view fileName);
  /// As a GGUF file has it: the pieces in the order of their ids, and what each of them is
  /// (llama.h, enum llama_token_type). Scores are of no use: the merges follow from the order.
  /// Errors: ModelUnusable.
  static Result<std::shared_ptr<const Tokenizer>> fromPieces(
      std::span<const std::string_view> pieces,
      std::span<const int64_t> types,
      std::string_view fileName);
  /// The identity on bytes: 256 tokens, none of them control.
  static std::shared_ptr<const Tokenizer> ofBytes();

  [[nodiscard]] int64_t vocabSize() const { return static_cast<int64_t>(pieces_.size()); }
  /// The piece as the file spells it.
  [[nodiscard]] const std::string& piece(int32_t id) const {
    return pieces_[static_cast<size_t>(id)];
  }
  /// The token of exactly that piece.
  [[nodiscard]] std::optional<int32_t> find(std::string_view piece) const;
  /// True for tokens that stand for no text: the added special tokens, all pieces like
  /// "<|mask_3|>", and ids behind the vocabulary, which models have that round its size up.
  [[nodiscard]] bool isControl(int32_t id) const { return kindOf(id) == Kind::Control; }

  /// `text` is well-formed UTF-8. The tokens' spans follow each other and cover it.
  [[nodiscard]] std::vector<Token> encode(std::string_view text) const;
  /// The same for the fixed text of a prompt: the file's added tokens are found in it (leftmost,
  /// then longest).
  [[nodiscard]] std::vector<Token> encodeLiteral(std::string_view text) const;

  /// The bytes a token stands for; control tokens give their name where `showControl`, else
  /// nothing.
  [[nodiscard]] std::string bytesOf(int32_t id, bool showControl) const;
  /// The text of tokens. A run of byte pieces that is not well-formed UTF-8 becomes one U+FFFD a
  /// byte.
  [[nodiscard]] std::string decode(std::span<const int32_t> ids, bool showControl) const;

  [[nodiscard]] const MergeTable& merges() const { return merges_; }
  [[nodiscard]] const std::vector<std::string>& pieces() const { return pieces_; }

 private:
  enum class Kind : uint8_t {
    Ordinary,
    Byte,
    Control,
    Shown
  };  // Shown: added, but part of the text

  struct Added {
    std::string content;
    int32_t id = 0;
  };

  Tokenizer() = default;
  [[nodiscard]] Kind kindOf(int32_t id) const {
    return id < vocabSize() ? kinds_[static_cast<size_t>(id)] : Kind::Control;
  }
  Result<void> readVocabulary(const nlohmann::json& vocab, std::string_view file);
  Result<void> readAdded(const nlohmann::json& added, std::string_view file);
  Result<void> readMerges(const nlohmann::json& merges, std::string_view file);
  Result<void> implyMerges(std::string_view file);
  void learnCuts();
  class Words;
  void encodeInto(std::string_view text,
                  int64_t offset,
                  Words& words,
                  std::vector<Token>& tokens) const;
  /// The pieces of a word, and how many bytes each stands for.
  void encodeWord(std::string_view word,
                  std::vector<int32_t>& symbols,
                  std::vector<int32_t>& lengths) const;
  [[nodiscard]] int32_t idOfCharacter(char32_t codePoint) const;
  /// Where the next word ends: cuts are made only where no piece could reach across.
  [[nodiscard]] size_t wordEnd(std::string_view text) const;

  std::vector<std::string> pieces_;
  std::vector<Kind> kinds_;
  std::unordered_map<std::string, int32_t> ids_;
  std::vector<Added> added_;  // longest first
  MergeTable merges_;
  int32_t byteIds_[256] = {};
  std::unordered_map<char32_t, int32_t> characters_;  // ordinary pieces of one character
  int32_t asciiIds_[128] = {};                        // the same of ASCII; −1: there is none
  bool standsAlone_[128] = {};   // ASCII characters that no longer piece contains
  bool cutBeforeSpace_ = false;  // no piece has a space behind another character
  bool bytesOnly_ = false;
};

/// Turns tokens into text as they come. Never gives half a character: up to three bytes wait for
/// the rest.
class StreamingDecoder {
 public:
  explicit StreamingDecoder(std::shared_ptr<const Tokenizer> tokenizer)
      : tokenizer_(std::move(tokenizer)) {}

  /// The text that is certain now.
  std::string push(int32_t id);
  /// What is left, as U+FFFD.
  std::string finish();

 private:
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::string waiting_;
};

}  // namespace lectern::text
