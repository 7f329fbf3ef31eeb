// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/gpu.h"
#include "tests/simt/kernels/faults.h"

namespace lectern::simt {
namespace {

using cuda_runtime::FindingKind;

template <bool kFaulty>
__global__ void missingBarrier(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, tile, [64]);
  const unsigned t = threadIdx.x;
  tile[t] = data[t];
  if (!kFaulty) __syncthreads();
  out[t] = tile[63 - t];  // fault: missingBarrier
}

template <bool kFaulty>
__global__ void missingBarrierBeforeReuse(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, tile, [64]);
  const unsigned t = threadIdx.x;
  int sum = 0;
  for (unsigned round = 0; round < 4; ++round) {
    tile[t] = data[64 * round + t];  // fault: missingBarrierBeforeReuse
    __syncthreads();
    sum += tile[63 - t];
    if (!kFaulty) __syncthreads();
  }
  out[t] = sum;
}

template <bool kFaulty>
__global__ void missingSyncwarp(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, tile, [32]);
  const unsigned t = threadIdx.x;
  tile[t] = data[t];
  if (!kFaulty) __syncwarp();
  out[t] = tile[31 - t];  // fault: missingSyncwarp
}

/// Lanes talk to each other, but a shuffle orders no memory.
template <bool kFaulty>
__global__ void shuffleInsteadOfSyncwarp(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, tile, [32]);
  const unsigned t = threadIdx.x;
  tile[t] = data[t];
  const int other = __shfl_xor_sync(~0U, data[t], 1);
  if (!kFaulty) __syncwarp();
  out[t] = tile[31 - t] + other;  // fault: shuffleInsteadOfSyncwarp
}

/// Each half of the warp synchronises; only the faulty one then looks into the other half.
template <bool kFaulty>
__global__ void halfSyncwarp(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, tile, [32]);
  const unsigned t = threadIdx.x;
  tile[t] = data[t];
  __syncwarp(t < 16 ? 0x0000FFFFU : 0xFFFF0000U);
  out[t] = tile[kFaulty ? 31 - t : t ^ 15U];  // fault: halfSyncwarp
}

/// Three lanes hand on: 0 to 1, 1 to 2. Order is transitive.
template <bool kFaulty>
__global__ void chainOfSyncwarps(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, tile, [32]);
  const unsigned t = threadIdx.x;
  if (t == 0) tile[0] = data[0];
  if (t < 2) __syncwarp(0x3);
  if (t == 1 || t == 2) {
    if (!kFaulty) __syncwarp(0x6);
  }
  if (t == 2) out[0] = tile[0];  // fault: chainOfSyncwarps
}

template <bool kFaulty>
__global__ void betweenBlocks(const int* data, int* out, int* /*fresh*/) {
  const unsigned t = threadIdx.x;
  out[kFaulty ? t : blockIdx.x * blockDim.x + t] = data[t];  // fault: betweenBlocks
}

/// Two threads write halves of one word: no race; the same bytes: one.
template <bool kFaulty>
__global__ void neighbouringBytes(const int* /*data*/, int* out, int* /*fresh*/) {
  auto* bytes = reinterpret_cast<signed char*>(out);
  const unsigned t = threadIdx.x;
  bytes[kFaulty ? t / 2 : t] = 1;  // fault: neighbouringBytes
}

template <bool kFaulty>
__global__ void atomicAndPlain(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, sum, [1]);
  const unsigned t = threadIdx.x;
  if (t == 0) sum[0] = 0;
  __syncthreads();
  atomicAdd(&sum[0], data[t]);
  if (!kFaulty) __syncthreads();
  out[t] = sum[0];  // fault: atomicAndPlain
}

/// A class that a function returns is a store like any other.
template <bool kFaulty>
__global__ void storeOfAClass(const int* data, int* out, int* fresh) {
  auto* halves = reinterpret_cast<__nv_bfloat16*>(fresh);
  auto* pairs = reinterpret_cast<float2*>(fresh + 64);
  const unsigned t = threadIdx.x;
  halves[t] = __float2bfloat16(static_cast<float>(data[t]));
  pairs[t] = make_float2(1.0F, static_cast<float>(data[t]));
  if (!kFaulty) __syncthreads();
  const float pair = pairs[63 - t].y;
  out[t] = static_cast<int>(__bfloat162float(halves[63 - t]) + pair);  // fault: storeOfAClass
}

template <bool kFaulty>
__global__ void readOnlyPath(const int* data, int* out, int* /*fresh*/) {
  const unsigned t = threadIdx.x;
  out[t] = data[t];
  out[64 + t] = kFaulty ? __ldg(&out[t]) : out[t];  // fault: readOnlyPath
}

}  // namespace

std::vector<Fault> raceFaults() {
  const std::string file = "race_faults.cu";
  const FindingKind race = FindingKind::Race;
  return {
      {"missingBarrier", race, file, missingBarrier<true>, missingBarrier<false>},
      {"missingBarrierBeforeReuse", race, file, missingBarrierBeforeReuse<true>,
       missingBarrierBeforeReuse<false>},
      {"missingSyncwarp", race, file, missingSyncwarp<true>, missingSyncwarp<false>, 1, 32},
      {"shuffleInsteadOfSyncwarp", race, file, shuffleInsteadOfSyncwarp<true>,
       shuffleInsteadOfSyncwarp<false>, 1, 32},
      {"halfSyncwarp", race, file, halfSyncwarp<true>, halfSyncwarp<false>, 1, 32},
      {"chainOfSyncwarps", race, file, chainOfSyncwarps<true>, chainOfSyncwarps<false>, 1, 32},
      {"betweenBlocks", race, file, betweenBlocks<true>, betweenBlocks<false>, 2, 64},
      {"neighbouringBytes", race, file, neighbouringBytes<true>, neighbouringBytes<false>},
      {"atomicAndPlain", race, file, atomicAndPlain<true>, atomicAndPlain<false>},
      {"storeOfAClass", race, file, storeOfAClass<true>, storeOfAClass<false>},
      {"readOnlyPath", FindingKind::ReadOnlyPath, file, readOnlyPath<true>, readOnlyPath<false>},
  };
}

cudaError_t launchFault(
    const Fault& fault, bool faulty, const int* data, int* out, int* fresh, cudaStream_t stream) {
  const gpu::Config config{dim3(fault.blocks), dim3(fault.threads), 0, stream};
  return gpu::launch(config, faulty ? fault.faulty : fault.clean, data, out, fresh);
}

}  // namespace lectern::simt
