// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/text/chat_template.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lectern::text {

/// A key of a template's variable; null where it is not given, as templates see it.
inline const nlohmann::ordered_json& get(const nlohmann::ordered_json& object, const char* key) {
  static const nlohmann::ordered_json kNull;
  if (!object.is_object()) return kNull;
  const auto at = object.find(key);
  return at == object.end() ? kNull : *at;
}

/// Whether a template's variable is true: given, and not empty.
inline bool isSet(const nlohmann::ordered_json& value) {
  return !value.is_null() && !value.empty();
}

/// Refuses a variable that is given and no list. Errors: Usage.
inline Result<void> checkList(const nlohmann::ordered_json& context, const char* key) {
  const nlohmann::ordered_json& value = get(context, key);
  if (!isSet(value) || value.is_array()) return {};
  return Error{ErrorCode::Usage, std::string("The conversation's ") + key + " are no list."};
}

/// Puts a prompt together; neighbouring plain text becomes one part.
class PromptWriter {
 public:
  PromptWriter& marker(std::string_view text) {
    parts_.push_back({true, std::string(text)});
    return *this;
  }
  PromptWriter& plain(std::string_view text) {
    if (text.empty()) return *this;
    if (parts_.empty() || parts_.back().marker) parts_.push_back({false, ""});
    parts_.back().text += text;
    return *this;
  }
  std::vector<PromptPart> take() { return std::move(parts_); }

 private:
  std::vector<PromptPart> parts_;
};

}  // namespace lectern::text
