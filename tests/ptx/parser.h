// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "tests/ptx/module.h"

#include <string_view>

namespace lectern::ptx {

/// Reads the text of one PTX module as nvcc writes it (PTX ISA 8 and 9). Declarations that do
/// nothing here (debug sections, `.maxntid`, `.pragma`) are known by name and passed over; any
/// other unknown directive is an error. Instructions are taken as words: what they mean, and
/// whether we know them, is decided when a kernel is linked (program.h).
///
/// Errors: InputRefused, with the line of the text.
Result<Module> parseModule(std::string_view text);

}  // namespace lectern::ptx
