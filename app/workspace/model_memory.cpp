// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/model_memory.h"

#include <unistd.h>

namespace lectern {

ModelMemory memoryOf(const ModelDescription& model,
                     int64_t windowTokens,
                     std::optional<kernels::DType> cacheType) {
  return memoryOf(model.config, model.bytes, windowTokens, cacheType);
}

int64_t machineMemoryBytes() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long bytes = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && bytes > 0 ? int64_t{pages} * bytes : 0;
}

}  // namespace lectern
