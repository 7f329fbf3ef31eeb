// SPDX-License-Identifier: GPL-3.0-or-later
// The substitute for cuBLAS; README.md.
#include "tests/cublas/substitute.h"

#include "kernels/cuda/cublas_api.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <vector>

struct cublasContext {
  cudaStream_t stream = nullptr;
  char* workspace = nullptr;
  size_t workspaceBytes = 0;
};

namespace lectern::cublas_substitute {
namespace {

namespace cublas = kernels::cuda::cublas;

Control& control() {
  static Control instance;
  return instance;
}

std::set<const cublasContext*>& handles() {
  static std::set<const cublasContext*> instance;
  return instance;
}

void report(const std::string& text) {
  if (control().runtime.report) control().runtime.report(text);
}

int refuse(int status, const std::string& text) {
  report("cuBLAS refuses it: " + text);
  return status;
}

/// A column-major matrix.
struct Matrix {
  char* data = nullptr;
  int rows = 0;
  int columns = 0;
  int pitch = 0;
  int64_t elementBytes = 0;

  [[nodiscard]] int64_t bytes() const {
    return ((columns - int64_t{1}) * pitch + rows) * elementBytes;
  }
  [[nodiscard]] char* column(int index) const { return data + index * pitch * elementBytes; }
};

void touch(const Matrix& matrix, bool writes) {
  for (int j = 0; j < matrix.columns; ++j) {
    control().runtime.touch(matrix.column(j), matrix.rows * matrix.elementBytes, writes);
  }
}

/// As floats, one column of `matrix` behind the other.
std::vector<float> widened(const Matrix& matrix) {
  std::vector<float> values;
  values.reserve(static_cast<size_t>(matrix.rows) * static_cast<size_t>(matrix.columns));
  for (int j = 0; j < matrix.columns; ++j) {
    for (int i = 0; i < matrix.rows; ++i) {
      uint16_t half = 0;
      std::memcpy(&half, matrix.column(j) + i * 2, 2);
      const uint32_t bits = uint32_t{half} << 16;
      float value = 0;
      std::memcpy(&value, &bits, 4);
      values.push_back(value);
    }
  }
  return values;
}

/// The only kind that the substitute computes: the first factor transposed, the second as it is.
struct Product {
  Matrix a;  ///< [k, m]
  Matrix b;  ///< [k, n]
  Matrix c;  ///< [m, n]
  float alpha = 0;
  float beta = 0;
  cublasContext how;

  void run() const {
    touch(a, false);
    touch(b, false);
    if (beta != 0) touch(c, false);
    control().runtime.touch(how.workspace, static_cast<int64_t>(how.workspaceBytes), true);
    std::memset(how.workspace, 0xFF, how.workspaceBytes);
    const std::vector<float> left = widened(a);
    const std::vector<float> right = widened(b);
    const auto depth = static_cast<size_t>(a.rows);
    for (int j = 0; j < c.columns; ++j) {
      auto* out = reinterpret_cast<float*>(c.column(j));
      const float* second = right.data() + static_cast<size_t>(j) * depth;
      for (int i = 0; i < c.rows; ++i) {
        const float* first = left.data() + static_cast<size_t>(i) * depth;
        double sum = 0;
        for (size_t k = 0; k < depth; ++k) sum += double{first[k]} * double{second[k]};
        sum *= alpha;
        if (beta != 0) sum += double{beta} * double{out[i]};  // else c is not to be read
        out[i] = static_cast<float>(sum);
      }
    }
    touch(c, true);
  }
};

bool overlap(const char* a, int64_t aBytes, const char* b, int64_t bBytes) {
  return a < b + bBytes && b < a + aBytes;
}

/// What the documentation asks of the arguments; 0 where they are good.
int check(const Product& p) {
  for (const auto& [matrix, name] : {std::pair(&p.a, "A"), {&p.b, "B"}, {&p.c, "C"}}) {
    const std::string of = name;
    if (matrix->rows < 1 || matrix->columns < 1) {
      return refuse(cublas::kInvalidValue, "no elements in " + of);
    }
    if (matrix->pitch < matrix->rows) {
      return refuse(cublas::kInvalidValue, "the leading dimension of " + of);
    }
    if (reinterpret_cast<uintptr_t>(matrix->data) % static_cast<uintptr_t>(matrix->elementBytes) !=
        0) {
      report("the address of " + of + " is odd");
    }
    if (!control().runtime.isDeviceMemory(matrix->data, matrix->bytes())) {
      report(of + " leaves its memory");
      return cublas::kInvalidValue;
    }
    if (overlap(matrix->data, matrix->bytes(), p.how.workspace,
                static_cast<int64_t>(p.how.workspaceBytes))) {
      report("the workspace lies over " + of);
    }
  }
  if (overlap(p.c.data, p.c.bytes(), p.a.data, p.a.bytes()) ||
      overlap(p.c.data, p.c.bytes(), p.b.data, p.b.bytes())) {
    report("C lies over a factor");
  }
  return cublas::kSuccess;
}

}  // namespace
}  // namespace lectern::cublas_substitute

using namespace lectern::cublas_substitute;  // NOLINT(google-build-using-namespace): C's functions
namespace cublas = lectern::kernels::cuda::cublas;

extern "C" {

__attribute__((visibility("default"))) Control* lecternCublasSubstitute() {
  return &control();
}

__attribute__((visibility("default"))) int cublasCreate_v2(cublas::Handle* handle) {
  if (handle == nullptr) return cublas::kInvalidValue;
  ++control().creations;
  if (!control().runtime.enqueue) return cublas::kNotInitialised;
  if (control().createStatus != 0) return control().createStatus;
  *handle = new cublasContext;
  handles().insert(*handle);
  ++control().handles;
  return cublas::kSuccess;
}

__attribute__((visibility("default"))) int cublasDestroy_v2(cublas::Handle handle) {
  if (handles().erase(handle) == 0) return refuse(cublas::kNotInitialised, "no handle to destroy");
  delete handle;
  --control().handles;
  return cublas::kSuccess;
}

__attribute__((visibility("default"))) int cublasGetVersion_v2(cublas::Handle handle,
                                                               int* version) {
  if (!handles().contains(handle)) return refuse(cublas::kNotInitialised, "no handle");
  *version = control().version;
  return cublas::kSuccess;
}

__attribute__((visibility("default"))) int cublasSetStream_v2(cublas::Handle handle,
                                                              cudaStream_t stream) {
  if (!handles().contains(handle)) return refuse(cublas::kNotInitialised, "no handle");
  *handle = {stream, nullptr, 0};
  return cublas::kSuccess;
}

__attribute__((visibility("default"))) int cublasSetWorkspace_v2(cublas::Handle handle,
                                                                 void* workspace,
                                                                 size_t bytes) {
  if (!handles().contains(handle)) return refuse(cublas::kNotInitialised, "no handle");
  if (reinterpret_cast<uintptr_t>(workspace) % 256 != 0) {
    return refuse(cublas::kInvalidValue, "the workspace's address");
  }
  if (!control().runtime.isDeviceMemory(workspace, static_cast<int64_t>(bytes))) {
    return refuse(cublas::kInvalidValue, "the workspace leaves its memory");
  }
  handle->workspace = static_cast<char*>(workspace);
  handle->workspaceBytes = bytes;
  return cublas::kSuccess;
}

__attribute__((visibility("default"))) int cublasGemmEx(cublas::Handle handle,
                                                        int opA,
                                                        int opB,
                                                        int m,
                                                        int n,
                                                        int k,
                                                        const void* alpha,
                                                        const void* a,
                                                        int typeA,
                                                        int pitchA,
                                                        const void* b,
                                                        int typeB,
                                                        int pitchB,
                                                        const void* beta,
                                                        void* c,
                                                        int typeC,
                                                        int pitchC,
                                                        int computeType,
                                                        int algorithm) {
  if (!handles().contains(handle)) return refuse(cublas::kNotInitialised, "no handle");
  if (control().failProduct > 0 && --control().failProduct == 0) return control().failStatus;
  if (opA != cublas::kTransposed || opB != cublas::kAsItIs || typeA != cublas::kBFloat16 ||
      typeB != typeA || typeC != cublas::kFloat32 || computeType != cublas::kComputeFloat ||
      algorithm != cublas::kAnyAlgorithm) {
    return refuse(cublas::kNotSupported, "the types and operations are none that we use");
  }
  if (alpha == nullptr || beta == nullptr) return refuse(cublas::kInvalidValue, "no alpha or beta");
  if (handle->stream == nullptr) report("a product in the default stream");
  if (handle->workspace == nullptr) {
    report("a product without a workspace: cuBLAS takes memory of its own");
    return cublas::kAllocationFailed;
  }
  Product product;
  product.a = {static_cast<char*>(const_cast<void*>(a)), k, m, pitchA, 2};  // NOLINT: only read
  product.b = {static_cast<char*>(const_cast<void*>(b)), k, n, pitchB, 2};  // NOLINT: only read
  product.c = {static_cast<char*>(c), m, n, pitchC, 4};
  std::memcpy(&product.alpha, alpha, 4);
  std::memcpy(&product.beta, beta, 4);
  product.how = *handle;
  if (const int status = check(product); status != cublas::kSuccess) return status;
  const cudaError_t status =
      control().runtime.enqueue(handle->stream, "cublasGemmEx", [product] { product.run(); });
  if (status != cudaSuccess) return cublas::kExecutionFailed;
  ++control().products;
  return cublas::kSuccess;
}

}  // extern "C"
