// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cublas/attach.h"

#include "tests/cuda_runtime/cuda_runtime.h"
#include "tests/cuda_runtime/memory.h"
#include "tests/cuda_runtime/order.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <utility>

namespace lectern::cublas_substitute {
namespace {

using cuda_runtime::Allocation;
using cuda_runtime::FindingKind;
using cuda_runtime::MemoryKind;

constexpr char kWho[] = "cublasGemmEx";

bool isDeviceMemory(const void* data, int64_t bytes) {
  const Allocation* allocation = cuda_runtime::find(data);
  if (allocation == nullptr || allocation->freed || allocation->kind != MemoryKind::Device) {
    return false;
  }
  const int64_t offset = static_cast<const char*>(data) - allocation->data;
  return offset >= 0 && offset + bytes <= allocation->bytes;
}

void touch(const void* data, int64_t bytes, bool writes) {
  Allocation* allocation = cuda_runtime::find(data);
  if (!isDeviceMemory(data, bytes)) {
    cuda_runtime::report(FindingKind::UseAfterFree, kWho, "memory that is no longer there");
    return cuda_runtime::fault(cudaErrorIllegalAddress);
  }
  const int64_t offset = static_cast<const char*>(data) - allocation->data;
  if (!writes && allocation->shadow.firstUninitialised(offset, bytes) >= 0) {
    cuda_runtime::report(FindingKind::Uninitialised, kWho,
                         "reads of " + allocation->name + " what nobody has written");
  }
  cuda_runtime::ShadowAccess access;
  access.mark = {cuda_runtime::order().current(), cuda_runtime::kNoThread, 0, 0};
  access.write = writes;
  const cuda_runtime::Conflict conflict = allocation->shadow.record(offset, bytes, access);
  if (conflict.kind == cuda_runtime::ConflictKind::None) return;
  cuda_runtime::report(
      FindingKind::StreamRace, kWho,
      fmt::format("{} {}, and no event orders it after \"{}\"", writes ? "writes" : "reads",
                  allocation->name, cuda_runtime::order().name(conflict.other.operation)));
}

}  // namespace

Control* attach(const char* file) {
  void* library = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return nullptr;
  const auto controlOf = reinterpret_cast<ControlOf>(::dlsym(library, kControlName));
  if (controlOf == nullptr) return nullptr;
  Control* control = controlOf();
  control->runtime = {
      [](cudaStream_t stream, std::string name, std::function<void()> work) {
        return cuda_runtime::enqueueLaunch(stream, std::move(work), {std::move(name), {}, {}});
      },
      isDeviceMemory, touch,
      [](std::string text) { cuda_runtime::report(FindingKind::Runtime, kWho, std::move(text)); }};
  return control;
}

}  // namespace lectern::cublas_substitute
