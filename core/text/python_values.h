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

/// Jinja's title filter: the first letter after the start, white space or one of - ( { [ < upper,
/// all others lower.
std::string jinjaTitle(std::string_view text);

}  // namespace lectern::text
