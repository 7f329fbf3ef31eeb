// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/check.h"

#include <cstddef>
#include <cstdint>

namespace lectern::kernels {

/// Element types of activations, states and weights. The quantised ones, of weights alone, are
/// those of llama.cpp (quantised.h); I8 is of keys and values alone (KvCache). Files hold their
/// numbers: new ones come last.
enum class DType : uint8_t { F32, BF16, I32, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K, I8 };

/// How a row of elements lies: so many of them together in so many bytes.
struct BlockShape {
  int64_t elements = 1;
  int64_t bytes = 0;
};
constexpr BlockShape blockShape(DType dtype) {
  switch (dtype) {
    case DType::F32:
    case DType::I32:
      return {1, 4};
    case DType::BF16:
      return {1, 2};
    case DType::I8:
      return {1, 1};
    case DType::Q8_0:
      return {32, 34};
    case DType::Q4_0:
      return {32, 18};
    case DType::Q4_1:
      return {32, 20};
    case DType::Q5_0:
      return {32, 22};
    case DType::Q5_1:
      return {32, 24};
    case DType::Q4_K:
      return {256, 144};
    case DType::Q5_K:
      return {256, 176};
    case DType::Q6_K:
      return {256, 210};
  }
  return {};
}

constexpr bool isQuantised(DType dtype) {
  return dtype >= DType::Q8_0 && dtype <= DType::Q6_K;
}

/// Bytes of one element of a type that is not quantised.
constexpr int64_t elementBytes(DType dtype) {
  return dtype == DType::I8 ? 1 : dtype == DType::BF16 ? 2 : 4;
}

/// Bytes of so many elements behind each other, a whole number of blocks.
constexpr int64_t elementsBytes(DType dtype, int64_t count) {
  const BlockShape shape = blockShape(dtype);
  return count / shape.elements * shape.bytes;
}

/// A matrix somewhere on a device: `rows` rows of `cols` elements, `stride` elements from one row
/// to the next. A view owns nothing and is plain data, so that operations can cross the plug-in
/// border as bytes. A vector has one row. A view without data stands for an absent optional
/// operand.
struct Tensor {
  void* data = nullptr;
  DType dtype = DType::F32;
  int64_t rows = 0;
  int64_t cols = 0;
  int64_t stride = 0;

  [[nodiscard]] bool isPresent() const { return data != nullptr; }
  [[nodiscard]] int64_t bytes() const { return rows * cols * elementBytes(dtype); }
  /// Rows [first, first + count).
  [[nodiscard]] Tensor rowRange(int64_t first, int64_t count) const {
    LECTERN_DCHECK(first >= 0 && count >= 0 && first + count <= rows);
    Tensor view = *this;
    view.data = static_cast<char*>(data) + first * stride * elementBytes(dtype);
    view.rows = count;
    return view;
  }
  /// Columns [first, first + count).
  [[nodiscard]] Tensor colRange(int64_t first, int64_t count) const {
    LECTERN_DCHECK(first >= 0 && count >= 0 && first + count <= cols);
    Tensor view = *this;
    view.data = static_cast<char*>(data) + first * elementBytes(dtype);
    view.cols = count;
    return view;
  }
  /// The first element of a row. Only where `data` is an address of the calling processor.
  template <class T>
  [[nodiscard]] T* row(int64_t index) const {
    LECTERN_DCHECK(sizeof(T) == static_cast<size_t>(elementBytes(dtype)));
    return static_cast<T*>(data) + index * stride;
  }
};

/// A dense matrix [rows, cols] = [out, in] in memory that starts at `data`.
inline Tensor matrix(void* data, DType dtype, int64_t rows, int64_t cols) {
  return {data, dtype, rows, cols, cols};
}
/// A vector of `size` elements.
inline Tensor vector(void* data, DType dtype, int64_t size) {
  return {data, dtype, 1, size, size};
}

/// A weight matrix [out, in], or `groups` of equal ones (the experts of a layer), in the form its
/// backend packed it into once (Backend::pack). Only that backend reads `data`.
struct Weight {
  const void* data = nullptr;
  DType dtype = DType::F32;  ///< of the numbers it holds, not of its layout
  int64_t groups = 1;
  int64_t out = 0;
  int64_t in = 0;

  [[nodiscard]] bool isPresent() const { return data != nullptr; }
  /// Bytes of the numbers themselves: what reading the weight once cannot avoid.
  [[nodiscard]] int64_t bytes() const { return groups * out * elementsBytes(dtype, in); }
};

}  // namespace lectern::kernels
