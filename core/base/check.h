// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace lectern {

/// Prints the broken expectation to stderr and aborts. Only a bug of ours ends here, never input.
[[noreturn]] void checkFailed(const char* expression, const char* file, int line);

}  // namespace lectern

/// An expectation that only a bug can break; checked in every build.
#define LECTERN_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::lectern::checkFailed(#expression, __FILE__, __LINE__))

/// The same for hot paths; checked in debug builds.
#ifdef NDEBUG
#define LECTERN_DCHECK(expression) static_cast<void>(sizeof((expression) ? 1 : 0))
#else
#define LECTERN_DCHECK(expression) LECTERN_CHECK(expression)
#endif
