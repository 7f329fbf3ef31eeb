// SPDX-License-Identifier: GPL-3.0-or-later
// Floating-point instructions and conversions, one thread a case.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

extern "C" __global__ void singles(const float* a, const float* b, const float* c, uint32_t* out,
                                   int n) {
  const int i = static_cast<int>(threadIdx.x);
  if (i >= n) return;
  float row[18];
  row[0] = __fadd_rn(a[i], b[i]);
  row[1] = __fadd_rz(a[i], b[i]);
  row[2] = __fadd_ru(a[i], b[i]);
  row[3] = __fadd_rd(a[i], b[i]);
  row[4] = __fmul_rn(a[i], b[i]);
  row[5] = __fmul_rz(a[i], b[i]);
  row[6] = __fmaf_rn(a[i], b[i], c[i]);
  row[7] = __fmaf_ru(a[i], b[i], c[i]);
  row[8] = __fdiv_rn(a[i], b[i]);
  row[9] = __fsqrt_rn(a[i]);
  row[10] = fminf(a[i], b[i]);
  row[11] = fmaxf(a[i], b[i]);
  row[12] = __saturatef(a[i]);
  asm("min.NaN.f32 %0, %1, %2;" : "=f"(row[13]) : "f"(a[i]), "f"(b[i]));
  asm("add.ftz.f32 %0, %1, %2;" : "=f"(row[14]) : "f"(a[i]), "f"(b[i]));
  asm("ex2.approx.f32 %0, %1;" : "=f"(row[15]) : "f"(a[i]));
  asm("copysign.f32 %0, %1, %2;" : "=f"(row[16]) : "f"(b[i]), "f"(a[i]));
  row[17] = a[i] <= b[i] ? 1.0F : a[i] > b[i] ? 2.0F : 3.0F;
  for (int k = 0; k < 18; ++k) out[i * 18 + k] = __float_as_uint(row[k]);
}

extern "C" __global__ void pairs(const uint32_t* a, const uint32_t* b, const uint32_t* c, uint32_t* out,
                                 int n) {
  const int i = static_cast<int>(threadIdx.x);
  if (i >= n) return;
  uint32_t* row = out + i * 8;
  asm("fma.rn.f16x2 %0, %1, %2, %3;" : "=r"(row[0]) : "r"(a[i]), "r"(b[i]), "r"(c[i]));
  asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(row[1]) : "r"(a[i]), "r"(b[i]), "r"(c[i]));
  asm("add.f16x2 %0, %1, %2;" : "=r"(row[2]) : "r"(a[i]), "r"(b[i]));
  asm("mul.f16x2 %0, %1, %2;" : "=r"(row[3]) : "r"(a[i]), "r"(b[i]));
  asm("max.bf16x2 %0, %1, %2;" : "=r"(row[4]) : "r"(a[i]), "r"(b[i]));
  asm("min.NaN.f16x2 %0, %1, %2;" : "=r"(row[5]) : "r"(a[i]), "r"(b[i]));
  asm("fma.rn.relu.bf16x2 %0, %1, %2, %3;" : "=r"(row[6]) : "r"(a[i]), "r"(b[i]), "r"(c[i]));
  asm("neg.f16x2 %0, %1;" : "=r"(row[7]) : "r"(a[i]));
}

extern "C" __global__ void conversions(const float* a, const double* d, uint32_t* out, int n) {
  const int i = static_cast<int>(threadIdx.x);
  if (i >= n) return;
  uint32_t row[28] = {};
  uint16_t half = 0;
  row[0] = static_cast<uint32_t>(__float2int_rn(a[i]));
  row[1] = static_cast<uint32_t>(__float2int_rz(a[i]));
  row[2] = static_cast<uint32_t>(__float2int_ru(a[i]));
  row[3] = static_cast<uint32_t>(__float2int_rd(a[i]));
  row[4] = __float2uint_rn(a[i]);
  asm("cvt.rni.s8.f32 %0, %1;" : "=r"(row[5]) : "f"(a[i]));
  row[6] = static_cast<uint32_t>(__float2ll_rz(a[i]) >> 32);
  row[7] = __float_as_uint(rintf(a[i]));
  row[8] = __float_as_uint(__double2float_rn(d[i]));
  row[9] = __float_as_uint(__double2float_rz(d[i]));
  row[10] = __float_as_uint(__double2float_ru(d[i]));
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(a[i]));
  row[11] = half;
  asm("cvt.rz.f16.f32 %0, %1;" : "=h"(half) : "f"(a[i]));
  row[12] = half;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(half) : "f"(a[i]));
  row[13] = half;
  asm("cvt.rz.bf16.f32 %0, %1;" : "=h"(half) : "f"(a[i]));
  row[14] = half;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(row[15]) : "f"(a[i]), "f"(-a[i]));
  asm("cvt.rn.relu.f16x2.f32 %0, %1, %2;" : "=r"(row[16]) : "f"(a[i]), "f"(-a[i]));
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(row[17]) : "f"(a[i]));
  asm("cvt.sat.f32.f32 %0, %1;" : "=r"(row[18]) : "f"(a[i]));
  row[19] = __float_as_uint(__int2float_rn(static_cast<int>(__float_as_uint(a[i]))));
  row[20] = __float_as_uint(__uint2float_rz(__float_as_uint(a[i])));
  row[21] = __float_as_uint(__ull2float_rn(static_cast<uint64_t>(__double_as_longlong(d[i]))));
  row[22] = __float_as_uint(__ull2float_ru(static_cast<uint64_t>(__double_as_longlong(d[i]))));
  asm("cvt.sat.s8.s32 %0, %1;" : "=r"(row[23]) : "r"(static_cast<int>(__float_as_uint(a[i]))));
  asm("cvt.sat.u8.s32 %0, %1;" : "=r"(row[24]) : "r"(static_cast<int>(__float_as_uint(a[i]))));
  asm("{ .reg .b16 low, high; mov.b32 {low, high}, %1; cvt.f32.f16 %0, low; }"
      : "=r"(row[25]) : "r"(__float_as_uint(a[i])));
  asm("{ .reg .b16 low, high; mov.b32 {low, high}, %1; cvt.f32.bf16 %0, high; }"
      : "=r"(row[26]) : "r"(__float_as_uint(a[i])));
  asm("{ .reg .b16 low, high; mov.b32 {low, high}, %1; cvt.s32.s16 %0, low; }"
      : "=r"(row[27]) : "r"(__float_as_uint(a[i])));
  for (int k = 0; k < 28; ++k) out[i * 28 + k] = row[k];
}
