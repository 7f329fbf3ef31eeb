// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/device.h"
#include "kernels/cuda/launches.h"
#include "kernels/operations.h"

#include <cstdint>

namespace lectern::kernels::cuda {

/// The part of a launch's context that is the card's, not a stream's.
LaunchContext launchContextOf(const Device& device);

/// Bytes of workspace that the operation may use in that context.
int64_t workspaceBytesOf(const Operation& operation, const LaunchContext& context);

/// The same of it and of any like it with fewer rows: a product of few rows may be cut into more
/// parts than one of many.
int64_t largestWorkspaceBytes(const Operation& operation, const LaunchContext& context);

}  // namespace lectern::kernels::cuda
