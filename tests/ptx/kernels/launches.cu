// SPDX-License-Identifier: GPL-3.0-or-later
// Host code and kernels in one file, as nvcc's own objects hold them: launches by <<< >>> and by
// cudaLaunchKernelEx, variables of the module, calls that are not inlined, and races.
#include "tests/ptx/kernels/launches.h"

namespace {

__constant__ float weights[4] = {1.0F, 2.0F, -3.5F, 4.0F};
__device__ int total = 7;
__device__ int* where = &total;

struct Plan {
  int steps;
  float factor;
  const float* start;
  double extra[3];
};

__device__ __noinline__ float4 advance(float x, Plan plan) {
  for (int i = 0; i < plan.steps; ++i) x = x * plan.factor + weights[i & 3];
  return make_float4(x, x + 1, x + 2, static_cast<float>(plan.extra[plan.steps % 3]));
}

__device__ __noinline__ void count(int* counter, bool really) {
  if (really) atomicAdd(counter, 1);
}

__global__ void callFunctions(float* out, Plan plan) {
  const int i = static_cast<int>(threadIdx.x);
  float4 result = make_float4(0, 0, 0, 0);
  // Half of the lanes call.
  if (i % 2 == 0) result = advance(plan.start[i], plan);
  count(where, i < 5);
  out[i] = result.x + result.y + result.z + result.w;
}

// Thread i writes, its neighbour reads; `Barrier` says what stands between.
template <Barrier kBarrier>
__global__ void exchange(int* out) {
  __shared__ int values[64];
  const int i = static_cast<int>(threadIdx.x);
  values[i] = i;
  if (kBarrier == Barrier::Block) __syncthreads();
  if (kBarrier == Barrier::Warp) __syncwarp();
  out[i] = values[i ^ 1];
}

__global__ void fill(int* out, int value) { out[blockIdx.x * blockDim.x + threadIdx.x] = value; }

__global__ void readPast(const int* in, int* out) { out[threadIdx.x] = in[threadIdx.x + 1]; }

__global__ void addOne(int* values) { values[threadIdx.x] += 1; }

// Two blocks write the same bytes.
__global__ void collide(int* out) { out[threadIdx.x] = static_cast<int>(blockIdx.x); }

}  // namespace

cudaError_t launchCalls(float* out, const float* start, int steps, float factor, cudaStream_t stream) {
  callFunctions<<<1, 40, 0, stream>>>(out, Plan{steps, factor, start, {0.5, 1.5, 2.5}});
  return cudaGetLastError();
}

cudaError_t launchExchange(int* out, Barrier barrier, cudaStream_t stream) {
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(1);
  config.blockDim = dim3(64);
  config.stream = stream;
  switch (barrier) {
    case Barrier::None: return cudaLaunchKernelEx(&config, exchange<Barrier::None>, out);
    case Barrier::Warp: return cudaLaunchKernelEx(&config, exchange<Barrier::Warp>, out);
    default: return cudaLaunchKernelEx(&config, exchange<Barrier::Block>, out);
  }
}

cudaError_t launchFill(int* out, int blocks, int value, cudaStream_t stream) {
  fill<<<blocks, 32, 0, stream>>>(out, value);
  return cudaGetLastError();
}

cudaError_t launchReadPast(const int* in, int* out, cudaStream_t stream) {
  readPast<<<1, 32, 0, stream>>>(in, out);
  return cudaGetLastError();
}

cudaError_t launchAddOne(int* values, cudaStream_t stream) {
  addOne<<<1, 32, 0, stream>>>(values);
  return cudaGetLastError();
}

cudaError_t launchCollide(int* out, cudaStream_t stream) {
  collide<<<2, 32, 0, stream>>>(out);
  return cudaGetLastError();
}

cudaError_t setTotal(int value) { return cudaMemcpyToSymbol(total, &value, sizeof value); }

int readTotal() {
  int value = -1;
  cudaMemcpyFromSymbol(&value, total, sizeof value);
  return value;
}
