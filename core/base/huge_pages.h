// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

namespace lectern {

/// Asks the system for large pages (2 MiB on x86) under mapped memory, anonymous or of a file: what
/// is read from end to end comes from memory faster, for the processor's own prefetching ends with
/// a page. A wish: where the system has none to give, nothing changes. Memory that is touched costs
/// whole large pages then. `data` begins a page.
void preferHugePages(void* data, size_t bytes) noexcept;

}  // namespace lectern
