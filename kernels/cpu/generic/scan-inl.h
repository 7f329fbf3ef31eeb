// SPDX-License-Identifier: GPL-3.0-or-later
// ConvSilu, SelectiveScan and MambaStep. A register holds kLanes channels; a thread takes
// kChannelBlock channels through all tokens, so that it alone reads and writes their state.

// Four lines of cache of every row: rows are pages apart, and with one line of each it was a
// quarter slower.
constexpr int64_t kChannelBlock = 64;
// Of a token alone, of which nothing but state and A is long.
constexpr int64_t kStepBlock = 256;

// Calls body(first, end, worker) for the channels of every block.
template <int64_t Block = kChannelBlock, class Body>
void forEachChannels(Workspace& workspace, int64_t channels, int64_t work, const Body& body) {
  const int64_t blocks = (channels + Block - 1) / Block;
  forEachItem(workspace, blocks, work, [&](int64_t block, int worker) {
    body(block * Block, least(channels, (block + 1) * Block), worker);
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
  const auto channels = [&](int64_t first, int64_t end, int) {
    for (int64_t t = 0; t < tokens; ++t) {
      for (int64_t c = first; c < end; c += kLanes) {
        const int64_t n = end - c;
        fetchAhead(op.in, t, c);
        fetchAhead(op.out, t, c);
        V sum = op.bias.isPresent() ? load(row(op.bias, 0) + c, n) : splat(0.0F);
        for (int64_t k = 0; k < taps; ++k) {
          const V weight = load(row(op.weight, k) + c, n);
          sum = fma(weight, load(input(t - taps + 1 + k) + c, n), sum);
        }
        store(row(op.out, t) + c, silu(sum), n);
      }
    }
    for (int64_t k = 0; k + 1 < taps; ++k) {
      for (int64_t c = first; c < end; c += kLanes) {
        store(row(op.state, k) + c, load(input(tokens - taps + 1 + k) + c, end - c), end - c);
      }
    }
  };
  forEachChannels(workspace, op.in.cols, tokens * op.in.cols * (taps + 16), channels);
}

// What a token's channels have in common for all states: Δ, Δ u, and the output so far. All
// channels of a block have the same done to them before the next thing is done, for logarithms and
// quotients are long chains, of which several together take little longer than one.
template <int64_t Block>
struct ScanChannels {
  alignas(64) float delta[Block];
  alignas(64) float input[Block];
  alignas(64) float sum[Block];

  void prepare(const SelectiveScan& op, int64_t t, int64_t first, int64_t end) {
    for (int64_t c = first; c < end; c += kLanes) {
      const int64_t n = end - c;
      const V u = load(row(op.u, t) + c, n);
      const V own = softplus(load(row(op.delta, t) + c, n) + load(row(op.deltaBias, 0) + c, n));
      store(delta + c - first, own);
      store(input + c - first, own * u);
      store(sum + c - first, load(row(op.skip, 0) + c, n) * u);
    }
  }
  void finish(const SelectiveScan& op, int64_t t, int64_t first, int64_t end) const {
    for (int64_t c = first; c < end; c += kLanes) {
      V y = load(sum + c - first);
      if (op.z.isPresent()) y = y * silu(load(row(op.z, t) + c, end - c));
      store(row(op.out, t) + c, y, end - c);
    }
  }
};

// The first token of `op`, in the order of the others: state and A come from memory, row by row,
// each asked for while the two before it are used.
inline void scanOne(const SelectiveScan& op, Workspace& workspace) {
  const int64_t states = op.a.rows;
  const auto channels = [&](int64_t first, int64_t end, int) {
    ScanChannels<kStepBlock> token;
    token.prepare(op, 0, first, end);
    for (int64_t s = 0; s < states; ++s) {
      const V b = splat(row(op.b, 0)[s]);
      const V out = splat(row(op.c, 0)[s]);
      const int64_t ahead = least(s + 2, states - 1);
      for (int64_t c = first; c < end; c += kLanes) {
        __builtin_prefetch(row(op.h, ahead) + c);
        __builtin_prefetch(row(op.a, ahead) + c);
        const V a = load(row(op.a, s) + c, end - c) * splat(kLog2E);
        const V kept = decay(load(token.delta + c - first) * a) * load(row(op.h, s) + c, end - c);
        const V state = fma(load(token.input + c - first), b, kept);
        store(row(op.h, s) + c, state, end - c);
        store(token.sum + c - first, fma(out, state, load(token.sum + c - first)));
      }
    }
    token.finish(op, 0, first, end);
  };
  forEachChannels<kStepBlock>(workspace, op.u.cols, op.u.cols * (states + 4) * 16, channels);
}

inline void run(const SelectiveScan& op, Workspace& workspace) {
  const int64_t states = op.a.rows;
  const int64_t tokens = op.u.rows;
  if (tokens == 1) {
    scanOne(op, workspace);
    return;
  }
  // State and A beside each other: rows of [S, I] lie a power of two apart and would share a few
  // lines of the first level of cache. A in powers of two saves a product for each state.
  const Workspace::Own own = workspace.own(2 * states * kChannelBlock);
  const auto channels = [&, states](int64_t first, int64_t end, int worker) {
    // [register][state][h, a]
    const auto placeOf = [&](int64_t c, int64_t s) {
      return own.of(worker) + ((c - first) * states + s * kLanes) * 2;
    };
    for (int64_t c = first; c < end; c += kLanes) {
      for (int64_t s = 0; s < states; ++s) {
        store(placeOf(c, s), load(row(op.h, s) + c, end - c));
        store(placeOf(c, s) + kLanes, load(row(op.a, s) + c, end - c) * splat(kLog2E));
      }
    }
    ScanChannels<kChannelBlock> token;
    for (int64_t t = 0; t < tokens; ++t) {
      const float* b = row(op.b, t);
      const float* cRow = row(op.c, t);
      for (int64_t c = first; c < end; c += kLanes) {
        fetchAhead(op.u, t, c);
        fetchAhead(op.delta, t, c);
        if (op.z.isPresent()) fetchAhead(op.z, t, c);
        fetchAhead(op.out, t, c);
      }
      token.prepare(op, t, first, end);
      for (int64_t c = first; c < end; c += kLanes) {
        const V delta = load(token.delta + c - first);
        const V input = load(token.input + c - first);
        V y = load(token.sum + c - first);
        float* place = placeOf(c, 0);
        for (int64_t s = 0; s < states; ++s, place += 2 * kLanes) {
          const V kept = decay(delta * load(place + kLanes)) * load(place);
          const V state = fma(input, splat(b[s]), kept);
          store(place, state);
          y = fma(splat(cRow[s]), state, y);
        }
        store(token.sum + c - first, y);
      }
      token.finish(op, t, first, end);
    }
    for (int64_t c = first; c < end; c += kLanes) {
      for (int64_t s = 0; s < states; ++s) store(row(op.h, s) + c, load(placeOf(c, s)), end - c);
    }
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
