// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/device/product.cuh"

namespace lectern::kernels::cuda {

/// The kernels of `multiply`, one for each way of multiplying.
cudaError_t multiplyFloats(const ProductArgs& args, int64_t tiles, cudaStream_t stream);
cudaError_t multiplyBFloat16(const ProductArgs& args, int64_t tiles, cudaStream_t stream);
cudaError_t multiplyBytes(const ProductArgs& args, DType dtype, int64_t tiles, cudaStream_t stream);

}  // namespace lectern::kernels::cuda
