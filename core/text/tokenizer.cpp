// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizer.h"

#include "core/base/check.h"
#include "core/base/file.h"
#include "core/base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

namespace lectern::text {

namespace {

constexpr int64_t kMaxFileBytes = 64 << 20;
constexpr size_t kMaxVocab = 1 << 24;
constexpr std::string_view kSpace = "\u2581";
constexpr char32_t kSpaceCodePoint = 0x2581;

// "<0x0A>".
std::optional<int> byteOfPiece(std::string_view piece) {
  if (piece.size() != 6 || !piece.starts_with("<0x") || piece.back() != '>') return std::nullopt;
  int value = 0;
  for (const char c : piece.substr(3, 2)) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return std::nullopt;
    value = value * 16 + digit;
  }
  return value;
}

// "<|mask_3|>" and the like: control pieces by their form, which the vocabulary reserves, listed as
// added or not.
bool hasControlForm(std::string_view piece) {
  return piece.size() > 4 && piece.starts_with("<|") && piece.ends_with("|>");
}

Error unusable(std::string_view file, std::string_view cause) {
  return {ErrorCode::ModelUnusable,
          fmt::format("The tokenizer {} cannot be used: {}.", file, cause)};
}

// The steps around the merges must be those that this program does: spaces to U+2581 before, and
// back after.
bool isKnownNormalizer(const nlohmann::json& normalizer) {
  static const auto kReplace =
      nlohmann::json::parse(R"({"type":"Replace","pattern":{"String":" "},"content":"\u2581"})");
  if (normalizer == kReplace) return true;
  return normalizer.is_object() && normalizer.contains("type") &&
         normalizer["type"] == "Sequence" && normalizer.contains("normalizers") &&
         normalizer["normalizers"] == nlohmann::json::array({kReplace});
}

bool isKnownDecoder(const nlohmann::json& decoder) {
  static const auto kSteps = nlohmann::json::parse(
      R"([{"type":"Replace","pattern":{"String":"\u2581"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"}])");
  return decoder.is_object() && decoder.contains("type") && decoder["type"] == "Sequence" &&
         decoder.contains("decoders") && decoder["decoders"] == kSteps;
}

Result<void> checkSteps(const nlohmann::json& json, std::string_view file) {
  if (!json.is_object() || !json.contains("model") || !json["model"].is_object()) {
    return unusable(file, "it has no model");
  }
  const auto& model = json["model"];
  if (!model.contains("type") || model["type"] != "BPE")
    return unusable(file, "its model is not of the type BPE");
  if (!model.contains("byte_fallback") || model["byte_fallback"] != true) {
    return unusable(file, "it has no byte_fallback");
  }
  for (const char* key : {"dropout", "continuing_subword_prefix", "end_of_word_suffix"}) {
    if (model.contains(key) && !model[key].is_null() && model[key] != "") {
      return unusable(file, fmt::format("it asks for {}, which this program does not do", key));
    }
  }
  if (model.contains("ignore_merges") && model["ignore_merges"] == true) {
    return unusable(file, "it asks for ignore_merges, which this program does not do");
  }
  if (!json.contains("normalizer") || !isKnownNormalizer(json["normalizer"])) {
    return unusable(file,
                    "its normalizer is not the one of the Jamba models (a space becomes U+2581)");
  }
  if (json.contains("pre_tokenizer") && !json["pre_tokenizer"].is_null()) {
    return unusable(file, "it has a pre_tokenizer, which no Jamba model has");
  }
  if (json.contains("decoder") && !json["decoder"].is_null() && !isKnownDecoder(json["decoder"])) {
    return unusable(file, "its decoder is not the one of the Jamba models");
  }
  return {};
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> Tokenizer::fromFile(
    const std::filesystem::path& tokenizerJson) {
  Result<std::string> text = readFile(tokenizerJson, kMaxFileBytes);
  if (!text) return Error{ErrorCode::ModelUnusable, text.error().message};
  Result<nlohmann::json> json = parseJson(*text, tokenizerJson.string());
  if (!json) return Error{ErrorCode::ModelUnusable, json.error().message};
  return fromJson(*json, tokenizerJson.string());
}

Result<std::shared_ptr<const Tokenizer>> Tokenizer::fromJson(const nlohmann::json& json,
                                                             std::string_view fileName) {
  TRY(checkSteps(json, fileName));
  auto tokenizer = std::shared_ptr<Tokenizer>(new Tokenizer);
  const auto& model = json["model"];
  TRY(tokenizer->readVocabulary(model.contains("vocab") ? model["vocab"] : nlohmann::json(),
                                fileName));
  TRY(tokenizer->readAdded(
      json.contains("added_tokens") ? json["added_tokens"] : nlohmann::json::array(), fileName));
  TRY(tokenizer->readMerges(model.contains("merges") ? model["merges"] : nlohmann::json(),
                            fileName));
  tokenizer->learnCuts();
  return tokenizer;
}

Result<std::shared_ptr<const Tokenizer>> Tokenizer::fromPieces(
    std::span<const std::string_view> pieces,
    std::span<const int64_t> types,
    std::string_view fileName) {
  enum : int64_t { Normal = 1, Unknown, Control, UserDefined, Unused, Byte };
  if (types.size() != pieces.size()) {
    return unusable(fileName, fmt::format("it has {} pieces and says of {} what they are",
                                          pieces.size(), types.size()));
  }
  nlohmann::json vocabulary = nlohmann::json::object();
  nlohmann::json added = nlohmann::json::array();
  for (size_t id = 0; id < pieces.size(); ++id) {
    const std::string piece(pieces[id]);
    if (!utf8::isValid(piece)) return unusable(fileName, fmt::format("piece {} is no text", id));
    if (!vocabulary.emplace(piece, id).second) {
      return unusable(fileName, fmt::format("two pieces are \"{}\"", utf8::beginning(piece, 80)));
    }
    if (types[id] < Normal || types[id] > Byte) {
      return unusable(fileName, fmt::format("piece {} is of no kind that is known", id));
    }
    if (types[id] == Normal || types[id] == Byte) continue;
    added.push_back({{"id", id}, {"content", piece}, {"special", types[id] != UserDefined}});
  }
  auto tokenizer = std::shared_ptr<Tokenizer>(new Tokenizer);
  TRY(tokenizer->readVocabulary(vocabulary, fileName));
  TRY(tokenizer->readAdded(added, fileName));
  TRY(tokenizer->implyMerges(fileName));
  tokenizer->learnCuts();
  return tokenizer;
}

std::shared_ptr<const Tokenizer> Tokenizer::ofBytes() {
  auto tokenizer = std::shared_ptr<Tokenizer>(new Tokenizer);
  tokenizer->bytesOnly_ = true;
  tokenizer->kinds_.assign(256, Kind::Byte);
  for (int byte = 0; byte < 256; ++byte) {
    tokenizer->pieces_.push_back(fmt::format("<0x{:02X}>", byte));
    tokenizer->byteIds_[byte] = byte;
    tokenizer->ids_.emplace(tokenizer->pieces_.back(), byte);
  }
  return tokenizer;
}

Result<void> Tokenizer::readVocabulary(const nlohmann::json& vocab, std::string_view file) {
  if (!vocab.is_object() || vocab.empty() || vocab.size() > kMaxVocab)
    return unusable(file, "it has no vocabulary");
  pieces_.resize(vocab.size());
  kinds_.assign(vocab.size(), Kind::Ordinary);
  std::vector<bool> seen(vocab.size());
  std::fill(std::begin(byteIds_), std::end(byteIds_), -1);
  for (const auto& [piece, number] : vocab.items()) {
    if (!number.is_number_unsigned() || number.get<uint64_t>() >= vocab.size()) {
      return unusable(file, fmt::format("the piece \"{}\" has no number below {}",
                                        utf8::beginning(piece, 80), vocab.size()));
    }
    const auto id = number.get<size_t>();
    if (seen[id]) return unusable(file, fmt::format("two pieces have the number {}", id));
    if (piece.empty()) return unusable(file, "it has an empty piece");
    seen[id] = true;
    pieces_[id] = piece;
    ids_.emplace(piece, static_cast<int32_t>(id));
    if (const auto byte = byteOfPiece(piece)) {
      byteIds_[*byte] = static_cast<int32_t>(id);
      kinds_[id] = Kind::Byte;
    } else if (hasControlForm(piece)) {
      kinds_[id] = Kind::Control;
    }
  }
  for (int byte = 0; byte < 256; ++byte) {
    if (byteIds_[byte] < 0)
      return unusable(file, fmt::format("it lacks the piece of the byte <0x{:02X}>", byte));
  }
  return {};
}

Result<void> Tokenizer::readAdded(const nlohmann::json& added, std::string_view file) {
  if (!added.is_array()) return unusable(file, "its added_tokens are no list");
  for (const auto& token : added) {
    if (!token.is_object() || !token.contains("id") || !token["id"].is_number_unsigned() ||
        !token.contains("content") || !token["content"].is_string()) {
      return unusable(file, "an added token has no id or no content");
    }
    const auto content = token["content"].get<std::string>();
    const auto id = token["id"].get<uint64_t>();
    if (id >= pieces_.size() || pieces_[id] != content) {
      return unusable(file,
                      fmt::format("the added token \"{}\" is not in the vocabulary under its id",
                                  utf8::beginning(content, 80)));
    }
    if (token.contains("special") && !token["special"].is_boolean())
      return unusable(file, "an added token says neither true nor false of special");
    // Texts are spelled with these, so that they cannot be kept out of them.
    if (kinds_[id] == Kind::Byte) return unusable(file, "an added token is the piece of a byte");
    kinds_[id] = token.value("special", true) ? Kind::Control : Kind::Shown;
    added_.push_back({content, static_cast<int32_t>(id)});
  }
  std::stable_sort(added_.begin(), added_.end(), [](const Added& a, const Added& b) {
    return a.content.size() > b.content.size();
  });
  for (size_t id = 0; id < pieces_.size(); ++id) {
    if (kinds_[id] != Kind::Ordinary) continue;
    const utf8::Decoded first = utf8::decode(pieces_[id], 0);
    if (first.length == static_cast<int>(pieces_[id].size())) {
      characters_.emplace(first.codePoint, static_cast<int32_t>(id));
    }
  }
  for (char32_t c = 0; c < std::size(asciiIds_); ++c) {
    const auto at = characters_.find(c == U' ' ? kSpaceCodePoint : c);
    asciiIds_[c] = at == characters_.end() ? -1 : at->second;
  }
  return {};
}

// A file without merges is read where its order tells them: bytes in a row, pieces of several
// characters, single characters. An ordinary piece before the bytes either is one character that
// pieces may contain, or was added late.
Result<void> Tokenizer::implyMerges(std::string_view file) {
  const Error unordered =
      unusable(file, "it has no merges, and the order of its pieces does not tell them");
  for (int byte = 0; byte < 256; ++byte) {
    if (byteIds_[byte] != byteIds_[0] + byte) return unordered;
  }
  const int32_t firstPiece = byteIds_[255] + 1;
  std::vector<int32_t> late;
  std::vector<int32_t> parts;
  bool charactersBegan = false;
  for (int32_t id = 0; id < static_cast<int32_t>(pieces_.size()); ++id) {
    if (kindOf(id) != Kind::Ordinary) continue;
    const std::string& piece = pieces_[static_cast<size_t>(id)];
    const bool isSingle = utf8::decode(piece, 0).length == static_cast<int>(piece.size());
    if (id < firstPiece) {
      (isSingle ? parts : late).push_back(id);
    } else if (isSingle) {
      charactersBegan = true;
    } else if (charactersBegan) {
      return unordered;
    }
  }
  merges_ = mergesFromOrder(pieces_, firstPiece, late, parts);
  return {};
}

Result<void> Tokenizer::readMerges(const nlohmann::json& merges, std::string_view file) {
  if (merges.is_null()) return implyMerges(file);
  if (!merges.is_array()) return unusable(file, "it has no list of merges");
  int32_t rank = 0;
  for (const auto& merge : merges) {
    // Both spellings are in use: "a b" and ["a", "b"].
    std::string left;
    std::string right;
    if (merge.is_string()) {
      const auto both = merge.get<std::string>();
      const size_t cut = both.find(' ');
      if (cut == std::string::npos)
        return unusable(file, fmt::format("merge {} has one part", rank));
      left = both.substr(0, cut);
      right = both.substr(cut + 1);
    } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() &&
               merge[1].is_string()) {
      left = merge[0].get<std::string>();
      right = merge[1].get<std::string>();
    } else {
      return unusable(file, fmt::format("merge {} is not a pair of pieces", rank));
    }
    const auto a = ids_.find(left);
    const auto b = ids_.find(right);
    const auto whole = ids_.find(left + right);
    if (a == ids_.end() || b == ids_.end() || whole == ids_.end()) {
      return unusable(file,
                      fmt::format("merge {} names a piece that is not in the vocabulary", rank));
    }
    for (const int32_t id : {a->second, b->second, whole->second}) {
      if (kinds_[static_cast<size_t>(id)] != Kind::Ordinary) {
        return unusable(file,
                        fmt::format("merge {} would make or take a piece that is no text", rank));
      }
    }
    if (merges_.find(a->second, b->second).piece < 0)
      merges_.add(a->second, b->second, {rank, whole->second});
    ++rank;
  }
  return {};
}

// Cutting a text before it is encoded changes nothing where no piece reaches across the cut. What
// is true of the Jamba vocabulary is looked up in the one at hand instead of being believed.
void Tokenizer::learnCuts() {
  std::fill(std::begin(standsAlone_), std::end(standsAlone_), true);
  cutBeforeSpace_ = true;
  for (size_t id = 0; id < pieces_.size(); ++id) {
    if (kinds_[id] != Kind::Ordinary) continue;
    const std::string_view piece = pieces_[id];
    const bool isSingle = utf8::decode(piece, 0).length == static_cast<int>(piece.size());
    for (const char c : piece) {
      const auto byte = static_cast<unsigned char>(c);
      if (!isSingle && byte < 128) standsAlone_[byte] = false;
    }
    size_t spaces = 0;
    while (piece.substr(spaces).starts_with(kSpace)) spaces += kSpace.size();
    if (piece.find(kSpace, spaces) != std::string_view::npos) cutBeforeSpace_ = false;
  }
}

std::optional<int32_t> Tokenizer::find(std::string_view piece) const {
  const auto at = ids_.find(std::string(piece));
  return at == ids_.end() ? std::nullopt : std::optional(at->second);
}

size_t Tokenizer::wordEnd(std::string_view text) const {
  const auto standsAlone = [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 128 && c != ' ' && standsAlone_[byte];
  };
  if (standsAlone(text[0])) return 1;
  bool afterText = false;
  for (size_t i = 0; i < text.size();) {
    if (standsAlone(text[i])) return i;
    const bool isAscii = static_cast<unsigned char>(text[i]) < 128;
    const bool isSpace = isAscii ? text[i] == ' ' : text.substr(i).starts_with(kSpace);
    if (isSpace && afterText && cutBeforeSpace_) return i;
    afterText = !isSpace;
    i += isAscii ? 1 : static_cast<size_t>(utf8::decode(text, static_cast<int64_t>(i)).length);
  }
  return text.size();
}

int32_t Tokenizer::idOfCharacter(char32_t codePoint) const {
  if (codePoint < std::size(asciiIds_)) return asciiIds_[codePoint];
  const auto at = characters_.find(codePoint);
  return at == characters_.end() ? -1 : at->second;
}

/// The words of a text that were met, with their pieces: a text says most of its words again and
/// again. A word that meets another one's place puts it out. The texts outlive it.
class Tokenizer::Words {
 public:
  explicit Words(const Tokenizer& tokenizer, size_t textBytes)
      : tokenizer_(tokenizer),
        slots_(std::clamp(std::bit_ceil(textBytes / 16 + 1), kFewest, kMost)) {}

  struct Piece {
    int32_t id;
    int32_t length;
  };
  std::span<const Piece> piecesOf(std::string_view word) {
    if (word.size() > kLongest) {
      once_.clear();
      encode(word, once_);
      return once_;
    }
    Slot& slot = slots_[hashOf(word) & (slots_.size() - 1)];
    if (slot.word != word) {
      const size_t begin = pieces_.size();
      encode(word, pieces_);
      slot = {word, static_cast<uint32_t>(begin), static_cast<uint32_t>(pieces_.size() - begin)};
    }
    return std::span<const Piece>(pieces_).subspan(slot.begin, slot.count);
  }

 private:
  // Of the words of languages nearly all are shorter; at most 384 KiB of slots, which stay in the
  // second cache.
  static constexpr size_t kLongest = 48;
  static constexpr size_t kFewest = 16;
  static constexpr size_t kMost = 16'384;

  struct Slot {
    std::string_view word;  // empty: free
    uint32_t begin = 0;
    uint32_t count = 0;
  };

  static uint64_t hashOf(std::string_view word) {
    uint64_t hash = word.size();
    while (!word.empty()) {
      uint64_t part = 0;
      const size_t size = std::min(word.size(), sizeof part);
      std::memcpy(&part, word.data(), size);
      hash = (hash ^ part) * 0x9E3779B97F4A7C15U;
      hash ^= hash >> 32U;
      word.remove_prefix(size);
    }
    return hash;
  }

  void encode(std::string_view word, std::vector<Piece>& pieces) {
    symbols_.clear();
    lengths_.clear();
    tokenizer_.encodeWord(word, symbols_, lengths_);
    for (size_t i = 0; i < symbols_.size(); ++i) pieces.push_back({symbols_[i], lengths_[i]});
  }

  const Tokenizer& tokenizer_;
  std::vector<Slot> slots_;
  std::vector<Piece> pieces_;
  std::vector<Piece> once_;
  std::vector<int32_t> symbols_;
  std::vector<int32_t> lengths_;
};

void Tokenizer::encodeWord(std::string_view word,
                           std::vector<int32_t>& symbols,
                           std::vector<int32_t>& lengths) const {
  for (size_t i = 0; i < word.size();) {
    const utf8::Decoded decoded = utf8::decode(word, static_cast<int64_t>(i));
    const int32_t character = decoded.valid ? idOfCharacter(decoded.codePoint) : -1;
    if (character >= 0) {
      symbols.push_back(character);
      lengths.push_back(decoded.length);
    } else {
      for (const char c : word.substr(i, static_cast<size_t>(decoded.length))) {
        symbols.push_back(byteIds_[static_cast<unsigned char>(c)]);
        lengths.push_back(1);
      }
    }
    i += static_cast<size_t>(decoded.length);
  }
  mergeWord(merges_, symbols, lengths);
}

void Tokenizer::encodeInto(std::string_view text,
                           int64_t offset,
                           Words& words,
                           std::vector<Token>& tokens) const {
  if (bytesOnly_) {
    for (const char c : text) {
      tokens.push_back({static_cast<unsigned char>(c), {offset, offset + 1}});
      ++offset;
    }
    return;
  }
  while (!text.empty()) {
    const size_t end = wordEnd(text);
    for (const auto& [id, length] : words.piecesOf(text.substr(0, end))) {
      tokens.push_back({id, {offset, offset + length}});
      offset += length;
    }
    text.remove_prefix(end);
  }
}

std::vector<Token> Tokenizer::encode(std::string_view text) const {
  std::vector<Token> tokens;
  tokens.reserve(text.size() / 3);
  Words words(*this, text.size());
  encodeInto(text, 0, words, tokens);
  return tokens;
}

std::vector<Token> Tokenizer::encodeLiteral(std::string_view text) const {
  std::vector<Token> tokens;
  Words words(*this, text.size());
  size_t plain = 0;
  for (size_t i = 0; i < text.size();) {
    const auto added = std::find_if(added_.begin(), added_.end(), [&](const Added& a) {
      return text.substr(i).starts_with(a.content);
    });
    if (added == added_.end()) {
      ++i;
      continue;
    }
    encodeInto(text.substr(plain, i - plain), static_cast<int64_t>(plain), words, tokens);
    const size_t end = i + added->content.size();
    tokens.push_back({added->id, {static_cast<int64_t>(i), static_cast<int64_t>(end)}});
    plain = i = end;
  }
  encodeInto(text.substr(plain), static_cast<int64_t>(plain), words, tokens);
  return tokens;
}

std::string Tokenizer::bytesOf(int32_t id, bool showControl) const {
  LECTERN_CHECK(id >= 0);
  if (id >= vocabSize()) return "";
  const std::string& piece = pieces_[static_cast<size_t>(id)];
  switch (kindOf(id)) {
    case Kind::Byte:
      return bytesOnly_ ? std::string(1, static_cast<char>(id))
                        : std::string(1, static_cast<char>(*byteOfPiece(piece)));
    case Kind::Control:
      return showControl ? piece : "";
    case Kind::Shown:
      return piece;
    case Kind::Ordinary:
      break;
  }
  std::string text;
  for (std::string_view rest = piece; !rest.empty();) {
    const bool isSpace = rest.starts_with(kSpace);
    text += isSpace ? ' ' : rest.front();
    rest.remove_prefix(isSpace ? kSpace.size() : 1);
  }
  return text;
}

std::string Tokenizer::decode(std::span<const int32_t> ids, bool showControl) const {
  std::string text;
  std::string run;  // of byte pieces
  const auto endRun = [&] {
    if (utf8::isValid(run)) {
      text += run;
    } else {
      for (size_t i = 0; i < run.size(); ++i) utf8::append(text, 0xFFFD);
    }
    run.clear();
  };
  for (const int32_t id : ids) {
    if (kindOf(id) == Kind::Byte) {
      run += bytesOf(id, showControl);
      continue;
    }
    endRun();
    text += bytesOf(id, showControl);
  }
  endRun();
  return text;
}

std::string StreamingDecoder::push(int32_t id) {
  waiting_ += tokenizer_->bytesOf(id, /*showControl=*/false);
  std::string ready;
  size_t at = 0;
  while (at < waiting_.size()) {
    const utf8::Decoded decoded = utf8::decode(waiting_, static_cast<int64_t>(at));
    // An ill-formed rest that reaches the end may still be completed.
    if (!decoded.valid && at + static_cast<size_t>(decoded.length) == waiting_.size() &&
        static_cast<unsigned char>(waiting_[at]) >= 0xC2) {
      break;
    }
    utf8::append(ready, decoded.codePoint);
    at += static_cast<size_t>(decoded.length);
  }
  waiting_.erase(0, at);
  return ready;
}

std::string StreamingDecoder::finish() {
  std::string rest = utf8::repaired(waiting_);
  waiting_.clear();
  return rest;
}

}  // namespace lectern::text
