// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/answer_event.h"

namespace lectern {

std::string_view toString(AnswerEnd end) {
  switch (end) {
    case AnswerEnd::Whole:
      return "whole";
    case AnswerEnd::TokenLimit:
      return "token-limit";
    case AnswerEnd::WindowFull:
      return "window-full";
    case AnswerEnd::Stopped:
      return "stopped";
  }
  return "whole";
}

}  // namespace lectern
