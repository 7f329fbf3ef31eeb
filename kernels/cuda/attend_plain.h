// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/device/partials.cuh"
#include "kernels/cuda/launches.h"

namespace lectern::kernels::cuda {

/// Attention in float32 arithmetic, for caches of float32 and head sizes that do not suit tensor
/// cores: small models. Heads of up to 256 channels; cudaErrorInvalidValue for larger ones.
cudaError_t attendPlain(const AttendMany& op, const LaunchContext& context);

/// The splits of one token; the merge is the caller's.
cudaError_t attendPlain(const AttendOne& op,
                        const Partials& partials,
                        const LaunchContext& context);

}  // namespace lectern::kernels::cuda
