// SPDX-License-Identifier: GPL-3.0-or-later
// Memory of every kind, and faults with a clean twin each: kFault chooses.
#include <cstdint>

namespace {

__device__ void copyAsync(void* shared, const void* global, int bytes) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(
                   static_cast<uint32_t>(__cvta_generic_to_shared(shared))),
               "l"(__cvta_generic_to_global(global)), "r"(bytes)
               : "memory");
}
__device__ void commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
template <int kKeep>
__device__ void wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kKeep) : "memory");
}

}  // namespace

// Vectors of every width, local arrays, bytes and shorts with their signs.
extern "C" __global__ void vectors(const float4* in, float* out, const int8_t* bytes, int n) {
  const int i = static_cast<int>(threadIdx.x);
  float local[8];
  const float4 first = in[2 * i];
  const float4 second = in[2 * i + 1];
  local[0] = first.x;
  local[1] = first.y;
  local[2] = first.z;
  local[3] = first.w;
  local[4] = second.x;
  local[5] = second.y;
  local[6] = second.z;
  local[7] = second.w;
  float sum = 0;
  for (int k = 0; k < n; ++k) sum += local[(i + k) & 7];
  const float2 pair = make_float2(sum, static_cast<float>(bytes[i]));
  *reinterpret_cast<float2*>(out + 2 * i) = pair;
}

// Dynamic shared memory behind a static array.
extern "C" __global__ void dynamicShared(const int* in, int* out) {
  __shared__ int fixed[32];
  extern __shared__ int open[];
  const int i = static_cast<int>(threadIdx.x);
  fixed[i] = in[i];
  open[i] = 10 * in[i];
  __syncthreads();
  out[i] = fixed[31 - i] + open[(i + 1) % 32];
}

// Faults: 0 none, 1 no wait, 2 a wait that keeps one group too many, 3 never waited for.
template <int kFault>
__device__ void copyInGroups(const int4* in, int4* out, int bytes) {
  __shared__ int4 tile[2][32];
  const int i = static_cast<int>(threadIdx.x);
  copyAsync(&tile[0][i], in + i, 16);
  commit();
  copyAsync(&tile[1][i], in + 32 + i, bytes);
  commit();
  if (kFault == 0 || kFault == 2) wait<1>();
  if (kFault != 3) out[i] = tile[0][i];
  if (kFault == 0) wait<0>();
  if (kFault != 3) out[32 + i] = tile[1][i];
  if (kFault == 2 || kFault == 1) wait<0>();
}
extern "C" __global__ void copyWaits(const int4* in, int4* out, int bytes) { copyInGroups<0>(in, out, bytes); }
extern "C" __global__ void copyNoWait(const int4* in, int4* out, int bytes) { copyInGroups<1>(in, out, bytes); }
extern "C" __global__ void copyWaitsForOne(const int4* in, int4* out, int bytes) {
  copyInGroups<2>(in, out, bytes);
}
extern "C" __global__ void copyForgotten(const int4* in, int4* out, int bytes) { copyInGroups<3>(in, out, bytes); }

extern "C" __global__ void readAt(const int* in, int* out, int offset) {
  out[threadIdx.x] = in[static_cast<int>(threadIdx.x) + offset];
}

extern "C" __global__ void readVectorAt(const int* in, int4* out, int offset) {
  out[threadIdx.x] = *reinterpret_cast<const int4*>(in + offset);
}

extern "C" __global__ void writeShared(int* out, int offset) {
  __shared__ int values[32];
  values[threadIdx.x + offset] = static_cast<int>(threadIdx.x);
  __syncthreads();
  out[threadIdx.x] = values[threadIdx.x];
}

// Faults: 0 none, 1 half of the threads never arrive, 2 two barriers meet.
extern "C" __global__ void barriers(int* out, int fault) {
  __shared__ int values[64];
  const int i = static_cast<int>(threadIdx.x);
  if (fault == 1) {
    if (i < 40) __syncthreads();
    values[i] = i;
  } else if (fault == 2 && i % 2 == 1) {
    values[i] = -i;
    __syncthreads();
    values[i] += 1;
  } else {
    values[i] = i;
    __syncthreads();
  }
  out[i] = values[i];
}

// One lane shuffles and names all of them.
extern "C" __global__ void lonelyShuffle(int* out, int lanes) {
  const int i = static_cast<int>(threadIdx.x);
  int value = i;
  if (i < lanes) value = __shfl_xor_sync(~0U, value, 1);
  __syncthreads();
  out[i] = value;
}

extern "C" __global__ void foreignMask(int* out, unsigned mask) {
  out[threadIdx.x] = __shfl_xor_sync(mask, static_cast<int>(threadIdx.x), 1);
}

extern "C" __global__ void trapIf(int* out, int value) {
  if (value == 3) __trap();
  out[threadIdx.x] = value;
}
