// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/staging.h"

#include <algorithm>
#include <cstring>

namespace lectern::kernels::cuda {

namespace {

constexpr int64_t kAlignment = 64;

}  // namespace

Staging::~Staging() {
  for (const Half& half : halves_) {
    if (half.done != nullptr) cudaEventDestroy(half.done);
  }
  if (memory_ != nullptr) cudaFreeHost(memory_);
}

cudaError_t Staging::allocate() {
  void* memory = nullptr;
  cudaError_t status = cudaHostAlloc(&memory, 2 * kHalfBytes, cudaHostAllocDefault);
  if (status != cudaSuccess) return status;
  memory_ = static_cast<char*>(memory);
  for (size_t i = 0; i < halves_.size(); ++i) {
    halves_[i].memory = memory_ + static_cast<int64_t>(i) * kHalfBytes;
    status = cudaEventCreateWithFlags(&halves_[i].done, cudaEventDisableTiming);
    if (status != cudaSuccess) return status;
  }
  return cudaSuccess;
}

cudaError_t Staging::copyIn(void* to, const void* from, int64_t bytes) {
  for (int64_t done = 0; done < bytes;) {
    char* place = nullptr;
    int64_t taken = 0;
    if (const cudaError_t status = take(bytes - done, place, taken); status != cudaSuccess)
      return status;
    std::memcpy(place, static_cast<const char*>(from) + done, static_cast<size_t>(taken));
    const cudaError_t status =
        cudaMemcpyAsync(static_cast<char*>(to) + done, place, static_cast<size_t>(taken),
                        cudaMemcpyHostToDevice, stream_);
    if (status != cudaSuccess) return status;
    done += taken;
  }
  return cudaSuccess;
}

cudaError_t Staging::copyOut(void* to, const void* from, int64_t bytes) {
  for (int64_t done = 0; done < bytes;) {
    char* place = nullptr;
    int64_t taken = 0;
    if (const cudaError_t status = take(bytes - done, place, taken); status != cudaSuccess)
      return status;
    const cudaError_t status =
        cudaMemcpyAsync(place, static_cast<const char*>(from) + done, static_cast<size_t>(taken),
                        cudaMemcpyDeviceToHost, stream_);
    if (status != cudaSuccess) return status;
    halves_[current_].arrivals.push_back({static_cast<char*>(to) + done, place, taken});
    done += taken;
  }
  return cudaSuccess;
}

cudaError_t Staging::take(int64_t bytes, char*& place, int64_t& taken) {
  if (halves_[current_].usedBytes >= kHalfBytes) {
    if (const cudaError_t status = changeHalves(); status != cudaSuccess) return status;
  }
  Half& half = halves_[current_];
  place = half.memory + half.usedBytes;
  taken = std::min(bytes, kHalfBytes - half.usedBytes);
  half.usedBytes += (taken + kAlignment - 1) / kAlignment * kAlignment;
  return cudaSuccess;
}

// The half that comes next was filled before the one that is full now, so what it waits for is
// mostly over.
cudaError_t Staging::changeHalves() {
  Half& full = halves_[current_];
  cudaError_t status = cudaEventRecord(full.done, stream_);
  if (status != cudaSuccess) return status;
  full.isUnderWay = true;
  current_ = 1 - current_;
  Half& next = halves_[current_];
  if (next.isUnderWay) {
    status = cudaEventSynchronize(next.done);
    if (status != cudaSuccess) return status;
  }
  deliver(next);
  return cudaSuccess;
}

void Staging::deliver(Half& half) {
  for (const Arrival& arrival : half.arrivals) {
    std::memcpy(arrival.to, arrival.from, static_cast<size_t>(arrival.bytes));
  }
  half.arrivals.clear();
  half.usedBytes = 0;
  half.isUnderWay = false;
}

void Staging::deliver() {
  deliver(halves_[1 - current_]);  // the older one
  deliver(halves_[current_]);
}

void Staging::drop() {
  for (Half& half : halves_) half.arrivals.clear();
  deliver();
}

}  // namespace lectern::kernels::cuda
