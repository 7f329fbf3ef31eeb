// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/device/math.cuh"
#include "kernels/cuda/device/rows.cuh"
#include "kernels/cuda/device/warp.cuh"
#include "kernels/cuda/launches.h"

namespace lectern::kernels::cuda {

namespace {

// Gu & Dao 2023, algorithm 2, sequential in time: the chain from one token to the next is a single
// multiply-add, everything else of a token is off it. Four neighbours in a quarter warp's stride
// share a channel, each with a quarter of its states in registers, so that 5120 channels are 640
// warps. Tokens come in tiles of kTile through shared memory, the next tile on its way by cp.async
// while this one is scanned. Floor: 16 bytes a token and channel (u, delta, z, out).
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
};

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

template <int kStates>
__device__ __forceinline__ void fetchTile(const ScanArgs& a,
                                          int64_t token,
                                          int first,
                                          Tile<kStates>& tile) {
  const int count = static_cast<int>(min(a.tokens - token, static_cast<int64_t>(kTile)));
  if (count > 0) {
    fetchRows(a.u, token, count, first, a.channels, tile.u);
    fetchRows(a.delta, token, count, first, a.channels, tile.delta);
    if (a.z.data != nullptr) fetchRows(a.z, token, count, first, a.channels, tile.z);
    fetchStates(a.b, token, count, a.states, tile.b);
    fetchStates(a.c, token, count, a.states, tile.c);
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

template <int kStates>
__global__ void __launch_bounds__(kThreads) scan(ScanArgs a) {
  GPU_DYN_SHARED(ScanRoom<kStates>, room);
  const Place place = placeOf();
  const int first = static_cast<int>(blockIdx.x) * kChannels;
  const int channel = first + place.channel;
  const bool isThere = channel < a.channels;
  const int firstState = place.part * kStates;

  float decay[kStates];
  float h[kStates];
#pragma unroll
  for (int s = 0; s < kStates; ++s) {
    const bool isKept = isThere && firstState + s < a.states;
    decay[s] = isKept ? a.a.row(firstState + s)[channel] * kLog2E : 0.0F;
    h[s] = isKept ? a.h.row(firstState + s)[channel] : 0.0F;
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

  fetchTile(a, 0, first, room->tiles[0]);
  for (int64_t token = 0; token < a.tokens; token += kTile) {
    const int count = static_cast<int>(min(a.tokens - token, static_cast<int64_t>(kTile)));
    Tile<kStates>& tile = room->tiles[token / kTile % 2];
    fetchTile(a, token + kTile, first, room->tiles[(token / kTile + 1) % 2]);
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
        y += tile.c[t][firstState + s] * h[s];
      }
      room->y[place.part][t * kChannels + place.channel] = y;
    }
    __syncthreads();

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
  gpu::cpAsyncWait<0>();

#pragma unroll
  for (int s = 0; s < kStates; ++s) {
    if (isThere && firstState + s < a.states) a.h.row(firstState + s)[channel] = h[s];
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
  const gpu::Config config{dim3(static_cast<unsigned>(ceilDiv(args.channels, kChannels))),
                           dim3(kThreads), sizeof(ScanRoom<kStates>), context.stream};
  return gpu::launch(config, scan<kStates>, args);
}

}  // namespace

cudaError_t launch(const SelectiveScan& op, const LaunchContext& context) {
  if (!areFloats(op.u, op.delta, op.z, op.out)) return cudaErrorInvalidValue;
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
                      static_cast<int>(op.a.rows)};
  if (args.states <= kParts * 4) return launchScan<4>(args, context);
  if (args.states <= kParts * 16) return launchScan<16>(args, context);
  const gpu::Config config{dim3(static_cast<unsigned>(ceilDiv(args.channels, kThreads))),
                           dim3(kThreads), 0, context.stream};
  return gpu::launch(config, scanMany, args);
}

}  // namespace lectern::kernels::cuda
