// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/desktop/allocator.h"

#include <malloc.h>

namespace lectern::gui {

void shareArenas() {
  mallopt(M_ARENA_MAX, 1);
}

}  // namespace lectern::gui
