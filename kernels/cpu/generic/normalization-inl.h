// SPDX-License-Identifier: GPL-3.0-or-later
// AddNorm and SplitNorm.

// 1 / √(mean(x²) + eps).
inline float inverseRms(const float* x, int64_t count, float eps) {
  V even = splat(0.0F);
  V odd = splat(0.0F);
  for (int64_t i = 0; i < count; i += 2 * kLanes) {
    const V a = load(x + i, count - i);
    even = fma(a, a, even);
    if (i + kLanes >= count) break;
    const V b = load(x + i + kLanes, count - i - kLanes);
    odd = fma(b, b, odd);
  }
  return 1.0F / __builtin_sqrtf(sumOf(even + odd) / static_cast<float>(count) + eps);
}

inline void scaleInto(float* out, const float* x, float scale, const float* weight, int64_t count) {
  for (int64_t i = 0; i < count; i += kLanes) {
    const int64_t n = count - i;
    store(out + i, load(x + i, n) * splat(scale) * load(weight + i, n), n);
  }
}

inline void run(const AddNorm& op, Workspace& workspace) {
  const int64_t cols = op.residual.cols;
  const int64_t rows = op.residual.rows;
  forEachItem(workspace, rows, rows * cols * 4, [&](int64_t t, int) {
    float* residual = row(op.residual, t);
    if (op.delta.isPresent()) {
      const float* delta = row(op.delta, t);
      for (int64_t i = 0; i < cols; i += kLanes) {
        const int64_t n = cols - i;
        store(residual + i, load(residual + i, n) + load(delta + i, n), n);
      }
    }
    scaleInto(row(op.out, t), residual, inverseRms(residual, cols, op.eps), row(op.weight, 0),
              cols);
  });
}

inline void splitPart(const float* in, const Tensor& weight, float eps, float* out, int64_t count) {
  if (weight.isPresent()) {
    scaleInto(out, in, inverseRms(in, count, eps), row(weight, 0), count);
  } else {
    for (int64_t i = 0; i < count; ++i) out[i] = in[i];
  }
}

inline void run(const SplitNorm& op, Workspace& workspace) {
  const int64_t rank = op.delta.cols;
  const int64_t state = op.b.cols;
  const int64_t rows = op.in.rows;
  forEachItem(workspace, rows, rows * op.in.cols * 4, [&](int64_t t, int) {
    const float* in = row(op.in, t);
    splitPart(in, op.deltaWeight, op.eps, row(op.delta, t), rank);
    splitPart(in + rank, op.bWeight, op.eps, row(op.b, t), state);
    splitPart(in + rank + state, op.cWeight, op.eps, row(op.c, t), state);
  });
}
