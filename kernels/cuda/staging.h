// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cuda_runtime_api.h>

#include <array>
#include <cstdint>
#include <vector>

namespace lectern::kernels::cuda {

/// The pinned memory that all copies of one stream go through, for from any other the driver copies
/// while the caller waits. Two halves: the card works on one while the host fills the other.
/// Thread: that of the stream.
class Staging {
 public:
  // 4 MiB take 160 µs over PCIe 4.0 × 16, some thirty times what starting a copy costs.
  static constexpr int64_t kHalfBytes = int64_t{4} << 20;

  explicit Staging(cudaStream_t stream) : stream_(stream) {}
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  ~Staging();

  /// Takes the memory; once, before everything else.
  cudaError_t allocate();
  /// Enqueues a copy to the device. `from` has been read when this returns.
  cudaError_t copyIn(void* to, const void* from, int64_t bytes);
  /// Enqueues a copy to the host; `to` is there after `deliver`.
  cudaError_t copyOut(void* to, const void* from, int64_t bytes);
  /// Brings what was copied out to its place. The stream has been waited for.
  void deliver();
  /// Forgets what was to be copied out.
  void drop();

 private:
  struct Arrival {
    void* to;
    const char* from;
    int64_t bytes;
  };
  struct Half {
    char* memory = nullptr;
    int64_t usedBytes = 0;
    cudaEvent_t done = nullptr;  // behind the last copy of the half
    bool isUnderWay = false;
    std::vector<Arrival> arrivals;
  };

  // Room in one half for as many of `bytes` as it takes, at least one.
  cudaError_t take(int64_t bytes, char*& place, int64_t& taken);
  cudaError_t changeHalves();
  static void deliver(Half& half);

  cudaStream_t stream_;
  char* memory_ = nullptr;
  std::array<Half, 2> halves_;
  size_t current_ = 0;
};

}  // namespace lectern::kernels::cuda
