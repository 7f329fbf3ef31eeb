// SPDX-License-Identifier: GPL-3.0-or-later
// The trainer's element-wise and recurrent steps, forward and backward, one thread.
//
// Compiled twice by kernels.py: with REAL=float for training, with REAL=double for the gradient
// check (finite differences need more digits than float has). All arrays are dense and row-major.
// What a backward pass needs again is recomputed rather than stored: memory traffic costs more than
// arithmetic here.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifndef REAL
#define REAL float
#endif
typedef REAL real;
enum { N = 16 };  // mamba_d_state; one AVX-512 vector of floats

#define LOG1P(v) (sizeof(real) == 4 ? (real)log1pf((float)(v)) : (real)log1p(v))

// exp for the float build: 2^k times a polynomial of degree six on |f| <= ln 2 / 2, which the compiler
// turns into twenty vector instructions; relative error below 2e-7, results under 1e-38 become 0.
static inline float fast_exp(float v) {
  v = v < -87.0f ? -87.0f : v > 88.0f ? 88.0f : v;
  float k = rintf(v * 1.44269504f);
  float f = (v - k * 0.693359375f) + k * 2.12194440e-4f;
  float p = 1.0f / 720;
  p = p * f + 1.0f / 120;
  p = p * f + 1.0f / 24;
  p = p * f + 1.0f / 6;
  p = p * f + 0.5f;
  p = p * f + 1.0f;
  p = p * f + 1.0f;
  union { int i; float f; } two = {((int)k + 127) << 23};
  return p * two.f;
}
#define EXP(v) (sizeof(real) == 4 ? (real)fast_exp((float)(v)) : (real)exp(v))

// ---- RMSNorm: y = x / sqrt(mean(x^2) + eps) * w ------------------------------------------------
void rmsnorm_fwd(const real* x, const real* w, real* y, long rows, long n, real eps) {
  for (long r = 0; r < rows; r++) {
    const real* a = x + r * n;
    real* b = y + r * n;
    real ss = 0;
    for (long i = 0; i < n; i++) ss += a[i] * a[i];
    real inv = 1 / (real)sqrt(ss / n + eps);
    for (long i = 0; i < n; i++) b[i] = a[i] * inv * w[i];
  }
}

void rmsnorm_bwd(const real* x, const real* w, const real* gy, real* gx, real* gw, long rows, long n,
                 real eps) {
  for (long r = 0; r < rows; r++) {
    const real *a = x + r * n, *g = gy + r * n;
    real* o = gx + r * n;
    real ss = 0, dot = 0;
    for (long i = 0; i < n; i++) {
      ss += a[i] * a[i];
      dot += a[i] * g[i] * w[i];
    }
    real inv = 1 / (real)sqrt(ss / n + eps), c = dot * inv * inv * inv / n;
    for (long i = 0; i < n; i++) {
      o[i] = g[i] * w[i] * inv - a[i] * c;
      gw[i] += g[i] * a[i] * inv;
    }
  }
}

// ---- Causal depthwise convolution of four taps, then SiLU (tap 3 meets the newest sample) -------
// x has a row stride: it is the first half of in_proj's output.
static inline void conv_row(const real* x, const real* w, const real* b, real* c, long t, long d,
                            long stride) {
  for (long i = 0; i < d; i++) c[i] = b[i];
  for (long k = 0; k < 4; k++) {
    long s = t - 3 + k;
    if (s < 0) continue;
    const real* a = x + s * stride;
    for (long i = 0; i < d; i++) c[i] += a[i] * w[k * d + i];
  }
}

// w here is [4, d], transposed from conv1d.weight, so that the inner loop runs over channels.
void conv_fwd(const real* x, const real* w, const real* b, real* u, long B, long T, long d,
              long stride) {
  for (long q = 0; q < B; q++)
    for (long t = 0; t < T; t++) {
      real* o = u + (q * T + t) * d;
      conv_row(x + q * T * stride, w, b, o, t, d, stride);
      for (long i = 0; i < d; i++) o[i] = o[i] / (1 + EXP(-o[i]));
    }
}

// gx has x's stride and is written (not added to) in its own half.
void conv_bwd(const real* x, const real* w, const real* b, const real* gu, real* gx, real* gw,
              real* gb, long B, long T, long d, long stride) {
  real* c = (real*)malloc(sizeof(real) * d);
  for (long q = 0; q < B; q++) {
    const real* xq = x + q * T * stride;
    real* gq = gx + q * T * stride;
    for (long t = 0; t < T; t++) memset(gq + t * stride, 0, sizeof(real) * d);
    for (long t = 0; t < T; t++) {
      const real* g = gu + (q * T + t) * d;
      conv_row(xq, w, b, c, t, d, stride);
      for (long i = 0; i < d; i++) {
        real s = 1 / (1 + EXP(-c[i]));
        c[i] = g[i] * s * (1 + c[i] * (1 - s));
        gb[i] += c[i];
      }
      for (long k = 0; k < 4; k++) {
        long s = t - 3 + k;
        if (s < 0) continue;
        const real* a = xq + s * stride;
        real* o = gq + s * stride;
        for (long i = 0; i < d; i++) {
          gw[k * d + i] += c[i] * a[i];
          o[i] += c[i] * w[k * d + i];
        }
      }
    }
  }
  free(c);
}

// ---- Selective scan with softplus in front and the gate behind ----------------------------------
//   delta = softplus(r);  h[t] = exp(delta A) h[t-1] + delta B[t] u[t]
//   o[t] = C[t] . h[t] + D u[t];  y[t] = o[t] * silu(z[t])         Gu & Dao 2023, algorithm 2
// u, r, z, o, y [B, T, d];  A [d, N] negative;  Bm, C [B, T, N]
static inline real softplus(real v) { return v > 20 ? v : LOG1P(EXP(v > 20 ? 20 : v)); }

void scan_fwd(const real* u, const real* r, const real* z, const real* A, const real* Bm,
              const real* C, const real* D, real* o, real* y, long B, long T, long d) {
  real* h = (real*)malloc(sizeof(real) * d * (N + 1));
  real* dl = h + d * N;
  for (long q = 0; q < B; q++) {
    memset(h, 0, sizeof(real) * d * N);
    for (long row = q * T; row < (q + 1) * T; row++) {
      const real *bt = Bm + row * N, *ct = C + row * N, *ut = u + row * d, *zt = z + row * d;
      real *ot = o + row * d, *yt = y + row * d;
      for (long i = 0; i < d; i++) dl[i] = softplus(r[row * d + i]);
      for (long i = 0; i < d; i++) {
        real x = dl[i] * ut[i], delta = dl[i], acc = 0;
        const real* a = A + i * N;
        real* hh = h + i * N;
#pragma omp simd reduction(+ : acc)
        for (int n = 0; n < N; n++) {
          hh[n] = EXP(delta * a[n]) * hh[n] + x * bt[n];
          acc += hh[n] * ct[n];
        }
        ot[i] = acc + D[i] * ut[i];
      }
      for (long i = 0; i < d; i++) yt[i] = ot[i] * zt[i] / (1 + EXP(-zt[i]));
    }
  }
  free(h);
}

// Channels go in blocks of W: their columns are copied into rows first, so that the time loop walks
// through memory. The states are computed again from the inputs (T x N numbers, in cache) instead of
// being kept from the forward pass (T x d x N).
enum { W = 16 };
void scan_bwd(const real* u, const real* r, const real* z, const real* A, const real* Bm,
              const real* C, const real* D, const real* o, const real* gy, real* gu, real* gr,
              real* gz, real* gA, real* gB, real* gC, real* gD, long B, long T, long d) {
  real* H = (real*)malloc(sizeof(real) * ((2 * T + 1) * N + 5 * W * T));
  real *E = H + (T + 1) * N, *uu = E + T * N, *dl = uu + W * T, *go = dl + W * T, *ou = go + W * T,
       *od = ou + W * T;
  for (long q = 0; q < B; q++)
    for (long i0 = 0; i0 < d; i0 += W) {
      long w = d - i0 < W ? d - i0 : W;
      for (long t = 0; t < T; t++) {
        long at = (q * T + t) * d + i0;
        for (long j = 0; j < w; j++) {
          real zz = z[at + j], s = 1 / (1 + EXP(-zz)), g = gy[at + j];
          gz[at + j] = g * o[at + j] * s * (1 + zz * (1 - s));
          uu[j * T + t] = u[at + j];
          dl[j * T + t] = softplus(r[at + j]);
          go[j * T + t] = g * zz * s;
        }
      }
      for (long j = 0; j < w; j++) {
        long i = i0 + j;
        const real *a = A + i * N, *us = uu + j * T, *ds = dl + j * T, *gs = go + j * T;
        memset(H, 0, sizeof(real) * N);
        for (long t = 0; t < T; t++) {
          const real* bt = Bm + (q * T + t) * N;
          real delta = ds[t], x = delta * us[t];
          real *h0 = H + t * N, *h1 = h0 + N, *e = E + t * N;
#pragma omp simd
          for (int n = 0; n < N; n++) {
            e[n] = EXP(delta * a[n]);
            h1[n] = e[n] * h0[n] + x * bt[n];
          }
        }
        real gh[N] = {0}, ga[N] = {0}, gd = 0;
        for (long t = T - 1; t >= 0; t--) {
          long row = q * T + t;
          const real *bt = Bm + row * N, *ct = C + row * N;
          real *gb = gB + row * N, *gc = gC + row * N;
          const real *h0 = H + t * N, *h1 = h0 + N, *e = E + t * N;
          real delta = ds[t], ux = us[t], g = gs[t], x = delta * ux, su = 0, sd = 0;
#pragma omp simd reduction(+ : su, sd)
          for (int n = 0; n < N; n++) {
            gc[n] += g * h1[n];
            real v = gh[n] + g * ct[n];
            real ve = v * e[n];
            real k = ve * h0[n];
            sd += k * a[n];
            su += v * bt[n];
            ga[n] += k * delta;
            gb[n] += v * x;
            gh[n] = ve;
          }
          ou[j * T + t] = su * delta + g * D[i];
          od[j * T + t] = sd + su * ux;
          gd += g * ux;
        }
        for (int n = 0; n < N; n++) gA[i * N + n] += ga[n];
        gD[i] += gd;
      }
      for (long t = 0; t < T; t++) {
        long at = (q * T + t) * d + i0;
        for (long j = 0; j < w; j++) {
          gu[at + j] = ou[j * T + t];
          // d softplus(r) / dr = sigmoid(r) = 1 - exp(-softplus(r))
          gr[at + j] = od[j * T + t] * (1 - EXP(-dl[j * T + t]));
        }
      }
    }
  free(H);
}

// ---- SwiGLU: y = silu(g) * v, g and v the two halves of one row ---------------------------------
void swiglu_fwd(const real* gv, real* y, long rows, long n) {
  for (long r = 0; r < rows; r++) {
    const real *g = gv + r * 2 * n, *v = g + n;
    real* o = y + r * n;
    for (long i = 0; i < n; i++) o[i] = g[i] / (1 + EXP(-g[i])) * v[i];
  }
}

void swiglu_bwd(const real* gv, const real* gy, real* gx, long rows, long n) {
  for (long r = 0; r < rows; r++) {
    const real *g = gv + r * 2 * n, *v = g + n, *o = gy + r * n;
    real *gg = gx + r * 2 * n, *gw = gg + n;
    for (long i = 0; i < n; i++) {
      real s = 1 / (1 + EXP(-g[i]));
      gg[i] = o[i] * v[i] * s * (1 + g[i] * (1 - s));
      gw[i] = o[i] * g[i] * s;
    }
  }
}

// ---- Causal softmax over bfloat16 scores, in place (the training path of attention) ---------------
// s [rows, T]; row r belongs to query r % T and sees keys 0 … r % T. bf16 is the upper half of a float.
#include <stdint.h>
static inline float widen(uint16_t v) {
  union { uint32_t i; float f; } x = {(uint32_t)v << 16};
  return x.f;
}
static inline uint16_t narrow(float v) {  // round to nearest even; no NaN comes here
  union { float f; uint32_t i; } x = {v};
  return (uint16_t)((x.i + 0x7fff + ((x.i >> 16) & 1)) >> 16);
}

void causal_softmax_fwd(uint16_t* s, long rows, long T, float scale) {
  float* e = (float*)malloc(sizeof(float) * T);
  for (long r = 0; r < rows; r++) {
    uint16_t* a = s + r * T;
    long n = r % T + 1;
    float top = -1e30f, sum = 0;
    for (long j = 0; j < n; j++) {
      e[j] = widen(a[j]) * scale;
      top = e[j] > top ? e[j] : top;
    }
    for (long j = 0; j < n; j++) {
      e[j] = fast_exp(e[j] - top);
      sum += e[j];
    }
    float inv = 1 / sum;
    for (long j = 0; j < n; j++) a[j] = narrow(e[j] * inv);
    memset(a + n, 0, sizeof(uint16_t) * (T - n));
  }
  free(e);
}

// g holds dL/dp and becomes dL/ds: scale p (g - sum p g).
void causal_softmax_bwd(const uint16_t* p, uint16_t* g, long rows, long T, float scale) {
  for (long r = 0; r < rows; r++) {
    const uint16_t* a = p + r * T;
    uint16_t* b = g + r * T;
    long n = r % T + 1;
    float dot = 0;
    for (long j = 0; j < n; j++) dot += widen(a[j]) * widen(b[j]);
    for (long j = 0; j < n; j++) b[j] = narrow(scale * widen(a[j]) * (widen(b[j]) - dot));
    memset(b + n, 0, sizeof(uint16_t) * (T - n));
  }
}

// ---- AdamW over one flat parameter vector (Loshchilov & Hutter 2019, algorithm 2) ----------------
// decay holds one value per parameter: matrices decay, norms, biases, A_log and D do not.
void adamw(real* p, const real* g, real* m, real* v, const real* decay, long n, real lr, real b1,
           real b2, real eps, real scale, real c1, real c2) {
  for (long i = 0; i < n; i++) {
    real x = g[i] * scale;
    m[i] = b1 * m[i] + (1 - b1) * x;
    v[i] = b2 * v[i] + (1 - b2) * x * x;
    p[i] -= lr * (m[i] / c1 / ((real)sqrt(v[i] / c2) + eps) + decay[i] * p[i]);
  }
}
