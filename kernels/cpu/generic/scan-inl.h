// SPDX-License-Identifier: GPL-3.0-or-later
// ConvSilu, SelectiveScan and MambaStep. A register holds kLanes channels; a thread takes
// kChannelBlock channels through all tokens, so that it alone reads and writes their state.

// One line of cache of every row: 16 floats.
constexpr int64_t kChannelBlock = 16;

inline int64_t channelBlocks(int64_t channels) {
  return (channels + kChannelBlock - 1) / kChannelBlock;
}

// Calls body(first, count, worker) for the registers' worth of channels of every block.
template <class Body>
void forEachChannels(Workspace& workspace, int64_t channels, int64_t work, const Body& body) {
  forEachItem(workspace, channelBlocks(channels), work, [&](int64_t block, int worker) {
    const int64_t end = least(channels, (block + 1) * kChannelBlock);
    for (int64_t c = block * kChannelBlock; c < end; c += kLanes) body(c, end - c, worker);
  });
}

// Rows are a page and more apart, which no machine fetches ahead by itself.
constexpr int64_t kRowsAhead = 8;
inline void fetchAhead(const Tensor& tensor, int64_t t, int64_t c) {
  if (t + kRowsAhead < tensor.rows) __builtin_prefetch(row(tensor, t + kRowsAhead) + c);
}

inline void run(const ConvSilu& op, Workspace& workspace) {
  const int64_t taps = op.weight.rows;
  const int64_t tokens = op.in.rows;
  // Inputs of before this run have negative numbers.
  const auto input = [&](int64_t t) {
    return t >= 0 ? row(op.in, t) : row(op.state, t + taps - 1);
  };
  const auto channels = [&](int64_t c, int64_t n, int) {
    const V bias = op.bias.isPresent() ? load(row(op.bias, 0) + c, n) : splat(0.0F);
    for (int64_t t = 0; t < tokens; ++t) {
      fetchAhead(op.in, t, c);
      fetchAhead(op.out, t, c);
      V sum = bias;
      for (int64_t k = 0; k < taps; ++k) {
        const V weight = load(row(op.weight, k) + c, n);
        sum = fma(weight, load(input(t - taps + 1 + k) + c, n), sum);
      }
      store(row(op.out, t) + c, silu(sum), n);
    }
    for (int64_t k = 0; k + 1 < taps; ++k) {
      store(row(op.state, k) + c, load(input(tokens - taps + 1 + k) + c, n), n);
    }
  };
  forEachChannels(workspace, op.in.cols, tokens * op.in.cols * (taps + 16), channels);
}

inline void run(const SelectiveScan& op, Workspace& workspace) {
  const int64_t states = op.a.rows;
  const int64_t tokens = op.u.rows;
  // State and A beside each other: rows of [S, I] lie a power of two apart and would share a few
  // lines of the first level of cache. A in powers of two saves a product for each state.
  const Workspace::Own own = workspace.own(2 * states * kLanes);
  const auto channels = [&](int64_t c, int64_t n, int worker) {
    float* h = own.of(worker);
    float* a = h + states * kLanes;
    for (int64_t s = 0; s < states; ++s) {
      store(h + s * kLanes, load(row(op.h, s) + c, n));
      store(a + s * kLanes, load(row(op.a, s) + c, n) * splat(kLog2E));
    }
    const V bias = load(row(op.deltaBias, 0) + c, n);
    const V skip = load(row(op.skip, 0) + c, n);
    for (int64_t t = 0; t < tokens; ++t) {
      fetchAhead(op.u, t, c);
      fetchAhead(op.delta, t, c);
      if (op.z.isPresent()) fetchAhead(op.z, t, c);
      fetchAhead(op.out, t, c);
      const V u = load(row(op.u, t) + c, n);
      const V delta = softplus(load(row(op.delta, t) + c, n) + bias);
      const V input = delta * u;
      const float* b = row(op.b, t);
      const float* cRow = row(op.c, t);
      V y = skip * u;
      for (int64_t s = 0; s < states; ++s) {
        const V kept = decay(delta * load(a + s * kLanes)) * load(h + s * kLanes);
        const V state = fma(input, splat(b[s]), kept);
        store(h + s * kLanes, state);
        y = fma(splat(cRow[s]), state, y);
      }
      if (op.z.isPresent()) y = y * silu(load(row(op.z, t) + c, n));
      store(row(op.out, t) + c, y, n);
    }
    for (int64_t s = 0; s < states; ++s) store(row(op.h, s) + c, load(h + s * kLanes), n);
  };
  forEachChannels(workspace, op.u.cols, tokens * op.u.cols * (states + 4) * 16, channels);
}

inline void run(const MambaStep& op, Workspace& workspace) {
  const int64_t inner = op.xz.cols / 2;
  const int64_t state = op.a.rows;
  const int64_t projected = op.xProj.out;
  const int64_t rank = projected - 2 * state;
  const Tensor u = op.scratch.colRange(0, inner);
  const Tensor x = op.scratch.colRange(inner, projected);
  const Tensor split = op.scratch.colRange(inner + projected, projected);
  const Tensor delta = op.scratch.colRange(inner + 2 * projected, inner);
  const Tensor rankPart = split.colRange(0, rank);
  const Tensor b = split.colRange(rank, state);
  const Tensor c = split.colRange(rank + state, state);

  run(ConvSilu{op.xz.colRange(0, inner), op.convWeight, op.convBias, op.convState, u}, workspace);
  run(Linear{op.xProj, u, {}, x}, workspace);
  run(SplitNorm{x, op.deltaNorm, op.bNorm, op.cNorm, rankPart, b, c, op.eps}, workspace);
  run(Linear{op.deltaProj, rankPart, {}, delta}, workspace);
  run(SelectiveScan{u, delta, op.deltaBias, op.a, b, c, op.skip, op.xz.colRange(inner, inner), op.h,
                    op.out},
      workspace);
}
