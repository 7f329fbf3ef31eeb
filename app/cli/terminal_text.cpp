// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal_text.h"

#include "core/base/utf8.h"
#include "core/unicode/bidi.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <clocale>
#include <ctime>
#include <cwchar>
#include <iterator>

namespace lectern::cli {

namespace {

bool isControl(char32_t codePoint) {
  return codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0);
}

/// The C library knows how wide a character is, in a UTF-8 locale; the user's may be another.
class Utf8Locale {
 public:
  Utf8Locale() : own_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (own_ != nullptr) before_ = ::uselocale(own_);
  }
  ~Utf8Locale() {
    if (own_ == nullptr) return;
    ::uselocale(before_);
    ::freelocale(own_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t own_;
  locale_t before_{};
};

int cellsOf(std::string_view text) {
  int cells = 0;
  for (int64_t at = 0; at < static_cast<int64_t>(text.size());) {
    const utf8::Decoded decoded = utf8::decode(text, at);
    const int width = ::wcwidth(static_cast<wchar_t>(decoded.codePoint));
    cells += width < 0 ? 1 : width;
    at += decoded.length;
  }
  return cells;
}

}  // namespace

std::string harmless(std::string_view text) {
  const std::string clean = unicode::withoutBidiControls(utf8::repaired(text));
  std::string result;
  result.reserve(clean.size());
  for (int64_t at = 0; at < static_cast<int64_t>(clean.size());) {
    const utf8::Decoded decoded = utf8::decode(clean, at);
    const char32_t codePoint = decoded.codePoint;
    const bool kept = codePoint == U'\n' || codePoint == U'\t' || !isControl(codePoint);
    utf8::append(result, kept ? codePoint : U'\uFFFD');
    at += decoded.length;
  }
  return result;
}

std::string oneLine(std::string_view text) {
  std::string result;
  for (const char byte : harmless(text)) {
    const bool space = byte == ' ' || byte == '\n' || byte == '\t';
    if (!space) {
      result += byte;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  if (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

std::string inQuotes(std::string_view text) {
  return "“" + oneLine(text) + "”";
}

int columnsOf(std::string_view text) {
  const Utf8Locale locale;
  return cellsOf(text);
}

std::string wrapped(std::string_view line, int columns, int indent) {
  const std::string margin(static_cast<size_t>(indent), ' ');
  if (columns <= 0) return margin + std::string(line) + '\n';
  const Utf8Locale locale;
  std::string result = margin;
  int used = indent;
  bool empty = true;
  while (!line.empty()) {
    const size_t end = line.find(' ');
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    const int width = cellsOf(word);
    if (!empty && used + 1 + width > columns) {
      result += '\n' + margin;
      used = indent;
      empty = true;
    }
    if (!empty) result += ' ';
    result += word;
    used += width + (empty ? 0 : 1);
    empty = false;
  }
  return result + '\n';
}

std::string clipped(std::string_view line, int columns) {
  const Utf8Locale locale;
  if (cellsOf(line) <= columns) return std::string(line);
  std::string result;
  int used = 0;
  for (int64_t at = 0; at < static_cast<int64_t>(line.size());) {
    const auto length = static_cast<size_t>(utf8::decode(line, at).length);
    const std::string_view character = line.substr(static_cast<size_t>(at), length);
    used += cellsOf(character);
    if (used > columns - 1) break;
    result += character;
    at += static_cast<int64_t>(length);
  }
  return result + "…";
}

std::string counted(int64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::string sizeText(int64_t bytes) {
  if (bytes < 1000) return counted(bytes, "byte");
  auto value = static_cast<double>(bytes) / 1000;
  const char* const units[] = {"kB", "MB", "GB", "TB"};
  size_t unit = 0;
  for (; value >= 999.5 && unit < std::size(units) - 1; ++unit) value /= 1000;
  return fmt::format("{:.{}f} {}", value, value < 9.95 ? 1 : 0, units[unit]);
}

std::string timeText(int64_t unixMs) {
  return fmt::format("{:%Y-%m-%d %H:%M}", fmt::localtime(static_cast<std::time_t>(unixMs / 1000)));
}

std::string durationText(int64_t ms) {
  constexpr int64_t kMinute = 60;
  constexpr int64_t kHour = 60 * kMinute;
  const int64_t seconds = (ms + 500) / 1000;
  if (seconds < 2 * kMinute) return fmt::format("{} s", seconds);
  if (seconds < 2 * kHour) return fmt::format("{} min", (seconds + kMinute / 2) / kMinute);
  return fmt::format("{} h {} min", seconds / kHour, seconds % kHour / kMinute);
}

std::string withoutFullStop(std::string_view sentence) {
  while (!sentence.empty() && (sentence.back() == '.' || sentence.back() == '\n')) {
    sentence.remove_suffix(1);
  }
  return std::string(sentence);
}

std::string Style::bold(std::string_view text) const {
  return on_ ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}

std::string Style::faint(std::string_view text) const {
  return on_ ? fmt::format("\x1b[2m{}\x1b[0m", text) : std::string(text);
}

}  // namespace lectern::cli
