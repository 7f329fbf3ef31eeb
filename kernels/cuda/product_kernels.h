// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/device/product.cuh"

namespace lectern::kernels::cuda {

/// The kernels of `multiply`, one for each way of multiplying.
cudaError_t multiplyFloats(const ProductArgs& args, int64_t tiles, cudaStream_t stream);
cudaError_t multiplyBFloat16(const ProductArgs& args, int64_t tiles, cudaStream_t stream);
cudaError_t multiplyBytes(const ProductArgs& args, DType dtype, int64_t tiles, cudaStream_t stream);

/// The same by the context's library, where it takes a product of all rows with a weight of
/// bfloat16; `done` is false where not, or where it refuses: then it is ours. `room` is what
/// libraryBytes says, 256-byte aligned.
int64_t libraryBytes(const Weight& weight,
                     bool isGated,
                     int64_t rows,
                     const LaunchContext& context);
cudaError_t multiplyByLibrary(const Product& product,
                              const Narrowed& narrowed,
                              void* room,
                              const LaunchContext& context,
                              bool& done);

}  // namespace lectern::kernels::cuda
