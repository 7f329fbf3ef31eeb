// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace lectern {

void checkFailed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "lectern: internal error: %s does not hold (%s:%d)\n", expression, file,
               line);
  std::abort();
}

}  // namespace lectern
