// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/operations.h"

#include <cuda_runtime_api.h>

#include <cstdint>

namespace lectern::kernels::cuda {

class ProductLibrary;

/// What a launch needs besides its operands.
struct LaunchContext {
  cudaStream_t stream = nullptr;
  int multiprocessors = 1;            ///< of the device; grids are sized by it
  int contextBucketTokens = 0;        ///< how long a sequence AttendOne should expect; 0: the whole
                                      ///< cache. Decides its speed alone.
  ProductLibrary* library = nullptr;  ///< multiplies where it is faster than our kernels
  void* workspace = nullptr;  ///< device memory that this stream's launches share, 256-byte aligned
  int64_t workspaceBytes = 0;
};

/// Enqueues the kernels of an operation whose contract holds (contract.h). Activations are float32;
/// weights lie as packing.h says. The same launch gives the same bits each time; on a card with
/// another number of multiprocessors, and for the products with another library, the same within
/// rounding. Errors: what the CUDA runtime says;
/// cudaErrorInvalidValue for an operand of another element type or a workspace that is too small.
/// Thread: any, each stream one at a time.
cudaError_t launch(const EmbedRows& op, const LaunchContext& context);
cudaError_t launch(const AddNorm& op, const LaunchContext& context);
cudaError_t launch(const Linear& op, const LaunchContext& context);
cudaError_t launch(const LinearGated& op, const LaunchContext& context);
cudaError_t launch(const ConvSilu& op, const LaunchContext& context);
cudaError_t launch(const SplitNorm& op, const LaunchContext& context);
cudaError_t launch(const SelectiveScan& op, const LaunchContext& context);
cudaError_t launch(const MambaStep& op, const LaunchContext& context);
cudaError_t launch(const AppendKv& op, const LaunchContext& context);
cudaError_t launch(const AttendMany& op, const LaunchContext& context);
cudaError_t launch(const AttendOne& op, const LaunchContext& context);
cudaError_t launch(const Route& op, const LaunchContext& context);
cudaError_t launch(const Experts& op, const LaunchContext& context);
cudaError_t launch(const TopLogits& op, const LaunchContext& context);

/// Bytes of workspace that `launch` of the same operation may use in that context, whose own
/// workspace is not looked at.
int64_t workspaceBytes(const Linear& op, const LaunchContext& context);
int64_t workspaceBytes(const LinearGated& op, const LaunchContext& context);
int64_t workspaceBytes(const SelectiveScan& op, const LaunchContext& context);
int64_t workspaceBytes(const AttendOne& op, const LaunchContext& context);
int64_t workspaceBytes(const Experts& op, const LaunchContext& context);
template <class Op>
int64_t workspaceBytes(const Op& /*op*/, const LaunchContext& /*context*/) {
  return 0;
}

}  // namespace lectern::kernels::cuda
