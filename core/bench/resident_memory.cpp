// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/resident_memory.h"

#include <fstream>
#include <string>

namespace lectern::bench {

ResidentMemory residentMemory() {
  ResidentMemory memory;
  std::ifstream status("/proc/self/status");
  for (std::string key; status >> key;) {
    int64_t kilobytes = 0;
    if (key == "VmRSS:" && status >> kilobytes) memory.bytes = kilobytes * 1024;
    if (key == "RssFile:" && status >> kilobytes) memory.fileBytes = kilobytes * 1024;
    status.clear();
  }
  return memory;
}

}  // namespace lectern::bench
