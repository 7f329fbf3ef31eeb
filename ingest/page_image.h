// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <vector>

namespace lectern {

/// Pixels of a page, rows from the top, 32 bits each: 0xffRRGGBB in native byte order.
struct PageImage {
  int width = 0;
  int height = 0;
  std::vector<uint32_t> pixels;
};

}  // namespace lectern
