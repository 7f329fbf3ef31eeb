// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/gpu.h"
#include "kernels/tensor.h"

#include <cstdint>

namespace lectern::kernels::cuda {

/// A float32 matrix as kernels see it. `aligned`: every row begins at a multiple of 16 bytes, as
/// rows of whole matrices do and views of odd columns do not.
struct Rows {
  float* data;
  int64_t stride;
  bool aligned;

  [[nodiscard]] __device__ __forceinline__ float* row(int64_t index) const {
    return data + index * stride;
  }
};

inline Rows rowsOf(const Tensor& tensor) {
  const bool aligned = reinterpret_cast<uintptr_t>(tensor.data) % 16 == 0 &&
                       (tensor.stride % 4 == 0 || tensor.rows == 1);
  return {static_cast<float*>(tensor.data), tensor.stride, aligned};
}

/// Whether the tensors that are there are float32, the one type that activations have here.
template <class... Tensors>
bool areFloats(const Tensors&... tensors) {
  return ((!tensors.isPresent() || tensors.dtype == DType::F32) && ...);
}

__device__ __forceinline__ float4 asFloats(uint4 bits) {
  return {__uint_as_float(bits.x), __uint_as_float(bits.y), __uint_as_float(bits.z),
          __uint_as_float(bits.w)};
}
__device__ __forceinline__ uint4 asBits(float4 v) {
  return {__float_as_uint(v.x), __float_as_uint(v.y), __float_as_uint(v.z), __float_as_uint(v.w)};
}

/// Four numbers from `from` on, of which `left` are there; zeros for the others.
__device__ __forceinline__ float4 loadFour(const float* from, int64_t left, bool aligned) {
  if (aligned && left >= 4) return asFloats(gpu::ld128(from));
  float4 v{};
  if (left > 0) v.x = from[0];
  if (left > 1) v.y = from[1];
  if (left > 2) v.z = from[2];
  if (left > 3) v.w = from[3];
  return v;
}
__device__ __forceinline__ void storeFour(float* to, float4 v, int64_t left, bool aligned) {
  if (aligned && left >= 4) {
    gpu::st128(to, asBits(v));
    return;
  }
  if (left > 0) to[0] = v.x;
  if (left > 1) to[1] = v.y;
  if (left > 2) to[2] = v.z;
  if (left > 3) to[3] = v.w;
}

/// Two neighbours; `aligned`: at a multiple of eight bytes.
__device__ __forceinline__ float2 loadTwo(const float* from, bool aligned) {
  if (!aligned) return {from[0], from[1]};
  const uint2 bits = gpu::ld64(from);
  return {__uint_as_float(bits.x), __uint_as_float(bits.y)};
}
__device__ __forceinline__ void storeTwo(float* to, float first, float second, bool aligned) {
  if (aligned) {
    gpu::st64(to, {__float_as_uint(first), __float_as_uint(second)});
  } else {
    to[0] = first;
    to[1] = second;
  }
}

}  // namespace lectern::kernels::cuda
