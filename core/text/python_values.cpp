// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/python_values.h"

#include "core/base/utf8.h"

#include <fmt/format.h>
#include <unicode/uchar.h>

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

// repr of a string: single quotes, double ones where the text has single quotes and no double ones.
std::string quotedPython(const std::string& text) {
  const bool useDouble =
      text.find('\'') != std::string::npos && text.find('"') == std::string::npos;
  const char quote = useDouble ? '"' : '\'';
  std::string result(1, quote);
  for (const char c : text) {
    if (c == quote || c == '\\') {
      result += {'\\', c};
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\r') {
      result += "\\r";
    } else if (c == '\t') {
      result += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      result += c;
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
    if (indent >= 0) out.append("\n").append(static_cast<size_t>(indent * level), ' ');
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

std::string jinjaTitle(std::string_view text) {
  std::string result;
  bool starts = true;
  for (int64_t i = 0; i < static_cast<int64_t>(text.size());) {
    const utf8::Decoded decoded = utf8::decode(text, i);
    const auto c = static_cast<UChar32>(decoded.codePoint);
    utf8::append(result, static_cast<char32_t>(starts ? u_toupper(c) : u_tolower(c)));
    starts = u_isUWhiteSpace(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
    i += decoded.length;
  }
  return result;
}

}  // namespace lectern::text
