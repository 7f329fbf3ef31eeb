// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/python_values.h"

#include "core/base/utf8.h"

#include <fmt/format.h>
#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

namespace lectern::text {

namespace {

using Json = nlohmann::ordered_json;

std::string number(const Json& value) {
  if (!value.is_number_float()) return value.dump();
  std::string text = fmt::format("{}", value.get<double>());
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::string quotedJson(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// str.isspace, which knows the four separators of ASCII besides Unicode's white space.
bool isSpace(char32_t c) {
  return u_isUWhiteSpace(static_cast<UChar32>(c)) || (c >= 0x1C && c <= 0x1F);
}

// str.isprintable: not of the categories Other and Separator, but for the space.
bool isPrintable(char32_t c) {
  constexpr uint32_t kOthers = U_GC_C_MASK | U_GC_Z_MASK;
  return c == U' ' || (U_MASK(u_charType(static_cast<UChar32>(c))) & kOthers) == 0;
}

// repr of a string: single quotes, double ones where the text has single quotes and no double ones.
std::string quotedPython(const std::string& text) {
  const bool useDouble =
      text.find('\'') != std::string::npos && text.find('"') == std::string::npos;
  const char quote = useDouble ? '"' : '\'';
  std::string result(1, quote);
  for (int64_t i = 0; i < static_cast<int64_t>(text.size());) {
    const utf8::Decoded decoded = utf8::decode(text, i);
    const auto c = static_cast<uint32_t>(decoded.codePoint);
    i += decoded.length;
    if (c == static_cast<unsigned char>(quote) || c == '\\') {
      result += {'\\', static_cast<char>(c)};
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\r') {
      result += "\\r";
    } else if (c == '\t') {
      result += "\\t";
    } else if (isPrintable(decoded.codePoint)) {
      utf8::append(result, decoded.codePoint);
    } else if (c < 0x100) {
      result += fmt::format("\\x{:02x}", c);
    } else if (c < 0x10000) {
      result += fmt::format("\\u{:04x}", c);
    } else {
      result += fmt::format("\\U{:08x}", c);
    }
  }
  return result + quote;
}

std::string repr(const Json& value) {
  if (value.is_string()) return quotedPython(value.get_ref<const std::string&>());
  if (value.is_array()) {
    std::string text = "[";
    for (const Json& item : value) text.append(text.size() > 1 ? ", " : "").append(repr(item));
    return text + "]";
  }
  if (value.is_object()) {
    std::string text = "{";
    for (const auto& [key, item] : value.items()) {
      text.append(text.size() > 1 ? ", " : "")
          .append(quotedPython(key))
          .append(": ")
          .append(repr(item));
    }
    return text + "}";
  }
  return pythonStr(value);
}

void writeJson(const Json& value, int indent, int depth, std::string& out) {
  if (value.is_string()) {
    out += quotedJson(value.get_ref<const std::string&>());
    return;
  }
  if (!value.is_structured()) {
    out += value.is_number() ? number(value) : value.dump();
    return;
  }
  const bool isObject = value.is_object();
  if (value.empty()) {
    out += isObject ? "{}" : "[]";
    return;
  }
  const auto newLine = [&](int level) {
    if (indent >= 0) {
      out.append("\n").append(static_cast<size_t>(indent) * static_cast<size_t>(level), ' ');
    }
  };
  out += isObject ? '{' : '[';
  bool first = true;
  for (const auto& [key, item] : value.items()) {
    if (!first) out += indent >= 0 ? "," : ", ";
    first = false;
    newLine(depth + 1);
    if (isObject) out.append(quotedJson(key)).append(": ");
    writeJson(item, indent, depth + 1, out);
  }
  newLine(depth);
  out += isObject ? '}' : ']';
}

}  // namespace

std::string pythonJson(const Json& value, int indent) {
  std::string out;
  writeJson(value, indent, 0, out);
  return out;
}

std::string pythonStr(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_number()) return number(value);
  return repr(value);
}

bool pythonTruth(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number()) return value.get<double>() != 0;
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.empty();
}

bool isBlank(std::string_view text) {
  for (int64_t i = 0; i < static_cast<int64_t>(text.size());) {
    const utf8::Decoded decoded = utf8::decode(text, i);
    if (!isSpace(decoded.codePoint)) return false;
    i += decoded.length;
  }
  return true;
}

std::string jinjaTitle(std::string_view text) {
  std::string result;
  const auto endsWord = [](char32_t c) {
    return isSpace(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
  };
  const auto last = static_cast<int64_t>(text.size());
  for (int64_t i = 0; i < last;) {
    const utf8::Decoded first = utf8::decode(text, i);
    int64_t end = i + first.length;
    while (end < last && !endsWord(utf8::decode(text, end).codePoint)) {
      end += utf8::decode(text, end).length;
    }
    const auto of = [&](int64_t from, int64_t to) {
      const std::string_view piece =
          text.substr(static_cast<size_t>(from), static_cast<size_t>(to - from));
      return icu::UnicodeString::fromUTF8(
          icu::StringPiece(piece.data(), static_cast<int32_t>(piece.size())));
    };
    const icu::Locale& root = icu::Locale::getRoot();
    if (endsWord(first.codePoint)) end = i + first.length;
    of(i, i + first.length).toUpper(root).toUTF8String(result);
    of(i + first.length, end).toLower(root).toUTF8String(result);
    i = end;
  }
  return result;
}

}  // namespace lectern::text
