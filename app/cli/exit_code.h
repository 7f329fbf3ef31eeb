// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>

namespace lectern::cli {

/// What the command line ends with. Scripts rely on these numbers: they never change their meaning.
enum class ExitCode : uint8_t {
  Answered = 0,
  Internal = 1,       ///< a bug of ours
  Usage = 2,          ///< the command was put wrongly
  NotFound = 3,       ///< the documents do not say it; there is no such thing; a citation fails
  InputRefused = 4,   ///< a file cannot be read, or needs a password
  ModelUnusable = 5,  ///< a model is missing or damaged
  DoesNotFit = 6,     ///< more than the window, a limit or the memory holds
  Storage = 7,        ///< the disk or the library failed, or another process holds it
  Cancelled = 130,    ///< stopped by the user
};

ExitCode exitCodeOf(ErrorCode code);

/// The error's sentence, and what to do on the command line where it leaves that to the face.
std::string messageOf(const Error& error);

/// The table of `--help`.
inline constexpr const char* kExitCodeHelp =
    "Exit codes: 0 done or answered, 1 internal error, 2 usage, 3 not found in the\n"
    "documents (verify: a citation fails), 4 file refused or password needed, 5 model\n"
    "unusable, 6 does not fit (tokens or memory), 7 storage failed or locked,\n"
    "130 stopped.";

}  // namespace lectern::cli
