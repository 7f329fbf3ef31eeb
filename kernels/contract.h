// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/operations.h"

#include <string>
#include <string_view>

namespace lectern::kernels {

/// "SelectiveScan".
std::string_view nameOf(const Operation& operation);

/// What is wrong with an operation's operands: "SelectiveScan: delta has 511 rows, u has 512."
/// Empty where nothing is. Checked once, in front of every backend, so that all of them refuse the
/// same arguments with the same words. Values in device memory (ids, positions) cannot be seen
/// here.
std::string contractBreach(const Operation& operation);

}  // namespace lectern::kernels
