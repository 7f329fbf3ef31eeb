// SPDX-License-Identifier: GPL-3.0-or-later
// Tensor-core instructions: fragments are filled element by element from the manual's figures, except
// where ldmatrix fills them.
#include <cstdint>

namespace {

// Registers of A (16 × k, row-major) and B (k × 8, given as 8 rows of k) for elements of
// sizeof(T) bytes.
template <class T, int kK>
struct Fragments {
  static constexpr int kPerRegister = 4 / sizeof(T);
  static constexpr int kOfB = kK / (4 * kPerRegister);
  uint32_t a[2 * kOfB];
  uint32_t b[kOfB];

  __device__ void read(const T* matrixA, const T* matrixB) {
    const int lane = static_cast<int>(threadIdx.x);
    const int first = kPerRegister * (lane % 4);
    for (int r = 0; r < 2 * kOfB; ++r) {
      const T* row = matrixA + (lane / 4 + 8 * (r % 2)) * kK + 4 * kPerRegister * (r / 2);
      a[r] = *reinterpret_cast<const uint32_t*>(row + first);
    }
    for (int r = 0; r < kOfB; ++r) {
      const T* column = matrixB + (lane / 4) * kK + 4 * kPerRegister * r;
      b[r] = *reinterpret_cast<const uint32_t*>(column + first);
    }
  }
};

template <class T>
__device__ void readC(const T* c, T (&registers)[4]) {
  const int lane = static_cast<int>(threadIdx.x);
  for (int r = 0; r < 4; ++r) {
    registers[r] = c[(lane / 4 + 8 * (r / 2)) * 8 + 2 * (lane % 4) + r % 2];
  }
}

template <class T>
__device__ void writeD(T* d, const T (&registers)[4]) {
  const int lane = static_cast<int>(threadIdx.x);
  for (int r = 0; r < 4; ++r) {
    d[(lane / 4 + 8 * (r / 2)) * 8 + 2 * (lane % 4) + r % 2] = registers[r];
  }
}

}  // namespace

#define FLOAT_16(name, types)                                                                        \
  extern "C" __global__ void name(const uint16_t* a, const uint16_t* b, const float* c, float* d) {   \
    Fragments<uint16_t, 16> f;                                                                         \
    f.read(a, b);                                                                                      \
    float s[4];                                                                                        \
    readC(c, s);                                                                                       \
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32." types                                        \
                 ".f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"                          \
                 : "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3])                                      \
                 : "r"(f.a[0]), "r"(f.a[1]), "r"(f.a[2]), "r"(f.a[3]), "r"(f.b[0]), "r"(f.b[1]));      \
    writeD(d, s);                                                                                      \
  }
FLOAT_16(bfloats16, "bf16.bf16")
FLOAT_16(halves16, "f16.f16")

extern "C" __global__ void bfloats8(const uint16_t* a, const uint16_t* b, const float* c, float* d) {
  Fragments<uint16_t, 8> f;
  f.read(a, b);
  float s[4];
  readC(c, s);
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
      : "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3])
      : "r"(f.a[0]), "r"(f.a[1]), "r"(f.b[0]));
  writeD(d, s);
}

extern "C" __global__ void tensorFloats8(const float* a, const float* b, const float* c, float* d) {
  Fragments<float, 8> f;
  f.read(a, b);
  float s[4];
  readC(c, s);
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3])
      : "r"(f.a[0]), "r"(f.a[1]), "r"(f.a[2]), "r"(f.a[3]), "r"(f.b[0]), "r"(f.b[1]));
  writeD(d, s);
}

#define INTEGER_32(name, types, saturate)                                                            \
  extern "C" __global__ void name(const int8_t* a, const int8_t* b, const int* c, int* d) {           \
    Fragments<int8_t, 32> f;                                                                           \
    f.read(a, b);                                                                                      \
    int s[4];                                                                                          \
    readC(c, s);                                                                                       \
    asm volatile("mma.sync.aligned.m16n8k32.row.col" saturate ".s32." types                            \
                 ".s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"                          \
                 : "+r"(s[0]), "+r"(s[1]), "+r"(s[2]), "+r"(s[3])                                      \
                 : "r"(f.a[0]), "r"(f.a[1]), "r"(f.a[2]), "r"(f.a[3]), "r"(f.b[0]), "r"(f.b[1]));      \
    writeD(d, s);                                                                                      \
  }
INTEGER_32(bytes32, "s8.s8", "")
INTEGER_32(mixedBytes32, "u8.s8", ".satfinite")

// Sums in f16: two registers hold rows l / 4 and l / 4 + 8.
extern "C" __global__ void halfSums(const uint16_t* a, const uint16_t* b, const uint16_t* c, uint16_t* d) {
  Fragments<uint16_t, 16> f;
  f.read(a, b);
  const int lane = static_cast<int>(threadIdx.x);
  const int at = lane / 4 * 8 + 2 * (lane % 4);
  uint32_t s[2] = {*reinterpret_cast<const uint32_t*>(c + at),
                   *reinterpret_cast<const uint32_t*>(c + at + 64)};
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {%0,%1}, {%2,%3,%4,%5}, {%6,%7}, {%0,%1};"
      : "+r"(s[0]), "+r"(s[1])
      : "r"(f.a[0]), "r"(f.a[1]), "r"(f.a[2]), "r"(f.a[3]), "r"(f.b[0]), "r"(f.b[1]));
  *reinterpret_cast<uint32_t*>(d + at) = s[0];
  *reinterpret_cast<uint32_t*>(d + at + 64) = s[1];
}

// A by ldmatrix.x4, B (k × 8, row-major) by ldmatrix.x2.trans: how kernels do it.
extern "C" __global__ void loadedByRows(const uint16_t* a, const uint16_t* b, const float* c, float* d) {
  __shared__ __align__(16) uint16_t tileA[16 * 16];
  __shared__ __align__(16) uint16_t tileB[16 * 8];
  const int lane = static_cast<int>(threadIdx.x);
  for (int i = lane; i < 256; i += 32) tileA[i] = a[i];
  for (int i = lane; i < 128; i += 32) tileB[i] = b[i];
  __syncwarp();
  uint32_t ra[4];
  uint32_t rb[2];
  const auto addressA =
      static_cast<uint32_t>(__cvta_generic_to_shared(&tileA[lane % 16 * 16 + lane / 16 * 8]));
  const auto addressB = static_cast<uint32_t>(__cvta_generic_to_shared(&tileB[lane % 16 * 8]));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(ra[0]), "=r"(ra[1]), "=r"(ra[2]), "=r"(ra[3])
               : "r"(addressA));
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
               : "=r"(rb[0]), "=r"(rb[1])
               : "r"(addressB));
  float s[4];
  readC(c, s);
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(s[0]), "+f"(s[1]), "+f"(s[2]), "+f"(s[3])
      : "r"(ra[0]), "r"(ra[1]), "r"(ra[2]), "r"(ra[3]), "r"(rb[0]), "r"(rb[1]));
  writeD(d, s);
}
