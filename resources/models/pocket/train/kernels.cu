// SPDX-License-Identifier: GPL-3.0-or-later
// The steps of kernels.c that PyTorch has no operation for, on a graphics card. Same formulas, same arrays; a thread has
// one channel of one sequence. Unlike there the states are kept for the way back ([B, T, N, d]): a card has the memory,
// and recomputing them backwards in time would need them all at once too.
#include <cuda_runtime.h>

namespace {

constexpr int N = 16;         // mamba_d_state
constexpr int kThreads = 64;  // a block; channels are a multiple of 32
constexpr int kPiece = 32;    // tokens that a thread of the convolution's way back goes through

__device__ float sigmoid(float v) { return 1.0f / (1.0f + __expf(-v)); }
__device__ float softplus(float v) { return v > 20.0f ? v : log1pf(__expf(v)); }

__device__ void load16(const float* from, float (&to)[N]) {
#pragma unroll
  for (int n = 0; n < N; n += 4) {
    const float4 four = *reinterpret_cast<const float4*>(from + n);
    to[n] = four.x;
    to[n + 1] = four.y;
    to[n + 2] = four.z;
    to[n + 3] = four.w;
  }
}

// Lane i gets the sum over the warp of its lanes' value[i]; each of the five exchanges halves what a lane still holds.
template <int width>
__device__ void exchangeAcrossWarp(float (&value)[32]) {
  const bool upper = (threadIdx.x & width) != 0;
#pragma unroll
  for (int i = 0; i < width; ++i) {
    const float gone = upper ? value[i] : value[i + width];
    const float kept = upper ? value[i + width] : value[i];
    value[i] = kept + __shfl_xor_sync(0xffffffffu, gone, width);
  }
}

__device__ float sumAcrossWarp(float (&value)[32]) {
  exchangeAcrossWarp<16>(value);
  exchangeAcrossWarp<8>(value);
  exchangeAcrossWarp<4>(value);
  exchangeAcrossWarp<2>(value);
  exchangeAcrossWarp<1>(value);
  return value[0];
}

__global__ void scanForward(const float* u, const float* r, const float* z, const float* A, const float* Bm, const float* C,
                            const float* D, float* o, float* y, float* states, long T, long d) {
  const long i = long(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= d) return;
  float a[N], h[N] = {};
  load16(A + i * N, a);
  const float skip = D[i];
  for (long row = blockIdx.y * T; row < (blockIdx.y + 1) * T; ++row) {
    float b[N], c[N];
    load16(Bm + row * N, b);
    load16(C + row * N, c);
    const float in = u[row * d + i], delta = softplus(r[row * d + i]), gate = z[row * d + i];
    const float x = delta * in;
    float sum = skip * in;
#pragma unroll
    for (int n = 0; n < N; ++n) {
      h[n] = __expf(delta * a[n]) * h[n] + x * b[n];
      sum += h[n] * c[n];
      states[(row * N + n) * d + i] = h[n];
    }
    o[row * d + i] = sum;
    y[row * d + i] = sum * gate * sigmoid(gate);
  }
}

// gA [d, N], gB and gC [B, T, N], gD [d] are added to.
__global__ void scanBackward(const float* u, const float* r, const float* z, const float* A, const float* Bm, const float* C,
                             const float* D, const float* o, const float* states, const float* gy, float* gu, float* gr,
                             float* gz, float* gA, float* gB, float* gC, float* gD, long T, long d) {
  const long i = long(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= d) return;  // whole warps
  float a[N], gh[N] = {}, ga[N] = {}, now[N], gd = 0.0f;
  load16(A + i * N, a);
  const float skip = D[i];
  const long first = blockIdx.y * T;
#pragma unroll
  for (int n = 0; n < N; ++n) now[n] = states[((first + T - 1) * N + n) * d + i];
  for (long row = first + T - 1; row >= first; --row) {
    float b[N], c[N], part[2 * N];
    load16(Bm + row * N, b);
    load16(C + row * N, c);
    const long at = row * d + i;
    const float in = u[at], delta = softplus(r[at]), gate = z[at], s = sigmoid(gate), x = delta * in;
    const float g = gy[at] * gate * s;
    gz[at] = gy[at] * o[at] * s * (1.0f + gate * (1.0f - s));
    float su = 0.0f, sd = 0.0f;
#pragma unroll
    for (int n = 0; n < N; ++n) {
      const float before = row > first ? states[((row - 1) * N + n) * d + i] : 0.0f;
      const float v = gh[n] + g * c[n];
      gh[n] = v * __expf(delta * a[n]);
      const float k = gh[n] * before;
      sd += k * a[n];
      su += v * b[n];
      ga[n] += k * delta;
      part[n] = v * x;
      part[N + n] = g * now[n];
      now[n] = before;
    }
    gu[at] = su * delta + g * skip;
    gr[at] = (sd + su * in) * (1.0f - __expf(-delta));  // d softplus(r) / dr = sigmoid(r) = 1 - exp(-softplus(r))
    gd += g * in;
    const float sum = sumAcrossWarp(part);
    const int lane = threadIdx.x % 32;
    atomicAdd((lane < N ? gB : gC) + row * N + lane % N, sum);
  }
#pragma unroll
  for (int n = 0; n < N; ++n) atomicAdd(gA + i * N + n, ga[n]);
  atomicAdd(gD + i, gd);
}

// w [4, d]: tap 3 meets the newest sample.
__device__ float convolved(const float* x, const float* w, const float* b, long i, long t, long d) {
  float sum = b[i];
#pragma unroll
  for (int k = 0; k < 4; ++k)
    if (t - 3 + k >= 0) sum += x[(t - 3 + k) * d + i] * w[k * d + i];
  return sum;
}

__global__ void convForward(const float* x, const float* w, const float* b, float* u, long T, long d) {
  const long i = long(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= d) return;
  const long t = blockIdx.y, from = blockIdx.z * T * d;
  const float c = convolved(x + from, w, b, i, t, d);
  u[from + t * d + i] = c * sigmoid(c);
}

// gw [4, d] and gb [d] are added to.
__global__ void convBackward(const float* x, const float* w, const float* b, const float* gu, float* gx, float* gw, float* gb,
                             long T, long d) {
  const long i = long(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= d) return;
  const long from = blockIdx.z * T * d, first = long(blockIdx.y) * kPiece, end = first + kPiece < T ? first + kPiece : T;
  float weights[4] = {}, bias = 0.0f;
  float ahead[4] = {};  // gradient of the convolution at t, t + 1, t + 2, t + 3
  for (long t = (end + 3 < T ? end + 3 : T) - 1; t >= first; --t) {
#pragma unroll
    for (int k = 3; k > 0; --k) ahead[k] = ahead[k - 1];
    const float c = convolved(x + from, w, b, i, t, d), s = sigmoid(c);
    ahead[0] = gu[from + t * d + i] * s * (1.0f + c * (1.0f - s));
    if (t >= end) continue;  // another thread's, seen for what it hands back
    float sum = 0.0f;
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      sum += ahead[3 - k] * w[k * d + i];
      if (t - 3 + k >= 0) weights[k] += ahead[0] * x[from + (t - 3 + k) * d + i];
    }
    bias += ahead[0];
    gx[from + t * d + i] = sum;
  }
#pragma unroll
  for (int k = 0; k < 4; ++k) atomicAdd(gw + k * d + i, weights[k]);
  atomicAdd(gb + i, bias);
}

unsigned blocksOf(long d) { return static_cast<unsigned>((d + kThreads - 1) / kThreads); }

}  // namespace

extern "C" {

int scan_fwd(void* stream, const float* u, const float* r, const float* z, const float* A, const float* Bm, const float* C,
             const float* D, float* o, float* y, float* states, long B, long T, long d) {
  scanForward<<<dim3(blocksOf(d), static_cast<unsigned>(B)), kThreads, 0, static_cast<cudaStream_t>(stream)>>>(
      u, r, z, A, Bm, C, D, o, y, states, T, d);
  return cudaGetLastError();
}

int scan_bwd(void* stream, const float* u, const float* r, const float* z, const float* A, const float* Bm, const float* C,
             const float* D, const float* o, const float* states, const float* gy, float* gu, float* gr, float* gz, float* gA,
             float* gB, float* gC, float* gD, long B, long T, long d) {
  scanBackward<<<dim3(blocksOf(d), static_cast<unsigned>(B)), kThreads, 0, static_cast<cudaStream_t>(stream)>>>(
      u, r, z, A, Bm, C, D, o, states, gy, gu, gr, gz, gA, gB, gC, gD, T, d);
  return cudaGetLastError();
}

int conv_fwd(void* stream, const float* x, const float* w, const float* b, float* u, long B, long T, long d) {
  convForward<<<dim3(blocksOf(d), static_cast<unsigned>(T), static_cast<unsigned>(B)), kThreads, 0,
                static_cast<cudaStream_t>(stream)>>>(x, w, b, u, T, d);
  return cudaGetLastError();
}

int conv_bwd(void* stream, const float* x, const float* w, const float* b, const float* gu, float* gx, float* gw, float* gb,
             long B, long T, long d) {
  const auto pieces = static_cast<unsigned>((T + kPiece - 1) / kPiece);
  convBackward<<<dim3(blocksOf(d), pieces, static_cast<unsigned>(B)), kThreads, 0, static_cast<cudaStream_t>(stream)>>>(
      x, w, b, gu, gx, gw, gb, T, d);
  return cudaGetLastError();
}

}  // extern "C"
