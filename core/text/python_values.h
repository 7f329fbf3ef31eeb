// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace lectern::text {

// Prompt templates are written for Python, and models were trained on what Python prints: these
// print the same.

/// json.dumps(value, ensure_ascii=False), with `indent` spaces a level, or in one line where it is
/// negative.
std::string pythonJson(const nlohmann::ordered_json& value, int indent = -1);

/// str(value): text as it is, True, None, 1.5, ['a', 1].
std::string pythonStr(const nlohmann::ordered_json& value);

/// bool(value): false for None, 0, and what is empty.
bool pythonTruth(const nlohmann::ordered_json& value);

/// True where str.strip leaves nothing.
bool isBlank(std::string_view text);

/// Jinja's title filter: the first letter after the start, white space or one of - ( { [ < upper,
/// all others lower, by Unicode's full mappings ("ß" becomes "SS").
std::string jinjaTitle(std::string_view text);

}  // namespace lectern::text
