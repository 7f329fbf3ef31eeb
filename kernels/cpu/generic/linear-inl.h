// SPDX-License-Identifier: GPL-3.0-or-later
// EmbedRows, Linear, LinearGated and Experts.

// Row `row` of a panel.
inline void embedRow(DType dtype, const void* panel, int64_t depth, int64_t row, float* out) {
  const auto* bytes = static_cast<const uint8_t*>(panel);
  switch (dtype) {
    case DType::BF16:
      for (int64_t i = 0; i < depth; ++i) {
        out[i] =
            numberOf(static_cast<const BFloat16*>(panel)[(i / 2 * kLayout.rows + row) * 2 + i % 2]);
      }
      return;
    case DType::F32:
      for (int64_t i = 0; i < depth; ++i) {
        out[i] = static_cast<const float*>(panel)[i * kLayout.rows + row];
      }
      return;
    default:
      forQuantised(dtype, [&]<DType D>() { embedBytes<D>(bytes, depth, row, out); });
  }
}

inline void run(const EmbedRows& op, Workspace& workspace) {
  const int32_t* ids = row<int32_t>(op.ids, 0);
  forEachItem(workspace, op.ids.cols, op.ids.cols * op.table.in * 16, [&](int64_t t, int) {
    const int64_t id = ids[t];
    LECTERN_CHECK(id >= 0 && id < op.table.out);
    embedRow(op.table.dtype, kLayout.panel(op.table, 0, id / kLayout.rows), op.table.in,
             id % kLayout.rows, row(op.out, t));
  });
}

inline void run(const Linear& op, Workspace& workspace) {
  const Batch all{0, op.in.rows};
  const float* bias = op.bias.isPresent() ? row(op.bias, 0) : nullptr;
  multiply(workspace, {&all, 1}, {row(op.in, 0), op.in.stride, op.in.rows}, op.weight, nullptr,
           [&](int64_t t, int64_t column, int64_t columns, const float* sums, const float*) {
             float* out = row(op.out, t) + column;
             for (int64_t i = 0; i < columns; i += kLanes) {
               const int64_t n = columns - i;
               const V sum = load(sums + i);
               store(out + i, bias != nullptr ? sum + load(bias + column + i, n) : sum, n);
             }
           });
}

inline void storeGated(float* out, int64_t columns, const float* gate, const float* up) {
  for (int64_t i = 0; i < columns; i += kLanes) {
    store(out + i, silu(load(gate + i)) * load(up + i), columns - i);
  }
}

inline void run(const LinearGated& op, Workspace& workspace) {
  const Batch all{0, op.in.rows};
  multiply(workspace, {&all, 1}, {row(op.in, 0), op.in.stride, op.in.rows}, op.gate, &op.up,
           [&](int64_t t, int64_t column, int64_t columns, const float* gate, const float* up) {
             storeGated(row(op.out, t) + column, columns, gate, up);
           });
}

// Puts the entries (token · topK + k) that chose an expert beside each other, in ascending order;
// an expert that nobody chose has no batch. Returns how many batches there are.
inline int64_t groupByExpert(const Experts& op, int32_t* entries, Batch* batches) {
  const int64_t topK = op.experts.cols;
  int64_t offset = 0;
  int64_t count = 0;
  for (int64_t t = 0; t < op.experts.rows; ++t) {
    for (int64_t k = 0; k < topK; ++k) {
      const int32_t expert = row<int32_t>(op.experts, t)[k];
      LECTERN_CHECK(expert >= 0 && expert < op.gate.groups);
    }
  }
  for (int64_t expert = 0; expert < op.gate.groups; ++expert) {
    const int64_t begin = offset;
    for (int64_t t = 0; t < op.experts.rows; ++t) {
      const int32_t* chosen = row<int32_t>(op.experts, t);
      for (int64_t k = 0; k < topK; ++k) {
        if (chosen[k] == expert) entries[offset++] = static_cast<int32_t>(t * topK + k);
      }
    }
    if (offset > begin) batches[count++] = {expert, offset - begin, entries + begin, begin};
  }
  return count;
}

inline void run(const Experts& op, Workspace& workspace) {
  const int64_t hidden = op.gate.in;
  const int64_t topK = op.experts.cols;
  const int64_t uses = op.in.rows * topK;
  Batch* batches = workspace.plan.get<Batch>(op.gate.groups + uses / 4 + 1);
  int32_t* entries = reinterpret_cast<int32_t*>(batches + op.gate.groups);
  const Batches chosen{batches, groupByExpert(op, entries, batches)};

  // In scratch each use has its result in the first `hidden` columns and its activation behind.
  multiply(workspace, chosen, {row(op.in, 0), op.in.stride, op.in.rows, topK}, op.gate, &op.up,
           [&](int64_t entry, int64_t column, int64_t columns, const float* gate, const float* up) {
             storeGated(row(op.scratch, entry) + hidden + column, columns, gate, up);
           });
  multiply(workspace, chosen, {row(op.scratch, 0) + hidden, op.scratch.stride, op.in.rows}, op.down,
           nullptr,
           [&](int64_t entry, int64_t column, int64_t columns, const float* sums, const float*) {
             float* out = row(op.scratch, entry) + column;
             for (int64_t i = 0; i < columns; i += kLanes)
               store(out + i, load(sums + i), columns - i);
           });
  forEachItem(workspace, op.in.rows, uses * hidden, [&](int64_t t, int) {
    const float* weights = row(op.weights, t);
    float* out = row(op.out, t);
    for (int64_t i = 0; i < hidden; i += kLanes) {
      V sum = splat(0.0F);
      for (int64_t k = 0; k < topK; ++k) {
        const V part = load(row(op.scratch, t * topK + k) + i, hidden - i);
        sum = fma(splat(weights[k]), part, sum);
      }
      store(out + i, sum, hidden - i);
    }
  });
}
