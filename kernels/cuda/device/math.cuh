// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/gpu.h"

#include <cstdint>
#include <type_traits>

namespace lectern::kernels::cuda {

constexpr float kLog2E = 1.4426950408889634F;
constexpr float kInfinity = __builtin_huge_valf();

template <class Count>
__host__ __device__ constexpr Count ceilDiv(Count count, std::common_type_t<Count> by) {
  return (count + by - 1) / by;
}
__host__ __device__ constexpr int64_t roundUp(int64_t count, int64_t multiple) {
  return ceilDiv(count, multiple) * multiple;
}

__device__ __forceinline__ float silu(float x) {
  return x / (1.0F + expf(-x));
}

/// log(1 + eˣ), which is x itself to float32 above 20.
__device__ __forceinline__ float softplus(float x) {
  return x > 20.0F ? x : log1pf(expf(x));
}

__device__ __forceinline__ float halfToFloat(uint32_t bits) {
  return __half2float(__ushort_as_half(static_cast<unsigned short>(bits)));
}

/// Two numbers rounded to bfloat16, the first in the lower half.
__device__ __forceinline__ uint32_t packBFloat16(float low, float high) {
  const uint32_t first = __bfloat16_as_ushort(__float2bfloat16(low));
  const uint32_t second = __bfloat16_as_ushort(__float2bfloat16(high));
  return first | second << 16;
}
/// Four signed bytes as bfloat16, which holds them exactly. A byte x is (x & 127) − (x & 128), and
/// behind the exponent of 128 a number of seven bits stands for itself and 128 more.
__device__ __forceinline__ uint2 widenBytes(uint32_t four) {
  const auto pairOf = [](uint32_t bits) {
    return __nv_bfloat162(__ushort_as_bfloat16(static_cast<unsigned short>(bits)),
                          __ushort_as_bfloat16(static_cast<unsigned short>(bits >> 16)));
  };
  const auto widened = [&](uint32_t two) {  // each behind 0x43
    const __nv_bfloat162 numbers =
        __hfma2(pairOf(two & 0xFF80FF80U), pairOf(0xBF80BF80U), pairOf(two & 0xFF7FFF7FU));
    const uint32_t low = __bfloat16_as_ushort(numbers.x);
    const uint32_t high = __bfloat16_as_ushort(numbers.y);
    return low | high << 16;
  };
  return {widened(__byte_perm(four, 0x43434343U, 0x4140)),
          widened(__byte_perm(four, 0x43434343U, 0x4342))};
}
__device__ __forceinline__ float lowBFloat16(uint32_t pair) {
  return __uint_as_float(pair << 16);
}
__device__ __forceinline__ float highBFloat16(uint32_t pair) {
  return __uint_as_float(pair & 0xFFFF0000U);
}

}  // namespace lectern::kernels::cuda
