// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/backend.h"
#include "kernels/cuda/device.h"

#include <cuda_runtime_api.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace lectern::kernels::cuda {

/// How long a sequence an operation is launched for: the least power of two, from 512 on, that
/// holds so many tokens. A window of 262,144 has ten of them, so a step is captured ten times at
/// most.
int64_t contextBucket(int64_t tokens);

/// Operations, and the graphs that streams made of them. A graph holds the addresses of its
/// stream's workspace, so each belongs to one stream at one place. Thread: any.
class GraphRecording final : public Recording {
 public:
  GraphRecording(std::shared_ptr<const Device> device, std::vector<Operation> operations);
  ~GraphRecording() override;

  [[nodiscard]] const std::vector<Operation>& operations() const { return operations_; }
  [[nodiscard]] bool asksForContext() const { return asksForContext_; }

  /// What a graph was captured for.
  struct Key {
    const void* stream = nullptr;
    const void* workspace = nullptr;
    int64_t bucket = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Use {
    Key key;
    int64_t times = 0;
    cudaGraphExec_t graph = nullptr;  ///< null until it was captured
  };
  /// The one of that key; counts this time. Valid until the recording ends.
  [[nodiscard]] Use& useOf(const Key& key) const;

 private:
  std::shared_ptr<const Device> device_;
  std::vector<Operation> operations_;
  bool asksForContext_ = false;
  mutable std::mutex mutex_;  // guards uses_; each Use is its stream's alone
  mutable std::vector<std::unique_ptr<Use>> uses_;
};

}  // namespace lectern::kernels::cuda
