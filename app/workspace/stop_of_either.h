// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <stop_token>

namespace lectern {

/// A token that stops when one of two does.
class StopOfEither {
 public:
  StopOfEither(const std::stop_token& one, const std::stop_source& other)
      : onOne_(one, [this] { either_.request_stop(); }),
        onOther_(other.get_token(), [this] { either_.request_stop(); }) {}

  [[nodiscard]] std::stop_token token() const { return either_.get_token(); }

 private:
  std::stop_source either_;
  std::stop_callback<std::function<void()>> onOne_;
  std::stop_callback<std::function<void()>> onOther_;
};

}  // namespace lectern
