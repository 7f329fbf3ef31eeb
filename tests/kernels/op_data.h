// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/tensor.h"

#include <cstdint>
#include <random>
#include <vector>

namespace lectern::kernels {

/// A float32 matrix that owns its numbers, for tests.
class Matrix {
 public:
  Matrix(int64_t rows, int64_t cols)
      : rows_(rows), cols_(cols), values_(static_cast<size_t>(rows * cols)) {}

  static Matrix random(int64_t rows, int64_t cols, uint32_t seed, float low = -1, float high = 1) {
    Matrix matrix(rows, cols);
    std::mt19937 generator(seed);
    std::uniform_real_distribution<float> distribution(low, high);
    for (float& value : matrix.values_) value = distribution(generator);
    return matrix;
  }

  [[nodiscard]] Tensor view() { return matrix(values_.data(), DType::F32, rows_, cols_); }
  [[nodiscard]] Weight weight(int64_t groups = 1) const {
    return {values_.data(), DType::F32, groups, rows_ / groups, cols_};
  }
  float& at(int64_t row, int64_t col) { return values_[static_cast<size_t>(row * cols_ + col)]; }
  std::vector<float>& values() { return values_; }

 private:
  int64_t rows_;
  int64_t cols_;
  std::vector<float> values_;
};

}  // namespace lectern::kernels
