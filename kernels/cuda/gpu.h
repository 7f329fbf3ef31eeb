// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

/// The vocabulary of our kernels: the only CUDA header a .cu or .cuh file includes, and the only
/// place with inline PTX. nvcc compiles the thin wrappers below; a plain C++ compiler gets the same
/// words from tests/simt, which runs the very same source thread by thread on the CPU and checks
/// every access.
///
/// Both compilers understand, with CUDA's own meaning: __global__, __device__, __forceinline__,
/// __launch_bounds__; threadIdx, blockIdx, blockDim, gridDim; __syncthreads and its _and, _or,
/// _count; __syncwarp; the shuffles, votes and reductions ending in _sync; atomicAdd, Sub, Max,
/// Min, Exch, CAS, Or, And; __ldg; the float, integer, bf16 and half intrinsics of
/// tests/simt/host_math.h.
///
/// Rules for kernels; each has a reason in how they are verified:
///  - shared arrays are GPU_SHARED(float, tile, [32][33]) and GPU_DYN_SHARED(T, name), never a bare
///    __shared__;
///  - launches are gpu::launch(gpu::Config{grid, block, bytes, stream}, kernel<128>, arguments...),
///    never <<<>>>;
///  - wide accesses are gpu::ld64, ld128, st64, st128: a plain float4 may be counted as four;
///  - device functions are __forceinline__: gcc shows us no store where a call returns a class
///    straight into memory;
///  - no inline asm, cooperative groups, CUB or Thrust; no spin loops; no communication between the
///    blocks of a launch.
#if defined(__CUDACC__)

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#define GPU_SHARED(T, name, ...) __shared__ __align__(16) T name __VA_ARGS__
#define GPU_DYN_SHARED(T, name)                                      \
  extern __shared__ __align__(16) unsigned char gpuDynamicShared_[]; \
  T* name = reinterpret_cast<T*>(gpuDynamicShared_)

namespace lectern::gpu {

using Stream = cudaStream_t;

/// Where and how wide a kernel runs.
struct Config {
  dim3 grid;
  dim3 block;
  size_t dynamicSharedBytes = 0;
  Stream stream = nullptr;
};

/// Enqueues `kernel` on the stream; arguments are converted to the kernel's own parameter types.
/// Returns what the runtime says about the launch itself; faults of the run surface when the stream
/// is waited for.
template <class... Parameters, class... Arguments>
cudaError_t launch(const Config& config, void (*kernel)(Parameters...), Arguments&&... arguments) {
  // A block has 48 KB without asking, its shared arrays included, which are not known here.
  if (config.dynamicSharedBytes > 0) {
    const cudaError_t granted = cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                                                     cudaFuncAttributeMaxDynamicSharedMemorySize,
                                                     static_cast<int>(config.dynamicSharedBytes));
    if (granted != cudaSuccess) return granted;
  }
  cudaLaunchConfig_t launchConfig{};
  launchConfig.gridDim = config.grid;
  launchConfig.blockDim = config.block;
  launchConfig.dynamicSmemBytes = config.dynamicSharedBytes;
  launchConfig.stream = config.stream;
  return cudaLaunchKernelEx(&launchConfig, kernel, std::forward<Arguments>(arguments)...);
}

// --- Memory. Addresses are aligned to the width. ---

__device__ __forceinline__ uint2 ld64(const void* p) {
  return *static_cast<const uint2*>(p);
}
__device__ __forceinline__ uint4 ld128(const void* p) {
  return *static_cast<const uint4*>(p);
}
__device__ __forceinline__ void st64(void* p, uint2 v) {
  *static_cast<uint2*>(p) = v;
}
__device__ __forceinline__ void st128(void* p, uint4 v) {
  *static_cast<uint4*>(p) = v;
}

/// Global memory that nobody writes during this launch, by the read-only path.
__device__ __forceinline__ uint4 ldReadOnly128(const void* p) {
  return __ldg(static_cast<const uint4*>(p));
}

/// The same for bytes that are read once (weights in decode): they do not push others out of L1.
__device__ __forceinline__ uint4 ldStream128(const void* p) {
  uint4 v;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0,%1,%2,%3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "l"(__cvta_generic_to_global(p)));
  return v;
}

/// A generic pointer into shared memory as the 32-bit address that PTX wants.
__device__ __forceinline__ uint32_t sharedAddress(const void* p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}

// --- cp.async: global to shared without passing registers (PTX ISA, "cp.async"). The thread that
// asked may touch the bytes only after its cpAsyncWait, others only after a barrier behind that.

__device__ __forceinline__ void cpAsync16(void* shared, const void* global) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(sharedAddress(shared)),
               "l"(__cvta_generic_to_global(global))
               : "memory");
}

/// Copies `validBytes` (0 … 16) and fills the rest of the 16 with zeros; with 0 the source is not
/// read.
__device__ __forceinline__ void cpAsync16ZeroFill(void* shared,
                                                  const void* global,
                                                  int validBytes) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(sharedAddress(shared)),
               "l"(__cvta_generic_to_global(global)), "r"(validBytes)
               : "memory");
}

__device__ __forceinline__ void cpAsync4(void* shared, const void* global) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(sharedAddress(shared)),
               "l"(__cvta_generic_to_global(global))
               : "memory");
}

/// Closes a group of the copies asked for since the last one (an empty group is a group too).
__device__ __forceinline__ void cpAsyncCommit() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}

/// Waits until at most `KeepGroups` of this thread's groups are still on their way.
template <int KeepGroups>
__device__ __forceinline__ void cpAsyncWait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(KeepGroups) : "memory");
}

// --- Tensor cores, whole warps only (PTX ISA, "ldmatrix", "mma"). g = lane / 4, t = lane % 4. ---

/// Matrices of 8 rows × 16 bytes: lanes 8m … 8m+7 give the row addresses of matrix m; lane gets
/// columns 2t, 2t+1 (16-bit elements) of row g of each matrix. Trans gives it rows 2t, 2t+1 of
/// column g instead.
__device__ __forceinline__ void ldmatrixX2(uint32_t (&r)[2], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(sharedAddress(row))
               : "memory");
}
__device__ __forceinline__ void ldmatrixX2Trans(uint32_t (&r)[2], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(sharedAddress(row))
               : "memory");
}
__device__ __forceinline__ void ldmatrixX4(uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(sharedAddress(row))
               : "memory");
}
__device__ __forceinline__ void ldmatrixX4Trans(uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(sharedAddress(row))
               : "memory");
}

/// d[16×8] += a[16×16] b[16×8], bf16 in, float out. What a lane holds:
///  - a[0] is row g, columns 2t and 2t+1; a[1] row g+8; a[2] row g, columns 2t+8 and 2t+9; a[3] row
///    g+8 there;
///  - b[0] is rows 2t and 2t+1 of column g; b[1] rows 2t+8 and 2t+9;
///  - d[0] and d[1] are row g, columns 2t and 2t+1; d[2] and d[3] row g+8.
__device__ __forceinline__ void mmaBf16(float (&d)[4],
                                        const uint32_t (&a)[4],
                                        const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/// d[16×8] += a[16×32] b[32×8], int8 in, int32 out. As above with four bytes for two bf16:
///  - a[0] is row g, columns 4t to 4t+3; a[1] row g+8; a[2] row g, columns 4t+16 to 4t+19; a[3] row
///    g+8 there;
///  - b[0] is rows 4t to 4t+3 of column g; b[1] rows 4t+16 to 4t+19.
__device__ __forceinline__ void mmaS8(int32_t (&d)[4],
                                      const uint32_t (&a)[4],
                                      const uint32_t (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// --- The special-function unit: about 2 ulp, denormals flushed to zero. ---

__device__ __forceinline__ float exp2Approx(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
__device__ __forceinline__ float log2Approx(float x) {
  float y;
  asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
__device__ __forceinline__ float rcpApprox(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
__device__ __forceinline__ float rsqrtApprox(float x) {
  float y;
  asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

/// sum + the four products of the signed bytes of a and b.
__device__ __forceinline__ int dp4a(int a, int b, int sum) {
  return __dp4a(a, b, sum);
}

}  // namespace lectern::gpu

#else

#include "tests/simt/host_gpu.h"

#endif
