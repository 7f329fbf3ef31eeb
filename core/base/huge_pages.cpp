// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/huge_pages.h"

#include <sys/mman.h>

namespace lectern {

void preferHugePages(void* data, size_t bytes) noexcept {
#ifdef MADV_HUGEPAGE
  static_cast<void>(::madvise(data, bytes, MADV_HUGEPAGE));
#else
  static_cast<void>(data);
  static_cast<void>(bytes);
#endif
}

}  // namespace lectern
