// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <nlohmann/json.hpp>

#include <string_view>

namespace lectern {

/// Parses JSON that comes from outside. Stricter than the library by itself: repeated keys in an
/// object are an error (it would silently take the last), and so is nesting deeper than 64 (its
/// walkers recurse). Errors: InputRefused with `what`, the place and the cause.
Result<nlohmann::json> parseJson(std::string_view text, std::string_view what);

}  // namespace lectern
