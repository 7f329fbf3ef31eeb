// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/token_prefix.h"

#include "core/base/byte_io.h"

namespace lectern {

void TokenPrefix::extend(std::span<const int32_t> behind) {
  for (const int32_t token : behind) {
    Sha256Hasher hasher;
    hasher.update({reinterpret_cast<const char*>(hash.data()), hash.size()});
    ByteWriter writer;
    writer.u32(static_cast<uint32_t>(token));
    hasher.update(writer.bytes());
    hash = hasher.finish();
  }
  tokens += static_cast<int64_t>(behind.size());
}

}  // namespace lectern
