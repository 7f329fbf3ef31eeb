// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/device/math.cuh"
#include "kernels/cuda/device/rows.cuh"
#include "kernels/cuda/device/warp.cuh"
#include "kernels/cuda/launches.h"

#include <algorithm>

namespace lectern::kernels::cuda {

namespace {

// Gu & Dao 2023, algorithm 2, sequential in time: the chain from one token to the next is a single
// multiply-add, everything else of a token is off it. Four neighbours in a quarter warp's stride
// share a channel, each with a quarter of its states in registers, so that 5120 channels are 640
// warps. Tokens come in tiles of kTile through shared memory, the next tile on its way by cp.async
// while this one is scanned. Floor: 16 bytes a token and channel (u, delta, z, out).
//
// Few channels leave a large card idle, so there the tokens are cut into pieces that are scanned
// side by side, in three passes: what a piece leaves of nothing, and the sum of its deltas, for
// exp(delta a) over a piece is exp(a Σ delta); then the states at the pieces' beginnings, one piece
// after the other; then the pieces as they are, each from its beginning. That reads u and delta
// twice, and keeps the chain from token to token as short as a piece.
constexpr int kChannels = 32;
constexpr int kParts = 4;
constexpr int kThreads = kChannels * kParts;
// 16 tokens × 32 channels × 3 streams × 4 bytes = 6 KiB in flight a block, and two blocks an SM:
// more than the 5 KiB that an RTX 4090's bandwidth and latency ask for.
constexpr int kTile = 16;

struct ScanArgs {
  Rows u;
  Rows delta;
  Rows z;
  Rows b;
  Rows c;
  Rows a;
  Rows h;
  Rows out;
  const float* deltaBias;
  const float* skip;
  int64_t tokens;
  int channels;
  int states;
  int64_t pieceTokens;
  int64_t pieces;
  float* starts;     // [pieces, states, channels]; null: one piece, which begins with h
  float* deltaSums;  // [pieces, channels]

  [[nodiscard]] __device__ __forceinline__ float* start(int64_t piece, int state) const {
    return starts + (piece * states + state) * channels;
  }
};

// The cut of the tokens. One piece needs no workspace.
constexpr int64_t kLeastPiece = 64;
constexpr int64_t kLeastPieces = 4;  // fewer do not pay for what is done twice
struct Pieces {
  int64_t tokens;
  int64_t count;
};
Pieces piecesOf(const SelectiveScan& op, int multiprocessors) {
  const int64_t blocks = ceilDiv(op.u.cols, kChannels);
  const int64_t wanted = std::min(2 * multiprocessors / blocks, op.u.rows / kLeastPiece);
  if (wanted < kLeastPieces || op.a.rows > kParts * 16) return {op.u.rows, 1};
  const int64_t tokens = roundUp(ceilDiv(op.u.rows, wanted), kTile);
  return {tokens, ceilDiv(op.u.rows, tokens)};
}

// What one tile of tokens brings.
template <int kStates>
struct Tile {
  float u[kTile][kChannels];
  float delta[kTile][kChannels];
  float z[kTile][kChannels];
  float b[kTile][kParts * kStates];
  float c[kTile][kParts * kStates];
};
template <int kStates>
struct ScanRoom {
  Tile<kStates> tiles[2];
  // A part's share of y. The eight floats behind each part keep the four parts of a warp's eight
  // channels in different banks.
  float y[kParts][kTile * kChannels + 8];
};

__device__ __forceinline__ void fetchRows(
    const Rows& from, int64_t token, int count, int first, int channels, float (*to)[kChannels]) {
  for (int i = static_cast<int>(threadIdx.x); i < kTile * kChannels / 4; i += kThreads) {
    const int t = i / (kChannels / 4);
    const int c = i % (kChannels / 4) * 4;
    const int64_t left = channels - first - c;
    if (t >= count || left <= 0) continue;
    const float* source = from.row(token + t) + first + c;
    if (from.aligned && left >= 4) {
      gpu::cpAsync16(&to[t][c], source);
    } else {
      for (int j = 0; j < 4 && j < left; ++j) gpu::cpAsync4(&to[t][c + j], source + j);
    }
  }
}

template <int kWidth>
__device__ __forceinline__ void fetchStates(
    const Rows& from, int64_t token, int count, int states, float (*to)[kWidth]) {
  for (int i = static_cast<int>(threadIdx.x); i < count * kWidth; i += kThreads) {
    const int t = i / kWidth;
    const int s = i % kWidth;
    if (s < states) gpu::cpAsync4(&to[t][s], from.row(token + t) + s);
  }
}

template <int kStates, bool kEndsOnly>
__device__ __forceinline__ void fetchTile(
    const ScanArgs& a, int64_t token, int64_t end, int first, Tile<kStates>& tile) {
  const int count = static_cast<int>(min(end - token, static_cast<int64_t>(kTile)));
  if (count > 0) {
    fetchRows(a.u, token, count, first, a.channels, tile.u);
    fetchRows(a.delta, token, count, first, a.channels, tile.delta);
    fetchStates(a.b, token, count, a.states, tile.b);
    if constexpr (!kEndsOnly) {
      if (a.z.data != nullptr) fetchRows(a.z, token, count, first, a.channels, tile.z);
      fetchStates(a.c, token, count, a.states, tile.c);
    }
  }
  gpu::cpAsyncCommit();
}

// A thread's place: its channel within the block, and which states it keeps.
struct Place {
  int channel;
  int part;
};
__device__ __forceinline__ Place placeOf() {
  constexpr int kNeighbours = kWarp / kParts;
  return {warpOf() * kNeighbours + laneOf() % kNeighbours, laneOf() / kNeighbours};
}

// `kEndsOnly`: what a piece leaves of nothing goes to the start of the next, and no output is made.
template <int kStates, bool kEndsOnly>
__global__ void __launch_bounds__(kThreads) scan(ScanArgs a) {
  GPU_DYN_SHARED(ScanRoom<kStates>, room);
  const Place place = placeOf();
  const int first = static_cast<int>(blockIdx.x) * kChannels;
  const int channel = first + place.channel;
  const bool isThere = channel < a.channels;
  const int firstState = place.part * kStates;
  const int64_t piece = blockIdx.y;
  const int64_t begin = piece * a.pieceTokens;
  const int64_t end = min(begin + a.pieceTokens, a.tokens);

  float decay[kStates];
  float h[kStates];
#pragma unroll
  for (int s = 0; s < kStates; ++s) {
    const bool isKept = isThere && firstState + s < a.states;
    decay[s] = isKept ? a.a.row(firstState + s)[channel] * kLog2E : 0.0F;
    h[s] = 0;
    if (kEndsOnly || !isKept) continue;
    h[s] = a.starts == nullptr ? a.h.row(firstState + s)[channel]
                               : a.start(piece, firstState + s)[channel];
  }

  // What is done once a channel, a warp does for a token, a lane for each channel.
  static_assert(kChannels == kWarp);
  const int last = min(first + laneOf(), a.channels - 1);
  const float deltaBias = a.deltaBias[last];
  const float skip = a.skip[last];

  // Room for states beyond `states` and channels beyond `channels` is read as well: they are zero.
  for (int i = static_cast<int>(threadIdx.x); i < static_cast<int>(sizeof(room->tiles) / 4);
       i += kThreads) {
    reinterpret_cast<float*>(room->tiles)[i] = 0;
  }
  __syncthreads();

  float deltaSum = 0;
  fetchTile<kStates, kEndsOnly>(a, begin, end, first, room->tiles[0]);
  for (int64_t token = begin; token < end; token += kTile) {
    const int count = static_cast<int>(min(end - token, static_cast<int64_t>(kTile)));
    const int64_t turn = (token - begin) / kTile;
    Tile<kStates>& tile = room->tiles[turn % 2];
    fetchTile<kStates, kEndsOnly>(a, token + kTile, end, first, room->tiles[(turn + 1) % 2]);
    gpu::cpAsyncWait<1>();
    __syncthreads();

    // softplus once a channel, not once a part; its place holds it from here on.
    for (int t = warpOf(); t < count; t += kParts) {
      tile.delta[t][laneOf()] = softplus(tile.delta[t][laneOf()] + deltaBias);
    }
    __syncthreads();

    for (int t = 0; t < count; ++t) {
      const float delta = tile.delta[t][place.channel];
      const float drive = delta * tile.u[t][place.channel];
      float y = 0;
#pragma unroll
      for (int s = 0; s < kStates; ++s) {
        h[s] = gpu::exp2Approx(delta * decay[s]) * h[s] + drive * tile.b[t][firstState + s];
        if constexpr (!kEndsOnly) y += tile.c[t][firstState + s] * h[s];
      }
      if constexpr (kEndsOnly) {
        deltaSum += delta;
      } else {
        room->y[place.part][t * kChannels + place.channel] = y;
      }
    }
    __syncthreads();

    if constexpr (!kEndsOnly) {
      for (int t = warpOf(); t < count; t += kParts) {
        float y = skip * tile.u[t][laneOf()];
#pragma unroll
        for (int part = 0; part < kParts; ++part) y += room->y[part][t * kChannels + laneOf()];
        if (a.z.data != nullptr) y *= silu(tile.z[t][laneOf()]);
        if (first + laneOf() < a.channels) a.out.row(token + t)[first + laneOf()] = y;
      }
      // The tile is fetched into again only behind this barrier, by the next round.
      __syncthreads();
    }
  }
  gpu::cpAsyncWait<0>();

  if (!isThere) return;
  if (kEndsOnly && place.part == 0) a.deltaSums[piece * a.channels + channel] = deltaSum;
  if (!kEndsOnly && piece + 1 < a.pieces) return;
#pragma unroll
  for (int s = 0; s < kStates; ++s) {
    if (firstState + s >= a.states) continue;
    float* to = kEndsOnly ? a.start(piece + 1, firstState + s) : a.h.row(firstState + s);
    to[channel] = h[s];
  }
}

// One thread a state of a channel: from what the pieces leave of nothing to their beginnings.
__global__ void __launch_bounds__(kThreads) joinPieces(ScanArgs a) {
  const int channel = static_cast<int>(blockIdx.x * kThreads + threadIdx.x);
  const int state = static_cast<int>(blockIdx.y);
  if (channel >= a.channels) return;
  const float decay = a.a.row(state)[channel] * kLog2E;
  float h = a.h.row(state)[channel];
  a.start(0, state)[channel] = h;
  for (int64_t piece = 1; piece < a.pieces; ++piece) {
    float* start = a.start(piece, state) + channel;
    h = gpu::exp2Approx(decay * a.deltaSums[(piece - 1) * a.channels + channel]) * h + *start;
    *start = h;
  }
}

// More states than registers hold. No model has them, so this one only has to be right.
__global__ void __launch_bounds__(kThreads) scanMany(ScanArgs a) {
  const int channel = static_cast<int>(blockIdx.x * kThreads + threadIdx.x);
  if (channel >= a.channels) return;
  for (int64_t t = 0; t < a.tokens; ++t) {
    const float u = a.u.row(t)[channel];
    const float delta = softplus(a.delta.row(t)[channel] + a.deltaBias[channel]);
    float y = a.skip[channel] * u;
    for (int s = 0; s < a.states; ++s) {
      float& h = a.h.row(s)[channel];
      h = gpu::exp2Approx(delta * a.a.row(s)[channel] * kLog2E) * h + delta * u * a.b.row(t)[s];
      y += a.c.row(t)[s] * h;
    }
    a.out.row(t)[channel] = a.z.data == nullptr ? y : y * silu(a.z.row(t)[channel]);
  }
}

template <int kStates>
cudaError_t launchScan(const ScanArgs& args, const LaunchContext& context) {
  const auto blocks = static_cast<unsigned>(ceilDiv(args.channels, kChannels));
  const auto pieces = static_cast<unsigned>(args.pieces);
  gpu::Config config{dim3(blocks, pieces), dim3(kThreads), sizeof(ScanRoom<kStates>),
                     context.stream};
  if (args.pieces > 1) {
    config.grid = dim3(blocks, pieces - 1);  // nothing comes behind the last one
    cudaError_t error = gpu::launch(config, scan<kStates, true>, args);
    if (error != cudaSuccess) return error;
    const dim3 joined(static_cast<unsigned>(ceilDiv(args.channels, kThreads)),
                      static_cast<unsigned>(args.states));
    error = gpu::launch(gpu::Config{joined, dim3(kThreads), 0, context.stream}, joinPieces, args);
    if (error != cudaSuccess) return error;
    config.grid = dim3(blocks, pieces);
  }
  return gpu::launch(config, scan<kStates, false>, args);
}

}  // namespace

int64_t workspaceBytes(const SelectiveScan& op, const LaunchContext& context) {
  const int64_t pieces = piecesOf(op, context.multiprocessors).count;
  return pieces == 1 ? 0 : pieces * (op.a.rows + 1) * op.u.cols * 4;
}

cudaError_t launch(const SelectiveScan& op, const LaunchContext& context) {
  if (!areFloats(op.u, op.delta, op.z, op.out) ||
      context.workspaceBytes < workspaceBytes(op, context)) {
    return cudaErrorInvalidValue;
  }
  const Pieces pieces = piecesOf(op, context.multiprocessors);
  auto* starts = pieces.count == 1 ? nullptr : static_cast<float*>(context.workspace);
  const ScanArgs args{rowsOf(op.u),
                      rowsOf(op.delta),
                      rowsOf(op.z),
                      rowsOf(op.b),
                      rowsOf(op.c),
                      rowsOf(op.a),
                      rowsOf(op.h),
                      rowsOf(op.out),
                      static_cast<const float*>(op.deltaBias.data),
                      static_cast<const float*>(op.skip.data),
                      op.u.rows,
                      static_cast<int>(op.u.cols),
                      static_cast<int>(op.a.rows),
                      pieces.tokens,
                      pieces.count,
                      starts,
                      starts == nullptr ? nullptr : starts + pieces.count * op.a.rows * op.u.cols};
  if (args.states <= kParts * 4) return launchScan<4>(args, context);
  if (args.states <= kParts * 16) return launchScan<16>(args, context);
  const gpu::Config config{dim3(static_cast<unsigned>(ceilDiv(args.channels, kThreads))),
                           dim3(kThreads), 0, context.stream};
  return gpu::launch(config, scanMany, args);
}

}  // namespace lectern::kernels::cuda
