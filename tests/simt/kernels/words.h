// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <driver_types.h>

/// Every word of gpu.h that is no plain arithmetic, once: thread t's results stand in out[kWords *
/// t …].
namespace lectern::simt {

enum Word {
  kShuffle,
  kShuffleInSegments,
  kShuffleUp,
  kShuffleDown,
  kShuffleXor,
  kBallot,
  kAny,
  kAll,
  kMatch,
  kReduceAdd,
  kReduceMax,
  kReduceXor,
  kCount,
  kOr,
  kAnd,
  kBytePerm,
  kDp4a,
  kSaturatingSub,
  kExchange,
  kCompareAndSwap,
  kWords,
};

/// Two warps of 32 lanes; `in` holds 64 numbers.
cudaError_t launchWords(const int* in, int* out, int* cell, cudaStream_t stream);

}  // namespace lectern::simt
