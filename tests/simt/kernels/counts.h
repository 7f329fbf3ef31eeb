// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <driver_types.h>

/// Kernels whose requests, sectors and wavefronts can be counted by hand.
namespace lectern::simt {

/// Thread i copies words [i * stride + first]; width is 1, 2, 4, 8 or 16 bytes. `in` and `out` have
/// room.
cudaError_t launchStridedCopy(const void* in,
                              void* out,
                              int width,
                              int stride,
                              int first,
                              int blocks,
                              int threads,
                              cudaStream_t stream);

/// Every thread reads the same float.
cudaError_t launchBroadcast(const float* in, float* out, cudaStream_t stream);

/// Lane i reads in[i], in[32 + i], … i + 1 times.
cudaError_t launchUnevenLoop(const float* in, float* out, cudaStream_t stream);

/// One warp reads shared memory once: lane i `width` bytes at i * strideBytes.
cudaError_t launchSharedRead(
    const void* in, void* out, int width, int strideBytes, cudaStream_t stream);

/// One warp brings 16 rows of 32 bytes by cp.async into rows of `pitchBytes`, and takes them by
/// ldmatrix.
cudaError_t launchLoadMatrix(const void* in, void* out, int pitchBytes, cudaStream_t stream);

/// Threads add into one counter and into 32 of them.
cudaError_t launchAtomics(int* one, int* many, cudaStream_t stream);

}  // namespace lectern::simt
