// SPDX-License-Identifier: GPL-3.0-or-later
// Integer instructions, one thread a case.
#include <cstdint>

extern "C" __global__ void arithmetic(const int32_t* a, const int32_t* b, int32_t* out, int n) {
  const int i = static_cast<int>(threadIdx.x);
  if (i >= n) return;
  int32_t* row = out + i * 12;
  const uint32_t ua = static_cast<uint32_t>(a[i]);
  const uint32_t ub = static_cast<uint32_t>(b[i]);
  row[0] = static_cast<int32_t>(ua + ub);
  row[1] = static_cast<int32_t>(ua - ub);
  row[2] = static_cast<int32_t>(ua * ub);
  row[3] = __mulhi(a[i], b[i]);
  row[4] = static_cast<int32_t>(__umulhi(ua, ub));
  row[5] = min(a[i], b[i]);
  row[6] = static_cast<int32_t>(max(ua, ub));
  row[7] = b[i] == 0 ? 0 : a[i] / b[i];
  row[8] = ub == 0 ? 0 : static_cast<int32_t>(ua % ub);
  row[9] = __dp4a(a[i], b[i], 7);
  row[10] = static_cast<int32_t>(__dp4a(ua, ub, 7U));
  row[11] = abs(a[i]);
}

extern "C" __global__ void wide(const int64_t* a, const int64_t* b, int64_t* out, int n) {
  const int i = static_cast<int>(threadIdx.x);
  if (i >= n) return;
  int64_t* row = out + i * 6;
  row[0] = __mul64hi(a[i], b[i]);
  row[1] = static_cast<int64_t>(__umul64hi(static_cast<uint64_t>(a[i]), static_cast<uint64_t>(b[i])));
  row[2] = static_cast<int64_t>(static_cast<int32_t>(a[i])) * static_cast<int32_t>(b[i]) + a[i];
  row[3] = b[i] == 0 ? 0 : a[i] / b[i];
  row[4] = __clzll(a[i]);
  row[5] = a[i] >> (b[i] & 63);
}

template <int kTable>
__device__ void tableLogic(uint32_t a, uint32_t b, uint32_t c, uint32_t* out) {
  asm volatile("lop3.b32 %0, %1, %2, %3, %4;" : "=r"(out[kTable]) : "r"(a), "r"(b), "r"(c), "n"(kTable));
  if constexpr (kTable % 128 < 127) tableLogic<kTable + 1>(a, b, c, out);
}

// All 256 functions of three bits.
extern "C" __global__ void everyTable(const uint32_t* a, uint32_t* out) {
  tableLogic<0>(a[0], a[1], a[2], out);
  tableLogic<128>(a[0], a[1], a[2], out);
}

extern "C" __global__ void bits(const uint32_t* a, const uint32_t* b, const uint32_t* c, uint32_t* out,
                                int n) {
  const int i = static_cast<int>(threadIdx.x);
  if (i >= n) return;
  uint32_t* row = out + i * 16;
  asm volatile("shf.l.wrap.b32 %0, %1, %2, %3;" : "=r"(row[0]) : "r"(a[i]), "r"(b[i]), "r"(c[i]));
  asm volatile("shf.r.wrap.b32 %0, %1, %2, %3;" : "=r"(row[1]) : "r"(a[i]), "r"(b[i]), "r"(c[i]));
  asm volatile("shf.l.clamp.b32 %0, %1, %2, %3;" : "=r"(row[2]) : "r"(a[i]), "r"(b[i]), "r"(c[i]));
  asm volatile("shf.r.clamp.b32 %0, %1, %2, %3;" : "=r"(row[3]) : "r"(a[i]), "r"(b[i]), "r"(c[i]));
  asm volatile("prmt.b32 %0, %1, %2, %3;" : "=r"(row[4]) : "r"(a[i]), "r"(b[i]), "r"(c[i]));
  asm volatile("prmt.b32.f4e %0, %1, %2, %3;" : "=r"(row[5]) : "r"(a[i]), "r"(b[i]), "r"(c[i]));
  asm volatile("prmt.b32.b4e %0, %1, %2, %3;" : "=r"(row[6]) : "r"(a[i]), "r"(b[i]), "r"(c[i]));
  asm volatile("bfe.u32 %0, %1, %2, %3;" : "=r"(row[7]) : "r"(a[i]), "r"(b[i]), "r"(c[i]));
  asm volatile("bfe.s32 %0, %1, %2, %3;" : "=r"(row[8]) : "r"(a[i]), "r"(b[i]), "r"(c[i]));
  asm volatile("bfi.b32 %0, %1, %2, %3, %4;"
               : "=r"(row[9]) : "r"(a[i]), "r"(~a[i]), "r"(b[i]), "r"(c[i]));
  row[10] = __popc(a[i]);
  row[11] = __brev(a[i]);
  asm volatile("bfind.u32 %0, %1;" : "=r"(row[12]) : "r"(a[i]));
  asm volatile("bfind.shiftamt.s32 %0, %1;" : "=r"(row[13]) : "r"(a[i]));
  asm volatile("shl.b32 %0, %1, %2;" : "=r"(row[14]) : "r"(a[i]), "r"(c[i]));
  asm volatile("shr.s32 %0, %1, %2;" : "=r"(row[15]) : "r"(a[i]), "r"(c[i]));
}
