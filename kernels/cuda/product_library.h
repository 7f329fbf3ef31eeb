// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace lectern::kernels::cuda {

/// out = in · weightᵀ in bfloat16 with float32 sums, or added to what lies in `out`. Matrices are
/// row-major; pitches are elements from one row to the next, and both factors have zeros where a
/// row ends before `inner`.
struct LibraryProduct {
  const void* weight = nullptr;  ///< [outs, inner]
  int64_t weightPitch = 0;
  const void* in = nullptr;  ///< [rows, inner]
  int64_t inPitch = 0;
  float* out = nullptr;  ///< [rows, outs]
  int64_t outPitch = 0;
  int64_t rows = 0;
  int64_t outs = 0;
  int64_t inner = 0;
  bool adds = false;
};

/// Somebody else's products for large matrices of bfloat16, which know the card better than ours
/// do (cublas.h). Thread: any.
class ProductLibrary {
 public:
  virtual ~ProductLibrary() = default;

  /// Whether to ask it for products of that size; no longer once it has refused one.
  [[nodiscard]] virtual bool takes(int64_t rows, int64_t outs, int64_t inner) const = 0;
  /// What each product wants, at an address of 256 bytes that no other stream uses.
  [[nodiscard]] virtual int64_t workspaceBytes() const = 0;
  /// Enqueues the product. False where the library refuses: then it has changed nothing but `out`
  /// and the workspace, and is not to be asked again.
  virtual bool multiply(const LibraryProduct& product, void* workspace, cudaStream_t stream) = 0;
};

}  // namespace lectern::kernels::cuda
