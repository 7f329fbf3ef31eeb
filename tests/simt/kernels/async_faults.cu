// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/gpu.h"
#include "tests/simt/kernels/faults.h"

namespace lectern::simt {
namespace {

using cuda_runtime::FindingKind;

template <bool kFaulty>
__global__ void missingAsyncWait(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, tile, [256]);
  const unsigned t = threadIdx.x;
  gpu::cpAsync16(&tile[4 * t], data + 4 * t);
  gpu::cpAsyncCommit();
  if (!kFaulty) gpu::cpAsyncWait<0>();
  __syncthreads();
  out[t] = tile[t];  // fault: missingAsyncWait
  gpu::cpAsyncWait<0>();
}

/// Two stages; waiting for all but one group leaves the second on its way.
template <bool kFaulty>
__global__ void waitsForTooFew(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, tile, [2][128]);
  const unsigned t = threadIdx.x;
  for (int stage = 0; stage < 2; ++stage) {
    if (t < 32) gpu::cpAsync16(&tile[stage][4 * t], data + 128 * stage + 4 * t);
    gpu::cpAsyncCommit();
  }
  gpu::cpAsyncWait<1>();
  __syncthreads();
  int sum = tile[0][t];
  if (!kFaulty) {
    gpu::cpAsyncWait<0>();
    __syncthreads();
  }
  sum += tile[1][t];  // fault: waitsForTooFew
  out[t] = sum;
  gpu::cpAsyncWait<0>();
}

/// Waiting is each thread's own: for the others' copies a barrier is needed too.
template <bool kFaulty>
__global__ void missingBarrierAfterWait(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, tile, [256]);
  const unsigned t = threadIdx.x;
  gpu::cpAsync16(&tile[4 * t], data + 4 * t);
  gpu::cpAsyncCommit();
  gpu::cpAsyncWait<0>();
  if (!kFaulty) __syncthreads();
  out[t] = tile[255 - 4 * t];  // fault: missingBarrierAfterWait
}

template <bool kFaulty>
__global__ void neverWaitedFor(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, tile, [256]);
  const unsigned t = threadIdx.x;
  gpu::cpAsync16(&tile[4 * t], data + 4 * t);
  gpu::cpAsyncCommit();
  gpu::cpAsyncCommit();
  out[t] = data[t];
  if (!kFaulty) gpu::cpAsyncWait<1>();  // The one that is left holds no copy.
}

/// The copy is asked for while others may still read what it overwrites.
template <bool kFaulty>
__global__ void prefetchOverReaders(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, tile, [256]);
  const unsigned t = threadIdx.x;
  int sum = 0;
  for (int round = 0; round < 2; ++round) {
    gpu::cpAsync16(&tile[4 * t], data + 4 * t);  // fault: prefetchOverReaders
    gpu::cpAsyncCommit();
    gpu::cpAsyncWait<0>();
    __syncthreads();
    sum += tile[255 - 4 * t];
    if (!kFaulty) __syncthreads();
  }
  out[t] = sum;
}

template <bool kFaulty>
__global__ void asyncSourcePastEnd(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, tile, [256]);
  const unsigned t = threadIdx.x;
  const int valid = t == 63 && !kFaulty ? 0 : 16;
  const int* from = data + 4 * t + 4;
  gpu::cpAsync16ZeroFill(&tile[4 * t], from, valid);  // fault: asyncSourcePastEnd
  gpu::cpAsyncCommit();
  gpu::cpAsyncWait<0>();
  out[t] = tile[4 * t];
}

template <bool kFaulty>
__global__ void asyncMisaligned(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, tile, [256]);
  const unsigned t = threadIdx.x;
  if (t < 60)
    gpu::cpAsync16(&tile[4 * t + (kFaulty ? 1 : 0)], data + 4 * t);  // fault: asyncMisaligned
  gpu::cpAsyncCommit();
  gpu::cpAsyncWait<0>();
  __syncthreads();
  out[t] = tile[0];
}

template <bool kFaulty>
__global__ void asyncSourceMisaligned(const int* data, int* out, int* /*fresh*/) {
  GPU_SHARED(int, tile, [256]);
  const unsigned t = threadIdx.x;
  if (t < 60)
    gpu::cpAsync16(&tile[4 * t], data + 4 * t + (kFaulty ? 1 : 0));  // fault: asyncSourceMisaligned
  gpu::cpAsyncCommit();
  gpu::cpAsyncWait<0>();
  __syncthreads();
  out[t] = tile[0];
}

}  // namespace

std::vector<Fault> asyncFaults() {
  const std::string file = "async_faults.cu";
  const FindingKind inFlight = FindingKind::InFlight;
  const FindingKind race = FindingKind::Race;
  const FindingKind misaligned = FindingKind::Misaligned;
  return {
      {"missingAsyncWait", inFlight, file, missingAsyncWait<true>, missingAsyncWait<false>},
      {"waitsForTooFew", inFlight, file, waitsForTooFew<true>, waitsForTooFew<false>},
      {"missingBarrierAfterWait", race, file, missingBarrierAfterWait<true>,
       missingBarrierAfterWait<false>},
      {"neverWaitedFor", FindingKind::NeverWaited, "", neverWaitedFor<true>, neverWaitedFor<false>},
      {"prefetchOverReaders", race, file, prefetchOverReaders<true>, prefetchOverReaders<false>},
      {"asyncSourcePastEnd", FindingKind::OutOfBounds, file, asyncSourcePastEnd<true>,
       asyncSourcePastEnd<false>},
      {"asyncMisaligned", misaligned, file, asyncMisaligned<true>, asyncMisaligned<false>},
      {"asyncSourceMisaligned", misaligned, file, asyncSourceMisaligned<true>,
       asyncSourceMisaligned<false>},
  };
}

}  // namespace lectern::simt
