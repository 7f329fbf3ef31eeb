// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/gpu.h"
#include "tests/simt/kernels/faults.h"

namespace lectern::simt {
namespace {

using cuda_runtime::FindingKind;

/// The threads from 40 on never come: a device hangs here, or takes the next barrier for this one.
template <bool kFaulty>
__global__ void barrierNotReachedByAll(const int* data, int* out, int* /*fresh*/) {
  const unsigned t = threadIdx.x;
  if (kFaulty && t < 40) __syncthreads();  // fault: barrierNotReachedByAll
  out[t] = data[t];
  __syncthreads();
}

template <bool kFaulty>
__global__ void twoBarriers(const int* data, int* out, int* /*fresh*/) {
  const unsigned t = threadIdx.x;
  if (kFaulty && t % 2 == 1) {
    __syncthreads();  // fault: twoBarriers
  } else {
    out[t] = data[t];
    __syncthreads();
  }
}

/// Threads that have returned are not waited for.
template <bool kFaulty>
__global__ void lanesWaitForEachOther(const int* data, int* out, int* /*fresh*/) {
  const unsigned t = threadIdx.x;
  if (t >= 48) return;
  int value = data[t];
  if (kFaulty && t % 32 < 16) {
    value += __shfl_xor_sync(~0U, value, 1);  // fault: lanesWaitForEachOther
  } else {
    __syncthreads();
  }
  out[t] = value;
}

template <bool kFaulty>
__global__ void oneLaneClaimsAll(const int* data, int* out, int* /*fresh*/) {
  const unsigned t = threadIdx.x;
  int value = data[t];
  if (!kFaulty || t == 63) value = __shfl_xor_sync(~0U, value, 1);  // fault: oneLaneClaimsAll
  __syncthreads();
  out[t] = value;
}

template <bool kFaulty>
__global__ void notInItsOwnMask(const int* data, int* out, int* /*fresh*/) {
  const unsigned t = threadIdx.x;
  const unsigned half = t % 32 < 16 ? 0x0000FFFFU : 0xFFFF0000U;
  const int value =
      __shfl_xor_sync(kFaulty ? 0x0000FFFFU : half, data[t], 1);  // fault: notInItsOwnMask
  out[t] = value;
}

/// One half of the warp says all lanes take part, the other only itself.
template <bool kFaulty>
__global__ void divergentMasks(const int* data, int* out, int* /*fresh*/) {
  const unsigned t = threadIdx.x;
  const unsigned half = t % 32 < 16 ? 0x0000FFFFU : 0xFFFF0000U;
  const unsigned mask = kFaulty && t % 32 < 16 ? ~0U : half;
  out[t] = __shfl_xor_sync(mask, data[t], 1);  // fault: divergentMasks
  __syncthreads();
}

template <bool kFaulty>
__global__ void differentCollectives(const int* data, int* out, int* /*fresh*/) {
  const unsigned t = threadIdx.x;
  int value = 0;
  if (kFaulty && t % 2 == 0) {
    value = __shfl_xor_sync(~0U, data[t], 2);
  } else {
    value = static_cast<int>(__ballot_sync(~0U, data[t] > 0));  // fault: differentCollectives
  }
  out[t] = value;
}

/// Only the lower half takes part, and asks the upper.
template <bool kFaulty>
__global__ void asksAnAbsentLane(const int* data, int* out, int* /*fresh*/) {
  const unsigned t = threadIdx.x;
  out[t] = data[t];
  if (t % 32 >= 16) return;
  out[t] = __shfl_xor_sync(0x0000FFFFU, data[t], kFaulty ? 16 : 8);  // fault: asksAnAbsentLane
}

}  // namespace

std::vector<Fault> barrierFaults() {
  const std::string file = "barrier_faults.cu";
  const FindingKind barrier = FindingKind::Barrier;
  const FindingKind collective = FindingKind::Collective;
  const FindingKind deadlock = FindingKind::Deadlock;
  return {
      {"barrierNotReachedByAll", barrier, file, barrierNotReachedByAll<true>,
       barrierNotReachedByAll<false>},
      {"twoBarriers", barrier, file, twoBarriers<true>, twoBarriers<false>},
      {"lanesWaitForEachOther", deadlock, file, lanesWaitForEachOther<true>,
       lanesWaitForEachOther<false>},
      {"oneLaneClaimsAll", deadlock, file, oneLaneClaimsAll<true>, oneLaneClaimsAll<false>},
      {"notInItsOwnMask", collective, file, notInItsOwnMask<true>, notInItsOwnMask<false>},
      {"divergentMasks", deadlock, file, divergentMasks<true>, divergentMasks<false>},
      {"differentCollectives", collective, file, differentCollectives<true>,
       differentCollectives<false>},
      {"asksAnAbsentLane", collective, file, asksAnAbsentLane<true>, asksAnAbsentLane<false>},
  };
}

}  // namespace lectern::simt
