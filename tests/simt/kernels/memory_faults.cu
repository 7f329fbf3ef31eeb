// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/gpu.h"
#include "tests/simt/kernels/faults.h"

namespace lectern::simt {
namespace {

using cuda_runtime::FindingKind;

template <bool kFaulty>
__global__ void readPastEnd(const int* data, int* out, int* /*fresh*/) {
  const unsigned t = threadIdx.x;
  out[t] = data[kFaulty ? 193 + t : 192 + t];  // fault: readPastEnd
}

template <bool kFaulty>
__global__ void writePastEnd(const int* data, int* out, int* /*fresh*/) {
  const unsigned t = threadIdx.x;
  out[kFaulty ? 193 + t : 192 + t] = data[t];  // fault: writePastEnd
}

template <bool kFaulty>
__global__ void readInFront(const int* data, int* out, int* /*fresh*/) {
  const int t = static_cast<int>(threadIdx.x);
  out[t] = data[kFaulty ? t - 1 : t];  // fault: readInFront
}

template <bool kFaulty>
__global__ void wideReadPastEnd(const int* data, int* out, int* /*fresh*/) {
  const unsigned t = threadIdx.x;
  const unsigned first = kFaulty ? 4 * t + 4 : 4 * t;
  const uint4 four = gpu::ld128(data + first);  // fault: wideReadPastEnd
  gpu::st128(out + 4 * t, four);
}

template <bool kFaulty>
__global__ void pastSharedArray(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, tile, [64]);
  GPU_SHARED(int, other, [64]);
  const unsigned t = threadIdx.x;
  tile[t] = data[t];
  other[t] = data[t];
  __syncthreads();
  out[t] = tile[kFaulty ? t + 1 : t] + other[t];  // fault: pastSharedArray
}

template <bool kFaulty>
__global__ void misaligned(const int* data, int* out, int* /*fresh*/) {
  const unsigned t = threadIdx.x;
  const uint2 two = gpu::ld64(data + 2 * t + (kFaulty ? 1 : 0));  // fault: misaligned
  gpu::st64(out + 2 * t, two);
}

template <bool kFaulty>
__global__ void misalignedPlain(const int* data, int* out, int* /*fresh*/) {
  const unsigned t = threadIdx.x;
  const char* bytes = reinterpret_cast<const char*>(data) + (kFaulty ? 2 : 0);
  out[t] = reinterpret_cast<const int*>(bytes)[t];  // fault: misalignedPlain
}

template <bool kFaulty>
__global__ void uninitialisedShared(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, tile, [64]);
  const unsigned t = threadIdx.x;
  if (!kFaulty || t != 7) tile[t] = data[t];
  __syncthreads();
  out[t] = tile[63 - t];  // fault: uninitialisedShared
}

template <bool kFaulty>
__global__ void uninitialisedGlobal(const int* data, int* out, int* fresh) {
  const unsigned t = threadIdx.x;
  if (!kFaulty) fresh[t] = data[t];
  out[t] = fresh[t];  // fault: uninitialisedGlobal
}

/// What one block left in shared memory is nothing for the next.
template <bool kFaulty>
__global__ void sharedOfLastBlock(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, tile, [64]);
  const unsigned t = threadIdx.x;
  if (!kFaulty || blockIdx.x == 0) tile[t] = data[t];
  __syncthreads();
  out[blockIdx.x * 64 + t] = tile[63 - t];  // fault: sharedOfLastBlock
}

template <bool kFaulty>
__global__ void wildRead(const int* data, int* out, int* /*fresh*/) {
  const unsigned t = threadIdx.x;
  const auto nowhere = reinterpret_cast<const int*>(uintptr_t{4096});
  out[t] = (kFaulty ? nowhere : data)[t];  // fault: wildRead
}

/// A thread's own array is its own.
template <bool kFaulty>
__global__ void anothersLocalArray(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(const int*, where, [64]);
  const unsigned t = threadIdx.x;
  int mine[4] = {data[t], 1, 2, 3};
  where[t] = mine;
  __syncthreads();
  out[t] = where[kFaulty ? 63 - t : t][t % 4];  // fault: anothersLocalArray
  __syncthreads();
}

}  // namespace

std::vector<Fault> memoryFaults() {
  const std::string file = "memory_faults.cu";
  const FindingKind outside = FindingKind::OutOfBounds;
  const FindingKind unwritten = FindingKind::Uninitialised;
  return {
      {"readPastEnd", outside, file, readPastEnd<true>, readPastEnd<false>},
      {"writePastEnd", outside, file, writePastEnd<true>, writePastEnd<false>},
      {"readInFront", outside, file, readInFront<true>, readInFront<false>},
      {"wideReadPastEnd", outside, file, wideReadPastEnd<true>, wideReadPastEnd<false>},
      {"pastSharedArray", outside, file, pastSharedArray<true>, pastSharedArray<false>},
      {"misaligned", FindingKind::Misaligned, file, misaligned<true>, misaligned<false>},
      {"misalignedPlain", FindingKind::Misaligned, file, misalignedPlain<true>,
       misalignedPlain<false>},
      {"uninitialisedShared", unwritten, file, uninitialisedShared<true>,
       uninitialisedShared<false>},
      {"uninitialisedGlobal", unwritten, file, uninitialisedGlobal<true>,
       uninitialisedGlobal<false>},
      {"sharedOfLastBlock", unwritten, file, sharedOfLastBlock<true>, sharedOfLastBlock<false>, 2,
       64},
      {"wildRead", FindingKind::Wild, file, wildRead<true>, wildRead<false>},
      {"anothersLocalArray", FindingKind::Wild, file, anothersLocalArray<true>,
       anothersLocalArray<false>},
  };
}

}  // namespace lectern::simt
