// SPDX-License-Identifier: GPL-3.0-or-later
// Route and TopLogits.

inline void run(const Route& op, Workspace& workspace) {
  const int64_t count = op.logits.cols;
  const int64_t topK = op.experts.cols;
  forEachItem(workspace, op.logits.rows, op.logits.rows * count * (16 + topK), [&](int64_t t, int) {
    const float* logits = row(op.logits, t);
    int32_t* experts = row<int32_t>(op.experts, t);
    float* weights = row(op.weights, t);
    for (int64_t k = 0; k < topK; ++k) {
      int64_t best = -1;
      for (int64_t e = 0; e < count; ++e) {
        bool taken = false;
        for (int64_t i = 0; i < k; ++i) taken = taken || experts[i] == e;
        if (!taken && (best < 0 || logits[e] > logits[best])) best = e;
      }
      experts[k] = static_cast<int32_t>(best);
    }
    const V largest = splat(logits[experts[0]]);
    V sum = splat(0.0F);
    for (int64_t e = 0; e < count; e += kLanes) {
      const int64_t n = count - e;
      alignas(64) float lane[kLanes];
      store(lane, exponential(load(logits + e, n) - largest));
      for (int64_t i = n; i < kLanes; ++i) lane[i] = 0.0F;
      sum = sum + load(lane);
    }
    const float all = sumOf(sum);
    for (int64_t k = 0; k < topK; ++k) {
      weights[k] = exponentialOf(logits[experts[k]] - logits[experts[0]]) / all;
    }
  });
}

// Keeps the best so far by falling value, the last of them being the one to beat; most logits of a
// large vocabulary are turned away by one comparison.
inline void run(const TopLogits& op, Workspace&) {
  const float* logits = row(op.logits, 0);
  const int32_t* mask = op.mask.isPresent() ? row<int32_t>(op.mask, 0) : nullptr;
  float* values = row(op.values, 0);
  int32_t* ids = row<int32_t>(op.ids, 0);
  const int64_t keep = op.values.cols;
  int64_t kept = 0;
  for (int64_t v = 0; v < op.logits.cols; ++v) {
    const float value = logits[v];
    if (kept == keep && !(value > values[keep - 1])) continue;
    if (mask != nullptr && (static_cast<uint32_t>(mask[v / 32]) >> (v % 32) & 1U) == 0) continue;
    int64_t place = kept < keep ? kept++ : keep - 1;
    for (; place > 0 && value > values[place - 1]; --place) {
      values[place] = values[place - 1];
      ids[place] = ids[place - 1];
    }
    values[place] = value;
    ids[place] = static_cast<int32_t>(v);
  }
  for (; kept < keep; ++kept) {
    values[kept] = kNone;
    ids[kept] = -1;
  }
}
