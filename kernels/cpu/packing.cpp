// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cpu/packing.h"

#include "kernels/bfloat16.h"

#include <algorithm>

namespace lectern::kernels::cpu {

namespace {

template <class T>
void packPanel(const T* rows, int64_t count, int64_t in, int64_t panelRows, T* panel) {
  for (int64_t row = 0; row < panelRows; ++row) {
    for (int64_t i = 0; i < in; ++i) {
      panel[i * panelRows + row] = row < count ? rows[row * in + i] : T{};
    }
  }
}

}  // namespace

void packGroup(const PanelLayout& layout,
               const Weight& weight,
               int64_t group,
               const void* source,
               void* packed) {
  char* place =
      static_cast<char*>(packed) + group * layout.groupBytes(weight.dtype, weight.out, weight.in);
  for (int64_t panel = 0; panel < layout.panels(weight.out); ++panel) {
    const int64_t first = panel * layout.rows;
    const int64_t count = std::min(layout.rows, weight.out - first);
    void* to = place + panel * layout.panelBytes(weight.dtype, weight.in);
    if (weight.dtype == DType::BF16) {
      packPanel(static_cast<const BFloat16*>(source) + first * weight.in, count, weight.in,
                layout.rows, static_cast<BFloat16*>(to));
    } else {
      packPanel(static_cast<const float*>(source) + first * weight.in, count, weight.in,
                layout.rows, static_cast<float*>(to));
    }
  }
}

}  // namespace lectern::kernels::cpu
