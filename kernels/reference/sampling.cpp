// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/reference/reference.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace lectern::kernels::reference {

void run(const TopLogits& op) {
  const float* logits = op.logits.row<float>(0);
  std::vector<int32_t> allowed;
  for (int32_t v = 0; v < op.logits.cols; ++v) {
    if (op.mask.isPresent()) {
      const auto word = static_cast<uint32_t>(op.mask.row<int32_t>(0)[v / 32]);
      if ((word >> (v % 32) & 1U) == 0) continue;
    }
    allowed.push_back(v);
  }
  const auto keep = std::min<int64_t>(op.values.cols, static_cast<int64_t>(allowed.size()));
  std::partial_sort(allowed.begin(), allowed.begin() + keep, allowed.end(),
                    [&](int32_t a, int32_t b) {
                      return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
                    });
  for (int64_t i = 0; i < op.values.cols; ++i) {
    const bool found = i < keep;
    op.ids.row<int32_t>(0)[i] = found ? allowed[static_cast<size_t>(i)] : -1;
    op.values.row<float>(0)[i] =
        found ? logits[allowed[static_cast<size_t>(i)]] : -std::numeric_limits<float>::infinity();
  }
}

}  // namespace lectern::kernels::reference
