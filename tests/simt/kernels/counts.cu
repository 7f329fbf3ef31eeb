// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/gpu.h"
#include "tests/simt/kernels/counts.h"

namespace lectern::simt {
namespace {

template <class T>
__device__ T take(const T* p) {
  return *p;
}
template <>
__device__ uint2 take<uint2>(const uint2* p) {
  return gpu::ld64(p);
}
template <>
__device__ uint4 take<uint4>(const uint4* p) {
  return gpu::ld128(p);
}
template <class T>
__device__ void give(T* p, T value) {
  *p = value;
}
template <>
__device__ void give<uint2>(uint2* p, uint2 value) {
  gpu::st64(p, value);
}
template <>
__device__ void give<uint4>(uint4* p, uint4 value) {
  gpu::st128(p, value);
}

template <class T>
__global__ void stridedCopy(const T* in, T* out, int stride, int first) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x) * stride + first;
  give(out + i, take(in + i));
}

__global__ void broadcast(const float* in, float* out) {
  out[threadIdx.x] = in[5];
}

__global__ void unevenLoop(const float* in, float* out) {
  float sum = 0;
  for (unsigned i = 0; i <= threadIdx.x; ++i) sum += in[32 * i + threadIdx.x];
  out[threadIdx.x] = sum;
}

template <class T>
__global__ void sharedRead(const T* in, T* out, int strideBytes) {
  GPU_DYN_SHARED(unsigned char, bytes);
  T* mine = reinterpret_cast<T*>(bytes + static_cast<int>(threadIdx.x) * strideBytes);
  give(mine, take(in + threadIdx.x));
  __syncwarp();  // Or the compiler keeps the value.
  give(out + threadIdx.x, take(mine));
}

__global__ void takeMatrix(const unsigned char* in, uint4* out, int pitchBytes) {
  GPU_DYN_SHARED(unsigned char, rows);
  const unsigned lane = threadIdx.x;
  const unsigned row = lane / 2;
  const unsigned column = lane % 2 * 16;
  gpu::cpAsync16(rows + row * pitchBytes + column, in + row * 32 + column);
  gpu::cpAsyncCommit();
  gpu::cpAsyncWait<0>();
  __syncwarp();
  uint32_t r[4];
  gpu::ldmatrixX4(r, rows + lane % 16 * pitchBytes + lane / 16 * 16);
  gpu::st128(out + lane, make_uint4(r[0], r[1], r[2], r[3]));
}

__global__ void atomics(int* one, int* many) {
  atomicAdd(one, 1);
  atomicAdd(many + threadIdx.x % 32, 1);
}

template <class T>
cudaError_t copyAs(const void* in, void* out, int stride, int first, const gpu::Config& config) {
  return gpu::launch(config, stridedCopy<T>, static_cast<const T*>(in), static_cast<T*>(out),
                     stride, first);
}

template <class T>
cudaError_t readAs(const void* in, void* out, int strideBytes, const gpu::Config& config) {
  return gpu::launch(config, sharedRead<T>, static_cast<const T*>(in), static_cast<T*>(out),
                     strideBytes);
}

}  // namespace

cudaError_t launchStridedCopy(const void* in,
                              void* out,
                              int width,
                              int stride,
                              int first,
                              int blocks,
                              int threads,
                              cudaStream_t stream) {
  const gpu::Config config{dim3(static_cast<unsigned>(blocks)),
                           dim3(static_cast<unsigned>(threads)), 0, stream};
  switch (width) {
    case 1:
      return copyAs<uint8_t>(in, out, stride, first, config);
    case 2:
      return copyAs<uint16_t>(in, out, stride, first, config);
    case 4:
      return copyAs<float>(in, out, stride, first, config);
    case 8:
      return copyAs<uint2>(in, out, stride, first, config);
    default:
      return copyAs<uint4>(in, out, stride, first, config);
  }
}

cudaError_t launchBroadcast(const float* in, float* out, cudaStream_t stream) {
  return gpu::launch(gpu::Config{dim3(1), dim3(64), 0, stream}, broadcast, in, out);
}

cudaError_t launchUnevenLoop(const float* in, float* out, cudaStream_t stream) {
  return gpu::launch(gpu::Config{dim3(1), dim3(32), 0, stream}, unevenLoop, in, out);
}

cudaError_t launchSharedRead(
    const void* in, void* out, int width, int strideBytes, cudaStream_t stream) {
  const gpu::Config config{dim3(1), dim3(32), static_cast<size_t>(31 * strideBytes + width),
                           stream};
  switch (width) {
    case 4:
      return readAs<float>(in, out, strideBytes, config);
    case 8:
      return readAs<uint2>(in, out, strideBytes, config);
    default:
      return readAs<uint4>(in, out, strideBytes, config);
  }
}

cudaError_t launchLoadMatrix(const void* in, void* out, int pitchBytes, cudaStream_t stream) {
  const gpu::Config config{dim3(1), dim3(32), static_cast<size_t>(16 * pitchBytes), stream};
  return gpu::launch(config, takeMatrix, static_cast<const unsigned char*>(in),
                     static_cast<uint4*>(out), pitchBytes);
}

cudaError_t launchAtomics(int* one, int* many, cudaStream_t stream) {
  return gpu::launch(gpu::Config{dim3(2), dim3(64), 0, stream}, atomics, one, many);
}

}  // namespace lectern::simt
