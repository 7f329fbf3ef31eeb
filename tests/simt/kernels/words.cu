// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/gpu.h"
#include "tests/simt/kernels/words.h"

namespace lectern::simt {
namespace {

__global__ void words(const int* in, int* out, int* cell) {
  const unsigned t = threadIdx.x;
  const int value = in[t];
  int* mine = out + kWords * t;
  mine[kShuffle] = __shfl_sync(~0U, value, 5);
  mine[kShuffleInSegments] = __shfl_sync(~0U, value, 3, 8);
  mine[kShuffleUp] = __shfl_up_sync(~0U, value, 2);
  mine[kShuffleDown] = __shfl_down_sync(~0U, value, 2);
  mine[kShuffleXor] = __shfl_xor_sync(~0U, value, 16);
  mine[kBallot] = static_cast<int>(__ballot_sync(~0U, t % 3 == 0));
  mine[kAny] = __any_sync(~0U, t == 40);
  mine[kAll] = __all_sync(~0U, t >= 32);
  mine[kMatch] = static_cast<int>(__match_any_sync(~0U, t % 4));
  mine[kReduceAdd] = __reduce_add_sync(~0U, value);
  mine[kReduceMax] = __reduce_max_sync(~0U, -value);
  mine[kReduceXor] = static_cast<int>(__reduce_xor_sync(~0U, 1U << (t % 32)));
  mine[kCount] = __syncthreads_count(t < 10);
  mine[kOr] = __syncthreads_or(t == 63);
  mine[kAnd] = __syncthreads_and(t != 63);
  mine[kBytePerm] = static_cast<int>(__byte_perm(0x33221100U, 0x77665584U, 0x7C04U));
  mine[kDp4a] = gpu::dp4a(0x01FF027F, 0x02020301, 5);
  mine[kSaturatingSub] = static_cast<int>(__vsubss4(0x80017F10U, 0x0101FF01U));
  if (t == 0) {
    mine[kExchange] = atomicExch(cell, 7);
    mine[kCompareAndSwap] = atomicCAS(cell, 7, 9);
  }
}

}  // namespace

cudaError_t launchWords(const int* in, int* out, int* cell, cudaStream_t stream) {
  return gpu::launch(gpu::Config{dim3(1), dim3(64), 0, stream}, words, in, out, cell);
}

}  // namespace lectern::simt
