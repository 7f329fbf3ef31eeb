// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector_functions.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

/// CUDA's arithmetic for the host. Approximations of the device are exact here: no test may lean on
/// their error. Conversions and operators of bf16 and half come from the toolkit's headers; what
/// those keep for the device follows.

using std::max;
using std::min;

inline float rsqrtf(float x) {
  return 1.0F / std::sqrt(x);
}

// NOLINTBEGIN(bugprone-reserved-identifier): CUDA's own names.

inline float __expf(float x) {
  return std::exp(x);
}
inline float __exp2f(float x) {
  return std::exp2(x);
}
inline float __logf(float x) {
  return std::log(x);
}
inline float __log2f(float x) {
  return std::log2(x);
}
inline float __fdividef(float a, float b) {
  return a / b;
}
inline float __frcp_rn(float x) {
  return 1.0F / x;
}
inline float __frsqrt_rn(float x) {
  return 1.0F / std::sqrt(x);
}
inline float __fsqrt_rn(float x) {
  return std::sqrt(x);
}
inline float __fadd_rn(float a, float b) {
  return a + b;
}
inline float __fsub_rn(float a, float b) {
  return a - b;
}
inline float __fmul_rn(float a, float b) {
  return a * b;
}
inline float __fmaf_rn(float a, float b, float c) {
  return std::fma(a, b, c);
}
inline float __saturatef(float x) {
  return x > 0.0F ? std::min(x, 1.0F) : 0.0F;
}

inline int __float_as_int(float x) {
  return std::bit_cast<int>(x);
}
inline unsigned __float_as_uint(float x) {
  return std::bit_cast<unsigned>(x);
}
inline float __int_as_float(int x) {
  return std::bit_cast<float>(x);
}
inline float __uint_as_float(unsigned x) {
  return std::bit_cast<float>(x);
}

/// The device's conversions do not overflow: they end at the type's limits, and NaN is 0.
inline int __float2int_rz(float x) {
  if (std::isnan(x)) return 0;
  if (x >= 2147483648.0F) return std::numeric_limits<int>::max();
  if (x < -2147483648.0F) return std::numeric_limits<int>::min();
  return static_cast<int>(x);
}
inline int __float2int_rn(float x) {
  return __float2int_rz(std::nearbyint(x));
}
inline int __float2int_rd(float x) {
  return __float2int_rz(std::floor(x));
}
inline int __float2int_ru(float x) {
  return __float2int_rz(std::ceil(x));
}
inline float __int2float_rn(int x) {
  return static_cast<float>(x);
}
inline float __uint2float_rn(unsigned x) {
  return static_cast<float>(x);
}

inline int __popc(unsigned x) {
  return std::popcount(x);
}
inline int __popcll(unsigned long long x) {
  return std::popcount(x);
}
inline int __clz(int x) {
  return std::countl_zero(static_cast<unsigned>(x));
}
inline int __ffs(int x) {
  return x == 0 ? 0 : std::countr_zero(static_cast<unsigned>(x)) + 1;
}
inline unsigned __umulhi(unsigned a, unsigned b) {
  return static_cast<unsigned>(static_cast<uint64_t>(a) * b >> 32);
}
inline unsigned __brev(unsigned x) {
  unsigned reversed = 0;
  for (int bit = 0; bit < 32; ++bit) reversed |= (x >> bit & 1U) << (31 - bit);
  return reversed;
}
inline unsigned __funnelshift_r(unsigned low, unsigned high, unsigned shift) {
  return static_cast<unsigned>((static_cast<uint64_t>(high) << 32 | low) >> (shift & 31U));
}
inline unsigned __funnelshift_l(unsigned low, unsigned high, unsigned shift) {
  return static_cast<unsigned>((static_cast<uint64_t>(high) << 32 | low) << (shift & 31U) >> 32);
}

/// Byte i of the result is byte (selector nibble i & 7) of y:x, or its sign spread over eight bits
/// (nibble & 8).
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned selector) {
  const uint64_t bytes = static_cast<uint64_t>(y) << 32 | x;
  unsigned result = 0;
  for (int i = 0; i < 4; ++i) {
    const unsigned pick = selector >> (4 * i) & 15U;
    unsigned byte = static_cast<unsigned>(bytes >> (8 * (pick & 7U))) & 255U;
    if ((pick & 8U) != 0) byte = (byte & 128U) != 0 ? 255U : 0U;
    result |= byte << (8 * i);
  }
  return result;
}

inline int __dp4a(int a, int b, int sum) {
  for (int shift = 0; shift < 32; shift += 8) {
    sum += static_cast<int8_t>(a >> shift) * static_cast<int8_t>(b >> shift);
  }
  return sum;
}

/// The four bytes of a minus those of b, each held within a signed byte.
inline unsigned __vsubss4(unsigned a, unsigned b) {
  unsigned result = 0;
  for (int shift = 0; shift < 32; shift += 8) {
    const int difference = static_cast<int8_t>(a >> shift) - static_cast<int8_t>(b >> shift);
    result |= (static_cast<unsigned>(std::clamp(difference, -128, 127)) & 255U) << shift;
  }
  return result;
}
inline unsigned __vsub4(unsigned a, unsigned b) {
  unsigned result = 0;
  for (int shift = 0; shift < 32; shift += 8)
    result |= (((a >> shift) - (b >> shift)) & 255U) << shift;
  return result;
}

// One rounding: the product is exact in double, and double has room for the sum of two such before
// bf16's or half's 11 bits.
inline __nv_bfloat16 __hfma(__nv_bfloat16 a, __nv_bfloat16 b, __nv_bfloat16 c) {
  const double product = static_cast<double>(__bfloat162float(a)) * __bfloat162float(b);
  return __double2bfloat16(product + __bfloat162float(c));
}
inline __half __hfma(__half a, __half b, __half c) {
  const double product = static_cast<double>(__half2float(a)) * __half2float(b);
  return __double2half(product + __half2float(c));
}
inline __nv_bfloat162 __hfma2(__nv_bfloat162 a, __nv_bfloat162 b, __nv_bfloat162 c) {
  return {__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y)};
}
inline __half2 __hfma2(__half2 a, __half2 b, __half2 c) {
  return {__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y)};
}

// NOLINTEND(bugprone-reserved-identifier)

namespace lectern::gpu {

inline float exp2Approx(float x) {
  return std::exp2(x);
}
inline float log2Approx(float x) {
  return std::log2(x);
}
inline float rcpApprox(float x) {
  return 1.0F / x;
}
inline float rsqrtApprox(float x) {
  return 1.0F / std::sqrt(x);
}
inline int dp4a(int a, int b, int sum) {
  return __dp4a(a, b, sum);
}

}  // namespace lectern::gpu
