// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/text/charset.h"

#include "core/base/utf8.h"

#include <fmt/format.h>
#include <uchardet.h>
#include <unicode/ucnv.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <memory>

namespace lectern::helper {

namespace {

// So much is looked at to tell text from other bytes, and to guess the encoding.
constexpr size_t kLookBytes = size_t{64} << 10;
constexpr size_t kGuessBytes = size_t{4} << 20;

struct ByteOrderMark {
  std::string_view bytes;
  const char* encoding;
};

// UTF-32 before UTF-16, whose mark begins the same.
constexpr std::array<ByteOrderMark, 5> kMarks = {{{{"\xEF\xBB\xBF", 3}, "UTF-8"},
                                                  {{"\xFF\xFE\0\0", 4}, "UTF-32LE"},
                                                  {{"\0\0\xFE\xFF", 4}, "UTF-32BE"},
                                                  {{"\xFF\xFE", 2}, "UTF-16LE"},
                                                  {{"\xFE\xFF", 2}, "UTF-16BE"}}};

const ByteOrderMark* markOf(std::string_view bytes) {
  const auto found = std::find_if(kMarks.begin(), kMarks.end(), [&](const ByteOrderMark& mark) {
    return bytes.starts_with(mark.bytes);
  });
  return found == kMarks.end() ? nullptr : found;
}

// Latin letters in UTF-16 have a zero byte each, always on the same side.
const char* utf16WithoutMark(std::string_view bytes) {
  const std::string_view start = bytes.substr(0, kLookBytes & ~size_t{1});
  std::array<size_t, 2> zeros{};
  for (size_t i = 0; i < start.size(); ++i) zeros[i % 2] += start[i] == '\0' ? 1 : 0;
  const size_t half = start.size() / 2;
  if (half < 2 || bytes.size() % 2 != 0) return nullptr;
  if (zeros[0] == 0 && zeros[1] * 3 > half * 2) return "UTF-16LE";
  if (zeros[1] == 0 && zeros[0] * 3 > half * 2) return "UTF-16BE";
  return nullptr;
}

bool hasManyControls(std::string_view bytes) {
  const std::string_view start = bytes.substr(0, kLookBytes);
  const auto isOdd = [](char byte) {
    const auto value = static_cast<unsigned char>(byte);
    return value < 0x20 && (value < '\b' || value > '\r') && value != 0x1B;
  };
  return std::count_if(start.begin(), start.end(), isOdd) * 100 >
         static_cast<ptrdiff_t>(start.size());
}

Result<std::string> convert(std::string_view bytes,
                            const char* encoding,
                            std::string_view fileName) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UConverter, void (*)(UConverter*)> converter(
      ucnv_open(encoding, &status), [](UConverter* c) { ucnv_close(c); });
  if (U_FAILURE(status)) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("{} is a text in {}, which cannot be converted. Save it as UTF-8.",
                             fileName, encoding)};
  }
  const icu::UnicodeString wide(bytes.data(), static_cast<int32_t>(bytes.size()), converter.get(),
                                status);
  if (U_FAILURE(status) || (wide.isEmpty() && !bytes.empty())) {
    return Error{
        ErrorCode::InputRefused,
        fmt::format("{} cannot be converted from {}. Save it as UTF-8.", fileName, encoding)};
  }
  std::string text;
  return wide.toUTF8String(text);
}

// How much of a text is UTF-8: sequences of several bytes, whole and broken.
struct Utf8Census {
  int64_t whole = 0;
  int64_t broken = 0;
};

Utf8Census takeCensus(std::string_view bytes) {
  Utf8Census census;
  for (int64_t at = 0; at < static_cast<int64_t>(bytes.size());) {
    const utf8::Decoded decoded = utf8::decode(bytes, at);
    if (!decoded.valid) ++census.broken;
    if (decoded.valid && decoded.length > 1) ++census.whole;
    at += decoded.length;
  }
  return census;
}

// Names of what the detector and ICU call differently, or what is used for more than it is
// declared for (as browsers read it, WHATWG Encoding Standard, "Names and labels").
std::string guessEncoding(std::string_view bytes) {
  const std::unique_ptr<uchardet, void (*)(uchardet_t)> detector(uchardet_new(), uchardet_delete);
  const std::string_view start = bytes.substr(0, kGuessBytes);
  uchardet_handle_data(detector.get(), start.data(), start.size());
  uchardet_data_end(detector.get());
  std::string name = uchardet_get_charset(detector.get());
  constexpr std::array<std::pair<std::string_view, const char*>, 6> kNames = {
      {{"", "windows-1252"},
       {"ASCII", "windows-1252"},
       {"ISO-8859-1", "windows-1252"},
       {"ISO-8859-9", "windows-1254"},
       {"ISO-8859-11", "windows-874"},
       {"TIS-620", "windows-874"}}};
  for (const auto& [detected, used] : kNames) {
    if (name == detected) return used;
  }
  UErrorCode status = U_ZERO_ERROR;
  ucnv_close(ucnv_open(name.c_str(), &status));
  return U_SUCCESS(status) ? name : "windows-1252";
}

Result<DecodedText> decodeGuess(std::string_view bytes, std::string_view fileName) {
  const std::string encoding = guessEncoding(bytes);
  DecodedText decoded;
  decoded.text = TRY(convert(bytes, encoding.c_str(), fileName));
  decoded.notices.push_back(fmt::format(
      "The file does not say how its letters are stored; it was read as {}.", encoding));
  return decoded;
}

// U+0085, U+2028, carriage returns, vertical tabs end a line; U+2029 and form feeds a paragraph.
// Byte order marks inside a text mean nothing.
std::string withPlainLineEnds(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (text[i] == '\r') {
      if (!rest.starts_with("\r\n")) plain.push_back('\n');
    } else if (text[i] == '\v') {
      plain.push_back('\n');
    } else if (text[i] == '\f') {
      plain.append("\n\n");
    } else if (rest.starts_with("\xC2\x85")) {
      plain.push_back('\n');
      i += 1;
    } else if (rest.starts_with("\xE2\x80\xA8")) {
      plain.push_back('\n');
      i += 2;
    } else if (rest.starts_with("\xE2\x80\xA9")) {
      plain.append("\n\n");
      i += 2;
    } else if (rest.starts_with("\xEF\xBB\xBF")) {
      i += 2;
    } else {
      plain.push_back(text[i]);
    }
  }
  return plain;
}

Result<DecodedText> decodeAny(std::string_view bytes, std::string_view fileName) {
  const ByteOrderMark* mark = markOf(bytes);
  if (mark != nullptr && std::string_view(mark->encoding) != "UTF-8") {
    return DecodedText{TRY(convert(bytes.substr(mark->bytes.size()), mark->encoding, fileName)),
                       {}};
  }
  if (mark == nullptr) {
    if (const char* encoding = utf16WithoutMark(bytes)) {
      return DecodedText{TRY(convert(bytes, encoding, fileName)), {}};
    }
  }
  if (bytes.find('\0') != std::string_view::npos) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("{} is not a text: it holds zero bytes.", fileName)};
  }
  const Utf8Census census = takeCensus(bytes);
  if (census.broken == 0) return DecodedText{std::string(bytes), {}};
  if (mark == nullptr && census.whole < 10 * census.broken) return decodeGuess(bytes, fileName);
  return DecodedText{
      utf8::repaired(bytes),
      {fmt::format("{} places of the file are not valid UTF-8; each is shown as \uFFFD.",
                   census.broken)}};
}

}  // namespace

bool looksLikeText(std::string_view bytes) {
  if (markOf(bytes) != nullptr || utf16WithoutMark(bytes) != nullptr) return true;
  return bytes.substr(0, kLookBytes).find('\0') == std::string_view::npos &&
         !hasManyControls(bytes);
}

Result<DecodedText> decodeText(std::string_view bytes, std::string_view fileName) {
  if (bytes.empty()) {
    return Error{ErrorCode::InputRefused, fmt::format("{} is empty.", fileName)};
  }
  if (static_cast<int64_t>(bytes.size()) > kMaxTextBytes) {
    return Error{ErrorCode::DoesNotFit,
                 fmt::format("{} has {} MB, more than the {} MB of text that are read. Split it.",
                             fileName, bytes.size() >> 20, kMaxTextBytes >> 20)};
  }
  DecodedText decoded = TRY(decodeAny(bytes, fileName));
  decoded.text = withPlainLineEnds(decoded.text);
  return decoded;
}

}  // namespace lectern::helper
