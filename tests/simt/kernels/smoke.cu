// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/gpu.h"
#include "tests/simt/kernels/smoke.h"

namespace lectern::simt {
namespace {

__global__ void addKernel(const float* a, const float* b, float* sum, int count) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < count) sum[i] = a[i] + b[i];
}

}  // namespace

cudaError_t launchAdd(const float* a, const float* b, float* sum, int count, cudaStream_t stream) {
  const gpu::Config config{dim3((count + 127) / 128), dim3(128), 0, stream};
  return gpu::launch(config, addKernel, a, b, sum, count);
}

}  // namespace lectern::simt
