// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/device/math.cuh"
#include "kernels/cuda/device/warp.cuh"
#include "kernels/cuda/launches.h"

namespace lectern::kernels::cuda {

namespace {

// One block finds the smallest of the wanted keys by radix select, eight bits a round, collects
// what is not below it and sorts that. A key is a logit's bits in an order that integers have,
// followed by the complement of its id: all keys differ, a larger one comes first, and which of
// equal logits are kept is decided by the same rounds. More than kRoom logits come in portions.
constexpr int kThreads = 1024;
constexpr int kRoom = 1024;
constexpr int kDigits = 256;

__device__ __forceinline__ uint64_t keyOf(float logit, uint32_t id) {
  const uint32_t bits = __float_as_uint(logit);
  const uint32_t ordered = bits ^ ((bits & 0x80000000U) != 0 ? 0xFFFFFFFFU : 0x80000000U);
  return static_cast<uint64_t>(ordered) << 32 | (0xFFFFFFFFU - id);
}
__device__ __forceinline__ float logitOf(uint64_t key) {
  const auto ordered = static_cast<uint32_t>(key >> 32);
  return __uint_as_float(ordered ^ ((ordered & 0x80000000U) != 0 ? 0x80000000U : 0xFFFFFFFFU));
}
__device__ __forceinline__ int32_t idOf(uint64_t key) {
  return static_cast<int32_t>(0xFFFFFFFFU - static_cast<uint32_t>(key));
}

struct Logits {
  const float* values;
  const uint32_t* mask;
  int count;
};

// Calls visit(key) for this thread's share of the allowed logits with keys below `end`.
template <class Visit>
__device__ __forceinline__ void forEachKey(const Logits& logits, uint64_t end, const Visit& visit) {
  for (int v = static_cast<int>(threadIdx.x); v < logits.count; v += kThreads) {
    if (logits.mask != nullptr && (logits.mask[v / 32] >> (v % 32) & 1U) == 0) continue;
    const uint64_t key = keyOf(logits.values[v], static_cast<uint32_t>(v));
    if (key < end) visit(key);
  }
}

// What the block agrees on while it selects.
struct Selection {
  int counts[kDigits];
  uint64_t least;  // the digits found so far of the smallest wanted key
  int wanted;      // how many keys that begin with those digits
  bool isWhole;    // all of these are wanted: no further digit needs to be known
  int found;
};

// The digit where the keys from the largest on make up `wanted`, by the first warp. With fewer keys
// than wanted it is the lowest.
__device__ __forceinline__ void chooseDigit(Selection& s, int shift) {
  if (warpOf() != 0) return;
  int before = 0;
  for (int top = kDigits - kWarp; top >= 0; top -= kWarp) {
    const int digit = top + kWarp - 1 - laneOf();
    int upTo = s.counts[digit];
#pragma unroll
    for (int apart = 1; apart < kWarp; apart *= 2) {
      const int other = __shfl_up_sync(kAllLanes, upTo, apart);
      if (laneOf() >= apart) upTo += other;
    }
    upTo += before;
    const unsigned enough = __ballot_sync(kAllLanes, upTo >= s.wanted);
    if (enough != 0 || top == 0) {
      const int lane = enough != 0 ? __ffs(static_cast<int>(enough)) - 1 : kWarp - 1;
      const int wanted = s.wanted - (upTo - s.counts[digit]);
      __syncwarp();
      if (laneOf() == lane) {
        s.least |= static_cast<uint64_t>(digit) << shift;
        s.wanted = wanted;
        s.isWhole = wanted == s.counts[digit];
      }
      return;
    }
    before = __shfl_sync(kAllLanes, upTo, kWarp - 1);
  }
}

// The smallest of the `wanted` largest keys below `end`; 0 where there are fewer.
__device__ __forceinline__ uint64_t selectLeast(const Logits& logits,
                                                uint64_t end,
                                                int wanted,
                                                Selection& s) {
  if (threadIdx.x == 0) {
    s.least = 0;
    s.wanted = wanted;
  }
  for (int shift = 56; shift >= 0; shift -= 8) {
    for (int i = static_cast<int>(threadIdx.x); i < kDigits; i += kThreads) s.counts[i] = 0;
    __syncthreads();
    const uint64_t known = shift == 56 ? 0 : ~uint64_t{0} << (shift + 8);
    const uint64_t least = s.least;
    forEachKey(logits, end, [&](uint64_t key) {
      if ((key & known) == least) atomicAdd(&s.counts[key >> shift & (kDigits - 1)], 1);
    });
    __syncthreads();
    chooseDigit(s, shift);
    __syncthreads();
    if (s.isWhole) break;
  }
  return s.least;
}

// Falling, by a bitonic network (Batcher 1968).
__device__ __forceinline__ void sortKeys(uint64_t* keys) {
  for (int size = 2; size <= kRoom; size *= 2) {
    for (int apart = size / 2; apart > 0; apart /= 2) {
      const int i = static_cast<int>(threadIdx.x);
      const int other = i ^ apart;
      if (other > i) {
        const bool falls = (i & size) == 0;
        const uint64_t a = keys[i];
        const uint64_t b = keys[other];
        if ((a < b) == falls) {
          keys[i] = b;
          keys[other] = a;
        }
      }
      __syncthreads();
    }
  }
}

__global__ void __launch_bounds__(kThreads)
    topLogits(Logits logits, float* values, int32_t* ids, int keep) {
  static_assert(kRoom == kThreads, "every thread holds one key");
  GPU_SHARED(Selection, selection, [1]);
  GPU_SHARED(uint64_t, keys, [kRoom]);
  Selection& s = selection[0];
  uint64_t end = ~uint64_t{0};
  for (int first = 0; first < keep; first += kRoom) {
    const int wanted = min(keep - first, kRoom);
    const uint64_t least = selectLeast(logits, end, wanted, s);
    if (threadIdx.x == 0) s.found = 0;
    keys[threadIdx.x] = 0;  // no key is zero
    __syncthreads();
    forEachKey(logits, end, [&](uint64_t key) {
      if (key >= least) keys[atomicAdd(&s.found, 1)] = key;
    });
    __syncthreads();
    sortKeys(keys);
    const int i = static_cast<int>(threadIdx.x);
    if (i < wanted) {
      values[first + i] = keys[i] == 0 ? -kInfinity : logitOf(keys[i]);
      ids[first + i] = keys[i] == 0 ? -1 : idOf(keys[i]);
    }
    end = keys[wanted - 1];
    __syncthreads();
  }
}

}  // namespace

cudaError_t launch(const TopLogits& op, const LaunchContext& context) {
  const Logits logits{static_cast<const float*>(op.logits.data),
                      static_cast<const uint32_t*>(op.mask.data), static_cast<int>(op.logits.cols)};
  const gpu::Config config{dim3(1), dim3(kThreads), 0, context.stream};
  return gpu::launch(config, topLogits, logits, static_cast<float*>(op.values.data),
                     static_cast<int32_t*>(op.ids.data), static_cast<int>(op.values.cols));
}

}  // namespace lectern::kernels::cuda
