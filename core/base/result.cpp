// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/result.h"

namespace lectern {

std::string_view toString(ErrorCode code) {
  switch (code) {
    case ErrorCode::Internal:
      return "internal";
    case ErrorCode::Usage:
      return "usage";
    case ErrorCode::NotFound:
      return "not-found";
    case ErrorCode::InputRefused:
      return "input-refused";
    case ErrorCode::PasswordNeeded:
      return "password-needed";
    case ErrorCode::ModelUnusable:
      return "model-unusable";
    case ErrorCode::DoesNotFit:
      return "does-not-fit";
    case ErrorCode::OutOfMemory:
      return "out-of-memory";
    case ErrorCode::Storage:
      return "storage";
    case ErrorCode::Locked:
      return "locked";
    case ErrorCode::Cancelled:
      return "cancelled";
  }
  return "internal";
}

}  // namespace lectern
