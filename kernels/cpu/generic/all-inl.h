// SPDX-License-Identifier: GPL-3.0-or-later
// All operations, for the instruction set that includes it; vector_math-inl.h says what it must
// have defined before.

template <class T = float>
T* row(const Tensor& tensor, int64_t index) {
  return static_cast<T*>(tensor.data) + index * tensor.stride;
}

// clang-format off: each needs the ones above it.
#include "kernels/cpu/generic/vector_math-inl.h"
#include "kernels/cpu/generic/tile-inl.h"
#include "kernels/cpu/generic/pairs-inl.h"
#include "kernels/cpu/generic/byte_rows-inl.h"
#include "kernels/cpu/generic/bytes-inl.h"
#ifdef LECTERN_MATRIX_UNIT
#include "kernels/cpu/generic/matrix_unit-inl.h"
#endif
#include "kernels/cpu/generic/methods-inl.h"
#include "kernels/cpu/generic/product-inl.h"
#include "kernels/cpu/generic/linear-inl.h"
#include "kernels/cpu/generic/normalization-inl.h"
#include "kernels/cpu/generic/scan-inl.h"
#include "kernels/cpu/generic/cache-inl.h"
#include "kernels/cpu/generic/attention-inl.h"
#include "kernels/cpu/generic/sampling-inl.h"
// clang-format on
