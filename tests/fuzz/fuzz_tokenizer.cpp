// SPDX-License-Identifier: GPL-3.0-or-later
// A tokenizer.json comes from anywhere, and so do the texts that it has to encode: behind the first
// zero byte of an input stands one. What loads must cover a text with tokens of its own, never give
// a control token for it, and give it back.
#include "core/base/check.h"
#include "core/base/json.h"
#include "core/base/utf8.h"
#include "core/text/tokenizer.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace lectern;

void checkTokens(const text::Tokenizer& tokenizer,
                 const std::vector<text::Token>& tokens,
                 std::string_view text,
                 bool literal) {
  int64_t end = 0;
  for (const text::Token& token : tokens) {
    LECTERN_CHECK(token.id >= 0 && token.id < tokenizer.vocabSize());
    LECTERN_CHECK(literal || !tokenizer.isControl(token.id));
    LECTERN_CHECK(token.span.begin == end && !token.span.isEmpty());
    end = token.span.end;
  }
  LECTERN_CHECK(end == static_cast<int64_t>(text.size()));
}

void checkRoundTrip(std::shared_ptr<const text::Tokenizer> tokenizer, const std::string& text) {
  const std::vector<text::Token> tokens = tokenizer->encode(text);
  checkTokens(*tokenizer, tokens, text, /*literal=*/false);
  checkTokens(*tokenizer, tokenizer->encodeLiteral(text), text, /*literal=*/true);
  std::vector<int32_t> ids;
  for (const text::Token& token : tokens) ids.push_back(token.id);
  const std::string decoded = tokenizer->decode(ids, /*showControl=*/false);
  text::StreamingDecoder decoder(tokenizer);
  std::string streamed;
  for (const int32_t id : ids) {
    streamed += decoder.push(id);
    LECTERN_CHECK(utf8::isValid(streamed));
  }
  streamed += decoder.finish();
  if (text.find("\u2581") != std::string::npos) return;
  LECTERN_CHECK(decoded == text);
  LECTERN_CHECK(streamed == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t zero = input.find('\0');
  const auto json = parseJson(input.substr(0, zero), "tokenizer.json");
  if (!json.has_value()) return 0;
  const auto tokenizer = text::Tokenizer::fromJson(*json, "tokenizer.json");
  if (!tokenizer.has_value()) {
    LECTERN_CHECK(tokenizer.error().code == ErrorCode::ModelUnusable);
    LECTERN_CHECK(utf8::isValid(tokenizer.error().message));
    return 0;
  }
  const std::string_view rest = zero == std::string_view::npos ? "" : input.substr(zero + 1);
  checkRoundTrip(*tokenizer, utf8::repaired(rest));
  // The pieces themselves are the likeliest to be taken for something else.
  std::string pieces;
  for (int64_t id = 0; id < (*tokenizer)->vocabSize() && pieces.size() < 4096; ++id)
    pieces += (*tokenizer)->piece(static_cast<int32_t>(id));
  checkRoundTrip(*tokenizer, utf8::repaired(pieces));
  return 0;
}
