// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/utf8.h"

#include "core/base/check.h"

namespace lectern::utf8 {

namespace {

constexpr char32_t kReplacement = 0xFFFD;

uint8_t byteAt(std::string_view text, int64_t offset) {
  return static_cast<uint8_t>(text[static_cast<size_t>(offset)]);
}

// The legal range of the second byte depends on the first: Unicode 15, table 3-7.
struct SecondByte {
  int continuation;
  uint8_t low, high;
};

SecondByte secondByteAfter(uint8_t lead) {
  if (lead >= 0xC2 && lead <= 0xDF) return {1, 0x80, 0xBF};
  if (lead == 0xE0) return {2, 0xA0, 0xBF};
  if (lead == 0xED) return {2, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return {2, 0x80, 0xBF};
  if (lead == 0xF0) return {3, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3) return {3, 0x80, 0xBF};
  if (lead == 0xF4) return {3, 0x80, 0x8F};
  return {0, 1, 0};
}

}  // namespace

Decoded decode(std::string_view text, int64_t offset) {
  const auto size = static_cast<int64_t>(text.size());
  LECTERN_DCHECK(offset >= 0 && offset < size);
  const uint8_t lead = byteAt(text, offset);
  if (lead < 0x80) return {lead, 1, true};
  const SecondByte second = secondByteAfter(lead);
  if (second.continuation == 0) return {kReplacement, 1, false};
  char32_t codePoint = lead & (0x3F >> second.continuation);
  for (int i = 1; i <= second.continuation; ++i) {
    if (offset + i >= size) return {kReplacement, i, false};
    const uint8_t byte = byteAt(text, offset + i);
    const uint8_t low = i == 1 ? second.low : 0x80;
    const uint8_t high = i == 1 ? second.high : 0xBF;
    if (byte < low || byte > high) return {kReplacement, i, false};
    codePoint = (codePoint << 6) | (byte & 0x3F);
  }
  return {codePoint, second.continuation + 1, true};
}

void append(std::string& text, char32_t codePoint) {
  if (codePoint > 0x10FFFF || (codePoint >= 0xD800 && codePoint <= 0xDFFF))
    codePoint = kReplacement;
  const auto put = [&text](char32_t value) { text.push_back(static_cast<char>(value)); };
  if (codePoint < 0x80) {
    put(codePoint);
  } else if (codePoint < 0x800) {
    put(0xC0 | (codePoint >> 6));
    put(0x80 | (codePoint & 0x3F));
  } else if (codePoint < 0x10000) {
    put(0xE0 | (codePoint >> 12));
    put(0x80 | ((codePoint >> 6) & 0x3F));
    put(0x80 | (codePoint & 0x3F));
  } else {
    put(0xF0 | (codePoint >> 18));
    put(0x80 | ((codePoint >> 12) & 0x3F));
    put(0x80 | ((codePoint >> 6) & 0x3F));
    put(0x80 | (codePoint & 0x3F));
  }
}

bool isValid(std::string_view text) {
  for (int64_t i = 0; i < static_cast<int64_t>(text.size());) {
    const Decoded decoded = decode(text, i);
    if (!decoded.valid) return false;
    i += decoded.length;
  }
  return true;
}

std::string repaired(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (int64_t i = 0; i < static_cast<int64_t>(text.size());) {
    const Decoded decoded = decode(text, i);
    append(result, decoded.codePoint);
    i += decoded.length;
  }
  return result;
}

std::string_view beginning(std::string_view text, size_t bytes) {
  if (bytes >= text.size()) return text;
  while (!isBoundary(text, static_cast<int64_t>(bytes))) --bytes;
  return text.substr(0, bytes);
}

bool isBoundary(std::string_view text, int64_t offset) {
  const auto size = static_cast<int64_t>(text.size());
  if (offset < 0 || offset > size) return false;
  return offset == 0 || offset == size || (byteAt(text, offset) & 0xC0) != 0x80;
}

int64_t length(std::string_view text) {
  int64_t count = 0;
  for (const char c : text) count += (static_cast<uint8_t>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

}  // namespace lectern::utf8
