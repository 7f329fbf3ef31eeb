// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/quantised.h"
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

/// `count` elements in blocks of a quantised type with quants and scales that look like any, the
/// scales between 2⁻⁷ and 2⁻⁶; the same for the same seed.
inline std::vector<char> randomBlocks(DType dtype, int64_t count, uint32_t seed) {
  std::vector<char> rows(static_cast<size_t>(elementsBytes(dtype, count)));
  std::mt19937 generator(seed);
  for (char& byte : rows) byte = static_cast<char>(generator());
  const auto blockBytes = static_cast<size_t>(blockShape(dtype).bytes);
  for (size_t at = 0; at < rows.size(); at += blockBytes) {
    const size_t scale = dtype == DType::Q6_K ? 208 : 0;
    for (const size_t half : {scale, scale + 2}) {
      if (half > scale && !quantisedType(dtype).hasLeast) break;
      rows[at + half + 1] = static_cast<char>(0x20 | (rows[at + half + 1] & 3));
    }
  }
  return rows;
}

}  // namespace lectern::kernels
