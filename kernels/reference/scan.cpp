// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/reference/reference.h"

namespace lectern::kernels::reference {

void run(const SelectiveScan& op) {
  for (int64_t c = 0; c < op.u.cols; ++c) {
    for (int64_t t = 0; t < op.u.rows; ++t) {
      const float u = load(op.u, t, c);
      const float delta = softplus(load(op.delta, t, c) + load(op.deltaBias, 0, c));
      float y = load(op.skip, 0, c) * u;
      for (int64_t s = 0; s < op.a.rows; ++s) {
        const float h =
            std::exp(delta * load(op.a, s, c)) * load(op.h, s, c) + delta * load(op.b, t, s) * u;
        store(op.h, s, c, h);
        y += load(op.c, t, s) * h;
      }
      store(op.out, t, c, op.z.isPresent() ? y * silu(load(op.z, t, c)) : y);
    }
  }
}

void run(const MambaStep& op) {
  const int64_t inner = op.xz.cols / 2;
  const int64_t state = op.a.rows;
  const int64_t projected = op.xProj.out;
  const int64_t rank = projected - 2 * state;
  const Tensor u = op.scratch.colRange(0, inner);
  const Tensor x = op.scratch.colRange(inner, projected);
  const Tensor split = op.scratch.colRange(inner + projected, projected);
  const Tensor delta = op.scratch.colRange(inner + 2 * projected, inner);

  run(ConvSilu{op.xz.colRange(0, inner), op.convWeight, op.convBias, op.convState, u});
  run(Linear{op.xProj, u, {}, x});
  run(SplitNorm{x, op.deltaNorm, op.bNorm, op.cNorm, split.colRange(0, rank),
                split.colRange(rank, state), split.colRange(rank + state, state), op.eps});
  run(Linear{op.deltaProj, split.colRange(0, rank), {}, delta});
  run(SelectiveScan{u, delta, op.deltaBias, op.a, split.colRange(rank, state),
                    split.colRange(rank + state, state), op.skip, op.xz.colRange(inner, inner),
                    op.h, op.out});
}

}  // namespace lectern::kernels::reference
