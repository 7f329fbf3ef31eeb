// SPDX-License-Identifier: GPL-3.0-or-later
// What the lanes of a warp do together, and divergence.
#include <cstdint>

extern "C" __global__ void shuffles(const uint32_t* b, const uint32_t* c, uint32_t* out, int cases) {
  const uint32_t lane = threadIdx.x;
  for (int i = 0; i < cases; ++i) {
    uint32_t* row = out + (i * 32 + lane) * 8;
#define SHUFFLE(mode, column)                                                       \
  asm volatile("{ .reg .pred p; shfl.sync." mode ".b32 %0|p, %2, %3, %4, 0xffffffff;" \
               " selp.b32 %1, 1, 0, p; }"                                            \
               : "=r"(row[column]), "=r"(row[column + 1])                            \
               : "r"(100 + lane), "r"(b[i]), "r"(c[i]));
    SHUFFLE("up", 0)
    SHUFFLE("down", 2)
    SHUFFLE("bfly", 4)
    SHUFFLE("idx", 6)
#undef SHUFFLE
  }
}

extern "C" __global__ void votes(const int* values, uint32_t* out) {
  const uint32_t lane = threadIdx.x;
  const int value = values[lane];
  uint32_t* row = out + lane * 12;
  row[0] = __ballot_sync(~0U, value > 3);
  row[1] = __any_sync(~0U, value > 1000);
  row[2] = __all_sync(~0U, value >= -1000);
  row[3] = __match_any_sync(~0U, value);
  row[4] = __reduce_add_sync(~0U, static_cast<unsigned>(value));
  row[5] = static_cast<uint32_t>(__reduce_min_sync(~0U, value));
  row[6] = __reduce_max_sync(~0U, static_cast<unsigned>(value));
  row[7] = __reduce_xor_sync(~0U, static_cast<unsigned>(value));
  // Two halves, each with a mask of its own, in one instruction.
  const uint32_t mask = lane < 16 ? 0xFFFFU : 0xFFFF0000U;
  row[8] = static_cast<uint32_t>(__shfl_xor_sync(mask, value, 1));
  row[9] = __ballot_sync(mask, lane % 3 == 0);
  if (lane < 8) {
    row[10] = __activemask();
    row[11] = __ballot_sync(0xFFU, lane != 2);
  } else {
    row[10] = __activemask();
    row[11] = 0;
  }
}

// Lanes take different ways, some of them several times, and meet again.
extern "C" __global__ void diverge(const int* steps, int* out) {
  const int lane = static_cast<int>(threadIdx.x);
  int sum = 0;
  for (int i = 0; i < steps[lane]; ++i) {
    if (i % 3 == lane % 3) {
      sum += 10;
      if (i > 6) break;
    } else {
      sum += i;
    }
  }
  switch (steps[lane] & 15) {
    case 0: sum += 1000; break;
    case 1: sum ^= 0x55; break;
    case 2: sum *= 3; break;
    case 3: sum -= 7; break;
    case 4: sum <<= 2; break;
    case 5: sum |= 0x1000; break;
    case 6: sum = ~sum; break;
    case 7: sum += out[lane]; break;
    default: sum += 5;
  }
  out[lane] = sum + __popc(__activemask());
}

extern "C" __global__ void countBarriers(const int* values, int* out) {
  const int i = static_cast<int>(threadIdx.x);
  if (i >= 70) return;  // who has exited is not waited for
  out[i * 3] = __syncthreads_count(values[i] > 0);
  out[i * 3 + 1] = __syncthreads_and(values[i] > -5);
  out[i * 3 + 2] = __syncthreads_or(values[i] > 99);
}

// Block-wide sum through shared memory; many warps, hence many orders.
extern "C" __global__ void sumBlock(const int* values, int* out) {
  __shared__ int parts[32];
  int sum = values[threadIdx.x];
  for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_down_sync(~0U, sum, offset);
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x == 0) {
    for (int i = 1; i < static_cast<int>(blockDim.x / 32); ++i) sum += parts[i];
    out[0] = sum;
  }
}

extern "C" __global__ void atomics(int* counters, float* sums, uint32_t* old) {
  const int i = static_cast<int>(threadIdx.x);
  atomicAdd(&counters[0], 1);
  atomicMax(&counters[1], i * 7 % 31);
  atomicMin(reinterpret_cast<unsigned*>(&counters[2]), static_cast<unsigned>(100 - i));
  atomicOr(&counters[3], 1 << (i % 8));
  atomicAdd(&sums[0], 0.5F);
  old[i] = atomicInc(reinterpret_cast<unsigned*>(&counters[4]), 9);
  atomicExch(&counters[5], 77);
  atomicCAS(&counters[6], 5, 6);
  atomicAdd(reinterpret_cast<unsigned long long*>(&counters[8]), 1ULL << 33);
}
