// SPDX-License-Identifier: GPL-3.0-or-later
// Memory and copies.
#include "tests/cuda_runtime/state.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace lectern::cuda_runtime {
namespace {

cudaError_t allocateFor(void** out, size_t size, MemoryKind kind) {
  if (out == nullptr) return cudaErrorInvalidValue;
  *out = nullptr;
  if (const cudaError_t refused = refuseDuringCapture(); refused != cudaSuccess) return refused;
  if (size == 0) return cudaSuccess;
  const auto bytes = static_cast<int64_t>(size);
  const bool isDevices = kind == MemoryKind::Device;
  if (isDevices && (state().refusesMemory || bytes > freeBytes(currentDevice()))) {
    return cudaErrorMemoryAllocation;
  }
  Allocation* allocation =
      allocate(bytes, kind,
               fmt::format("{} memory {} ({} bytes)", isDevices ? "device" : "pinned",
                           ++state().allocationsMade, bytes),
               isDevices ? currentDevice() : -1);
  if (allocation == nullptr) return cudaErrorMemoryAllocation;
  // The host writes pinned memory where we do not see it.
  if (kind == MemoryKind::Pinned) allocation->shadow.markInitialised(0, bytes);
  *out = allocation->data;
  return cudaSuccess;
}

/// As the real ones do, waits for all that is enqueued.
cudaError_t freeOf(void* pointer, MemoryKind kind, const char* function) {
  if (pointer == nullptr) return cudaSuccess;
  if (const cudaError_t refused = refuseDuringCapture(); refused != cudaSuccess) return refused;
  Allocation* allocation = find(pointer);
  if (allocation == nullptr || allocation->data != pointer || allocation->kind != kind ||
      allocation->freed) {
    return misuse(cudaErrorInvalidValue, function,
                  "not the start of such memory, or freed already");
  }
  runAll();
  release(allocation);
  return state().lost;
}

/// One side of a copy. `allocation` is null for memory of the host that is not pinned.
struct Range {
  char* data = nullptr;
  int64_t bytes = 0;
  Allocation* allocation = nullptr;

  bool onDevice() const { return allocation != nullptr && allocation->kind == MemoryKind::Device; }
  int64_t offset() const { return data - allocation->data; }
};

cudaError_t rangeOf(const void* pointer, size_t bytes, const char* function, Range* range) {
  range->data = static_cast<char*>(const_cast<void*>(pointer));  // NOLINT: reads stay reads
  range->bytes = static_cast<int64_t>(bytes);
  range->allocation = find(pointer);
  if (range->allocation == nullptr) return cudaSuccess;
  const Allocation& inside = *range->allocation;
  if (inside.freed) {
    report(FindingKind::UseAfterFree, function, inside.name + " was freed");
    return cudaErrorInvalidValue;
  }
  if (range->offset() < 0 || range->offset() + range->bytes > inside.bytes) {
    report(FindingKind::OutOfBounds, function,
           fmt::format("byte {}+{} of {}", range->offset(), range->bytes, inside.name));
    return cudaErrorInvalidValue;
  }
  return cudaSuccess;
}

void noteAccess(const Range& range, bool write, const std::string& operation) {
  if (!range.onDevice()) return;
  if (range.allocation->freed) {
    report(FindingKind::UseAfterFree, operation, range.allocation->name + " was freed");
    fault(cudaErrorIllegalAddress);
    return;
  }
  ShadowAccess access;
  access.mark = {order().current(), kNoThread, 0, 0};
  access.write = write;
  const Conflict conflict = range.allocation->shadow.record(range.offset(), range.bytes, access);
  if (conflict.kind == ConflictKind::None) return;
  report(
      FindingKind::StreamRace, operation,
      fmt::format("{} byte {} of {}, and no event orders it after the {} by \"{}\"",
                  write ? "writes" : "reads", conflict.offset, range.allocation->name,
                  conflict.otherWrote ? "write" : "read", order().name(conflict.other.operation)));
}

void copyNow(const Range& to, const Range& from, const std::string& operation) {
  noteAccess(from, false, operation);
  noteAccess(to, true, operation);
  if (state().lost != cudaSuccess) return;
  std::memcpy(to.data, from.data, static_cast<size_t>(to.bytes));
  if (to.onDevice() && from.onDevice()) {
    to.allocation->shadow.copyInitialised(to.offset(), from.allocation->shadow, from.offset(),
                                          to.bytes);
  }
}

/// The direction that was asked for must be the one that the pointers have.
bool directionFits(const Range& to, const Range& from, cudaMemcpyKind kind) {
  switch (kind) {
    case cudaMemcpyHostToHost:
      return !to.onDevice() && !from.onDevice();
    case cudaMemcpyHostToDevice:
      return to.onDevice() && !from.onDevice();
    case cudaMemcpyDeviceToHost:
      return !to.onDevice() && from.onDevice();
    case cudaMemcpyDeviceToDevice:
      return to.onDevice() && from.onDevice();
    case cudaMemcpyDefault:
      return true;
  }
  return false;
}

cudaError_t copyAsync(const char* function,
                      void* to,
                      const void* from,
                      size_t bytes,
                      cudaMemcpyKind kind,
                      cudaStream_t stream) {
  if (bytes == 0) return cudaSuccess;
  Range target;
  Range source;
  if (const cudaError_t bad = rangeOf(to, bytes, function, &target); bad != cudaSuccess) return bad;
  if (const cudaError_t bad = rangeOf(from, bytes, function, &source); bad != cudaSuccess)
    return bad;
  if (!directionFits(target, source, kind)) {
    return misuse(cudaErrorInvalidValue, function, "the pointers are not of the direction's kinds");
  }
  const CUstream_st* queue = streamOf(stream);
  const bool capturing = queue != nullptr && queue->capture != nullptr;
  std::string name = fmt::format("copy of {} bytes", bytes);

  // Pageable memory is staged: what comes from it is taken now, what goes to it is there when the
  // call returns.
  std::shared_ptr<std::vector<char>> staged;
  if (target.onDevice() && source.allocation == nullptr && !capturing) {
    staged = std::make_shared<std::vector<char>>(source.data, source.data + bytes);
    source.data = staged->data();
  }
  OperationPtr operation;
  const cudaError_t result = enqueue(
      stream, name, [target, source, staged, name] { copyNow(target, source, name); }, &operation);
  if (result == cudaSuccess && target.allocation == nullptr && operation != nullptr) {
    runUntil(operation);
    hostKnows(operation->known);
    return state().lost;
  }
  return result;
}

cudaError_t fillAsync(
    const char* function, void* to, int value, size_t bytes, cudaStream_t stream) {
  if (bytes == 0) return cudaSuccess;
  Range target;
  if (const cudaError_t bad = rangeOf(to, bytes, function, &target); bad != cudaSuccess) return bad;
  if (!target.onDevice())
    return misuse(cudaErrorInvalidValue, function, "not memory of the device");
  std::string name = fmt::format("fill of {} bytes", bytes);
  return enqueue(stream, name, [target, value, name] {
    noteAccess(target, true, name);
    if (state().lost == cudaSuccess)
      std::memset(target.data, value, static_cast<size_t>(target.bytes));
  });
}

cudaError_t waitForLegacy() {
  const OperationPtr last = state().legacy.last;
  runUntil(last);
  if (last != nullptr) hostKnows(last->known);
  return state().lost;
}

}  // namespace
}  // namespace lectern::cuda_runtime

using namespace lectern::cuda_runtime;  // NOLINT(google-build-using-namespace): the functions below
                                        // are C's

extern "C" {

cudaError_t cudaMalloc(void** pointer, size_t size) {
  return call("cudaMalloc", [&] { return allocateFor(pointer, size, MemoryKind::Device); });
}
cudaError_t cudaMallocHost(void** pointer, size_t size) {
  return call("cudaMallocHost", [&] { return allocateFor(pointer, size, MemoryKind::Pinned); });
}
cudaError_t cudaHostAlloc(void** pointer, size_t size, unsigned int /*flags*/) {
  return call("cudaHostAlloc", [&] { return allocateFor(pointer, size, MemoryKind::Pinned); });
}
cudaError_t cudaFree(void* pointer) {
  return call("cudaFree", [&] { return freeOf(pointer, MemoryKind::Device, "cudaFree"); });
}
cudaError_t cudaFreeHost(void* pointer) {
  return call("cudaFreeHost", [&] { return freeOf(pointer, MemoryKind::Pinned, "cudaFreeHost"); });
}
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  return call("cudaMemGetInfo", [&] {
    *total = static_cast<size_t>(settings().memoryBytes);
    *free = static_cast<size_t>(std::max<int64_t>(0, freeBytes(currentDevice())));
    return cudaSuccess;
  });
}

cudaError_t cudaMemcpyAsync(
    void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  return call("cudaMemcpyAsync",
              [&] { return copyAsync("cudaMemcpyAsync", to, from, bytes, kind, stream); });
}
cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  return call("cudaMemcpy", [&] {
    const cudaError_t result = copyAsync("cudaMemcpy", to, from, bytes, kind, nullptr);
    return result == cudaSuccess ? waitForLegacy() : result;
  });
}
cudaError_t cudaMemcpy2DAsync(void* to,
                              size_t toPitch,
                              const void* from,
                              size_t fromPitch,
                              size_t width,
                              size_t height,
                              cudaMemcpyKind kind,
                              cudaStream_t stream) {
  return call("cudaMemcpy2DAsync", [&] {
    for (size_t row = 0; row < height; ++row) {
      const cudaError_t result =
          copyAsync("cudaMemcpy2DAsync", static_cast<char*>(to) + row * toPitch,
                    static_cast<const char*>(from) + row * fromPitch, width, kind, stream);
      if (result != cudaSuccess) return result;
    }
    return cudaSuccess;
  });
}
cudaError_t cudaMemcpyPeerAsync(void* to,
                                int /*toDevice*/,
                                const void* from,
                                int /*fromDevice*/,
                                size_t bytes,
                                cudaStream_t stream) {
  return call("cudaMemcpyPeerAsync", [&] {
    return copyAsync("cudaMemcpyPeerAsync", to, from, bytes, cudaMemcpyDeviceToDevice, stream);
  });
}
cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  return call("cudaMemsetAsync",
              [&] { return fillAsync("cudaMemsetAsync", to, value, bytes, stream); });
}
cudaError_t cudaMemset(void* to, int value, size_t bytes) {
  return call("cudaMemset", [&] { return fillAsync("cudaMemset", to, value, bytes, nullptr); });
}

}  // extern "C"
