// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/token_io.h"

#include "core/base/file.h"
#include "core/base/utf8.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>

namespace lectern::cli {

namespace {

// Twenty million tokens, or a text of a thousand books.
constexpr int64_t kMaxTextBytes = 256 << 20;

std::string nameOf(const std::string& file) {
  return file == "-" ? "Standard input" : file;
}

}  // namespace

Result<std::string> readInput(const CommandContext& context,
                              const std::string& file,
                              int64_t maxBytes) {
  if (file != "-") return readFile(file, maxBytes);
  std::string text;
  char buffer[65536];
  while (context.streams.in.read(buffer, sizeof buffer), context.streams.in.gcount() > 0) {
    text.append(buffer, static_cast<size_t>(context.streams.in.gcount()));
    if (static_cast<int64_t>(text.size()) > maxBytes) {
      return Error{
          ErrorCode::DoesNotFit,
          fmt::format("Standard input is larger than {} bytes, the most that is read here.",
                      maxBytes)};
    }
  }
  return text;
}

Result<std::string> readText(const CommandContext& context, const std::string& file) {
  std::string text = TRY(readInput(context, file, kMaxTextBytes));
  if (utf8::isValid(text)) return text;
  int64_t at = 0;
  for (;;) {
    const utf8::Decoded decoded = utf8::decode(text, at);
    if (!decoded.valid) break;
    at += decoded.length;
  }
  return Error{
      ErrorCode::InputRefused,
      fmt::format("{} is not UTF-8 text: byte {} belongs to no character. Convert it first.",
                  nameOf(file), at + 1)};
}

Result<std::vector<int32_t>> readTokenIds(const CommandContext& context,
                                          const std::string& file,
                                          int64_t vocabSize) {
  const std::string text = TRY(readInput(context, file, kMaxTextBytes));
  const char* const end = text.data() + text.size();
  std::vector<int32_t> ids;
  for (const char* at = text.data(); at < end;) {
    if (std::string_view(" \t\r\n,[]").find(*at) != std::string_view::npos) {
      ++at;
      continue;
    }
    int64_t id = 0;
    const auto [behind, failed] = std::from_chars(at, end, id);
    if (failed == std::errc::invalid_argument) {
      return Error{
          ErrorCode::InputRefused,
          fmt::format("{} is no list of token ids: byte {}, behind {} numbers, is no digit. "
                      "Give numbers separated by white space or commas.",
                      nameOf(file), at - text.data() + 1, ids.size())};
    }
    if (failed != std::errc{} || id < 0 || id >= vocabSize) {
      return Error{
          ErrorCode::InputRefused,
          fmt::format("{} holds {} as its number {}, which is no token of this model: they "
                      "go from 0 to {}.",
                      nameOf(file), std::string_view(at, behind), ids.size() + 1, vocabSize - 1)};
    }
    ids.push_back(static_cast<int32_t>(id));
    at = behind;
  }
  return ids;
}

void writeTokenIds(std::ostream& out, const std::vector<text::Token>& tokens) {
  const char* between = "";
  for (const text::Token& token : tokens) {
    out << between << token.id;
    between = " ";
  }
  out << '\n';
}

}  // namespace lectern::cli
