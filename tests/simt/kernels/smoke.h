// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <driver_types.h>

namespace lectern::simt {

cudaError_t launchAdd(const float* a, const float* b, float* sum, int count, cudaStream_t stream);

}  // namespace lectern::simt
