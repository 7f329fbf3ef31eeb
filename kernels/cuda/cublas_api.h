// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>

/// What we use of cuBLAS's C interface, versions 12 and 13, written down from NVIDIA's
/// documentation of the library, so that neither its headers nor the library are needed to build.
/// Matrices are column-major there; enumerations are passed as int.
struct cublasContext;

namespace lectern::kernels::cuda::cublas {

using Handle = cublasContext*;

// cublasStatus_t
constexpr int kSuccess = 0;
constexpr int kNotInitialised = 1;
constexpr int kAllocationFailed = 3;
constexpr int kInvalidValue = 7;
constexpr int kArchitectureMismatch = 8;
constexpr int kMappingError = 11;
constexpr int kExecutionFailed = 13;
constexpr int kInternalError = 14;
constexpr int kNotSupported = 15;

constexpr int kAsItIs = 0;         // CUBLAS_OP_N
constexpr int kTransposed = 1;     // CUBLAS_OP_T
constexpr int kFloat32 = 0;        // CUDA_R_32F
constexpr int kBFloat16 = 14;      // CUDA_R_16BF
constexpr int kComputeFloat = 68;  // CUBLAS_COMPUTE_32F
constexpr int kAnyAlgorithm = -1;  // CUBLAS_GEMM_DEFAULT

using Create = int (*)(Handle*);                      // cublasCreate_v2
using Destroy = int (*)(Handle);                      // cublasDestroy_v2
using GetVersion = int (*)(Handle, int*);             // cublasGetVersion_v2
using SetStream = int (*)(Handle, cudaStream_t);      // cublasSetStream_v2; forgets the workspace
using SetWorkspace = int (*)(Handle, void*, size_t);  // cublasSetWorkspace_v2
/// cublasGemmEx: c = alpha · opA(a) · opB(b) + beta · c, with opA(a) [m, k], opB(b) [k, n], c [m,
/// n]. alpha and beta are float32 in host memory, read at the call.
using GemmEx = int (*)(Handle,
                       int opA,
                       int opB,
                       int m,
                       int n,
                       int k,
                       const void* alpha,
                       const void* a,
                       int typeA,
                       int pitchA,
                       const void* b,
                       int typeB,
                       int pitchB,
                       const void* beta,
                       void* c,
                       int typeC,
                       int pitchC,
                       int computeType,
                       int algorithm);

/// The version as cublasGetVersion_v2 has it: 130102 is 13.1.2.
constexpr int kMajorVersion = 10'000;
constexpr int kMinorVersion = 100;

}  // namespace lectern::kernels::cuda::cublas
