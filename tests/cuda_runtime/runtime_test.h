// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/cuda_runtime/cuda_runtime.h"

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <cstddef>

namespace lectern::cuda_runtime {

template <class T>
T* onDevice(size_t count) {
  void* memory = nullptr;
  EXPECT_EQ(cudaMalloc(&memory, count * sizeof(T)), cudaSuccess);
  return static_cast<T*>(memory);
}

template <class T>
T* pinned(size_t count) {
  void* memory = nullptr;
  EXPECT_EQ(cudaMallocHost(&memory, count * sizeof(T)), cudaSuccess);
  return static_cast<T*>(memory);
}

inline cudaStream_t newStream(unsigned flags = cudaStreamNonBlocking) {
  cudaStream_t stream = nullptr;
  EXPECT_EQ(cudaStreamCreateWithFlags(&stream, flags), cudaSuccess);
  return stream;
}

inline cudaEvent_t newEvent() {
  cudaEvent_t event = nullptr;
  EXPECT_EQ(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), cudaSuccess);
  return event;
}

/// Whether a finding of this kind was made.
inline bool found(FindingKind kind) {
  for (const Finding& finding : findings()) {
    if (finding.kind == kind) return true;
  }
  return false;
}

}  // namespace lectern::cuda_runtime
