// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/simt/engine.h"
#include "tests/simt/host_threads.h"

/// ldmatrix and mma; the fragment layouts stand in gpu.h.
namespace lectern::gpu {

__forceinline__ void ldmatrixX2(uint32_t (&r)[2], const void* row, GPU_WHERE) {
  simt::loadMatrix(r, 2, false, row, where);
}
__forceinline__ void ldmatrixX2Trans(uint32_t (&r)[2], const void* row, GPU_WHERE) {
  simt::loadMatrix(r, 2, true, row, where);
}
__forceinline__ void ldmatrixX4(uint32_t (&r)[4], const void* row, GPU_WHERE) {
  simt::loadMatrix(r, 4, false, row, where);
}
__forceinline__ void ldmatrixX4Trans(uint32_t (&r)[4], const void* row, GPU_WHERE) {
  simt::loadMatrix(r, 4, true, row, where);
}
__forceinline__ void mmaBf16(float (&d)[4],
                             const uint32_t (&a)[4],
                             const uint32_t (&b)[2],
                             GPU_WHERE) {
  simt::mmaBf16(d, a, b, where);
}
__forceinline__ void mmaS8(int32_t (&d)[4],
                           const uint32_t (&a)[4],
                           const uint32_t (&b)[2],
                           GPU_WHERE) {
  simt::mmaS8(d, a, b, where);
}

}  // namespace lectern::gpu
