// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/exit_code.h"

namespace lectern::cli {

ExitCode exitCodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::Internal:
      return ExitCode::Internal;
    case ErrorCode::Usage:
      return ExitCode::Usage;
    case ErrorCode::NotFound:
      return ExitCode::NotFound;
    case ErrorCode::InputRefused:
    case ErrorCode::PasswordNeeded:
      return ExitCode::InputRefused;
    case ErrorCode::ModelUnusable:
      return ExitCode::ModelUnusable;
    case ErrorCode::DoesNotFit:
    case ErrorCode::OutOfMemory:
      return ExitCode::DoesNotFit;
    case ErrorCode::Storage:
    case ErrorCode::Locked:
      return ExitCode::Storage;
    case ErrorCode::Cancelled:
      return ExitCode::Cancelled;
  }
  return ExitCode::Internal;
}

std::string messageOf(const Error& error) {
  if (error.code != ErrorCode::PasswordNeeded) return error.message;
  return error.message + " Give the file that holds its password with --password-file.";
}

}  // namespace lectern::cli
