// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace lectern {

/// What a caller can branch on. Each face of the program maps these to its own signals
/// (`app/cli/exit_code.h`).
enum class ErrorCode {
  Internal,        ///< a bug of ours that was caught
  Usage,           ///< the call was put wrongly
  NotFound,        ///< the thing asked for does not exist
  InputRefused,    ///< a file that cannot be read as what it claims to be
  PasswordNeeded,  ///< an encrypted file, and no password or a wrong one
  ModelUnusable,   ///< a model is missing or damaged
  DoesNotFit,      ///< more tokens than the window holds
  OutOfMemory,     ///< memory was refused
  Storage,         ///< the database or the disk failed
  Locked,          ///< another process has the library open for writing
  Cancelled,       ///< the user stopped it
};

/// The word of a code in logs and JSON: "input-refused".
std::string_view toString(ErrorCode code);

/// What went wrong, as a value. `message` is a sentence for the reader: what failed, on what, what
/// to do next.
struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;
};

/// A value or an Error. Thin over tl::expected, which is not nodiscard.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  using Base = tl::expected<T, Error>;

 public:
  using Base::Base;
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Error error) : Base(tl::unexpect, std::move(error)) {}
};

template <>
class [[nodiscard]] Result<void> : public tl::expected<void, Error> {
  using Base = tl::expected<void, Error>;

 public:
  using Base::Base;
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Error error) : Base(tl::unexpect, std::move(error)) {}
};

namespace detail {

template <class T>
T takeValue(Result<T>&& result) {
  return std::move(*result);
}
inline void takeValue(Result<void>&& /*result*/) {}

}  // namespace detail

}  // namespace lectern

/// Gives the value of a Result, or returns its Error from the enclosing function.
#define TRY(expression)                                                \
  (__extension__({                                                     \
    auto&& tryResult_ = (expression);                                  \
    if (!tryResult_.has_value()) return std::move(tryResult_).error(); \
    ::lectern::detail::takeValue(std::move(tryResult_));               \
  }))
