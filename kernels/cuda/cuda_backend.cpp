// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/cuda_backend.h"

#include "core/base/check.h"
#include "kernels/cuda/packing.h"
#include "kernels/cuda/probe.h"
#include "kernels/cuda/workspace.h"
#include "kernels/operation_list.h"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lectern::kernels::cuda {

namespace {

// A layer's narrowest large product is some twenty tiles wide (2,560 columns); with 64 rows a tile
// and four tiles a multiprocessor the last ones to end leave little idle.
int64_t rowsThatFill(int multiprocessors) {
  const int64_t wanted = int64_t{multiprocessors} * 4 * 64 / 20;
  int64_t rows = kUsualRows;
  while (rows < wanted && rows < 4 * kUsualRows) rows *= 2;
  return rows;
}

}  // namespace

Result<std::unique_ptr<CudaBackend>> CudaBackend::open(int index) {
  const std::vector<CardFacts> cards = TRY(findCards());
  if (index < 0 || index >= static_cast<int>(cards.size())) {
    return Error{ErrorCode::Usage, fmt::format("There is no graphics card {}.", index)};
  }
  const CardFacts& card = cards[static_cast<size_t>(index)];
  if (std::string why = whyNotUsable(card); !why.empty()) {
    return Error{ErrorCode::Usage, std::move(why)};
  }
  auto backend = std::unique_ptr<CudaBackend>(new CudaBackend);
  Device opened{index, card.name, card.multiprocessors, nullptr};
  // The first call that needs the card wakes it, which takes a tenth of a second and can fail.
  if (const cudaError_t status = cudaSetDevice(index); status != cudaSuccess) {
    return errorOf(status, opened, "opening it");
  }
  opened.cublas = Cublas::open(index, card.major);
  const auto device = std::make_shared<const Device>(std::move(opened));
  backend->device_ = device;
  backend->pool_ = std::make_shared<QueuePool>(device);
  backend->own_ = TRY(Queue::create(device));
  return backend;
}

BackendProperties CudaBackend::properties() const {
  BackendProperties properties;
  properties.name = fmt::format("cuda:{}", device_->index);
  properties.device = device_->name;
  properties.hostMemory = false;
  properties.rowsAtOnce = rowsThatFill(device_->multiprocessors);
  properties.products = device_->cublas->description();
  properties.reason = choiceReason();
  size_t freeBytes = 0;
  size_t totalBytes = 0;
  device_->use();
  if (const cudaError_t status = cudaMemGetInfo(&freeBytes, &totalBytes); status != cudaSuccess) {
    properties.usable = false;
    properties.reason = errorOf(status, *device_, "telling its memory").message;
  }
  properties.memoryBytes = static_cast<int64_t>(totalBytes);
  properties.memoryFreeBytes = static_cast<int64_t>(freeBytes);
  return properties;
}

Result<void*> CudaBackend::allocateBytes(int64_t bytes, std::string_view purpose) {
  LECTERN_CHECK(bytes >= 0);
  device_->use();
  void* data = nullptr;
  const cudaError_t status = cudaMalloc(&data, static_cast<size_t>(std::max<int64_t>(bytes, 1)));
  if (status == cudaErrorMemoryAllocation) return refusedMemory(*device_, bytes, purpose);
  if (status != cudaSuccess) return errorOf(status, *device_, "taking memory");
  const std::lock_guard lock(mutex_);
  own_->fillWithZeros(data, bytes);
  if (const auto filled = own_->wait(); !filled) {
    release(*device_, data);
    return filled.error();
  }
  return data;
}

void CudaBackend::release(const Device& device, void* data) {
  device.use();
  (void)cudaFree(data);
}

Result<Buffer> CudaBackend::allocate(int64_t bytes, std::string_view purpose) {
  void* data = TRY(allocateBytes(bytes, purpose));
  return Buffer(data, bytes, [device = device_](void* address) { release(*device, address); });
}

Result<std::unique_ptr<Stream>> CudaBackend::newStream() {
  auto queue = TRY(pool_->take());
  return std::make_unique<CudaStream>(pool_, std::move(queue));
}

std::string CudaBackend::packing() const {
  return cuda::packing();
}

int64_t CudaBackend::packedBytes(DType dtype, int64_t groups, int64_t out, int64_t in) const {
  return cuda::packedBytes(dtype, groups, out, in);
}

int64_t CudaBackend::workspaceBytes(const Operation& operation) const {
  return largestWorkspaceBytes(operation, launchContextOf(*device_));
}

Result<void> CudaBackend::pack(const Weight& weight,
                               int64_t group,
                               const void* rows,
                               void* packed) {
  const int64_t groupBytes = cuda::packedBytes(weight.dtype, 1, weight.out, weight.in);
  const std::lock_guard lock(mutex_);
  packedRows_.resize(static_cast<size_t>(groupBytes));
  packGroup(weight, rows, packedRows_.data());
  own_->copyIn(static_cast<char*>(packed) + group * groupBytes, packedRows_.data(), groupBytes);
  return own_->wait();
}

Result<std::unique_ptr<Recording>> CudaBackend::record(std::vector<Operation> operations) {
  return std::make_unique<GraphRecording>(device_, std::move(operations));
}

Result<std::unique_ptr<Recording>> CudaBackend::record(
    const std::function<void(Stream&)>& enqueueAll) {
  OperationList list;
  ListingStream stream(list);
  enqueueAll(stream);
  return record(std::move(list.operations));
}

}  // namespace lectern::kernels::cuda
