// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The host side of kernels/cuda/gpu.h: CUDA's words for a plain C++ compiler, run by the engine in
/// this folder. Included by gpu.h alone, and after the toolkit's own headers, whose spellings it
/// replaces.

#include <cuda_runtime_api.h>
#include <nv/target>
#include <vector_functions.h>

#include <cmath>
#include <cstring>
#include <utility>

// gcc puts no callback where a call returns a class straight into memory, as in `out[i] =
// __float2bfloat16(x)`. Inlined, the store is seen. The headers declare their functions `static
// __attribute__((unused))` and give no other handle.
#define unused unused, always_inline
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#undef unused

#undef __global__
#undef __device__
#undef __constant__
#undef __shared__
#undef __launch_bounds__
#undef __forceinline__
#define __global__
#define __device__
#define __constant__
#define __shared__ static_assert(false, "use GPU_SHARED or GPU_DYN_SHARED");
#define __launch_bounds__(...)
#define __forceinline__ inline __attribute__((always_inline))

#include "tests/simt/host_launch.h"
#include "tests/simt/host_math.h"
#include "tests/simt/host_memory.h"
#include "tests/simt/host_tensor_core.h"
#include "tests/simt/host_threads.h"
