// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ptx/runtime_memory.h"

#include "tests/cuda_runtime/order.h"
#include "tests/cuda_runtime/shadow.h"
#include "tests/ptx/block.h"

#include <fmt/format.h>

namespace lectern::ptx {
namespace {

using cuda_runtime::Allocation;
using cuda_runtime::Conflict;
using cuda_runtime::ConflictKind;
using cuda_runtime::FindingKind;
using cuda_runtime::MemoryKind;

Allocation* allocationAt(uint64_t address) {
  return cuda_runtime::find(reinterpret_cast<const void*>(address));
}

uint64_t startOf(const Allocation& allocation) {
  return reinterpret_cast<uint64_t>(allocation.data);
}

Extent extentOf(const Allocation& allocation) {
  return {startOf(allocation), startOf(allocation) + static_cast<uint64_t>(allocation.bytes)};
}

bool isWrite(AccessKind kind) {
  return kind == AccessKind::Write || kind == AccessKind::Atomic;
}

std::string_view verb(bool writes) {
  return writes ? "write" : "read";
}

// Who asks, for the shadow's question about an earlier access of the same block.
struct Asking {
  const Block& block;
  int thread;
};

bool orderedInBlock(const void* context, const cuda_runtime::Mark& mark) {
  const auto* asking = static_cast<const Asking*>(context);
  const auto other = static_cast<int>(cuda_runtime::threadOf(mark.who));
  return asking->block.isOrdered(asking->thread, other, mark.time);
}

std::byte* allocateAs(int64_t bytes, MemoryKind kind, const std::string& name) {
  Allocation* allocation = cuda_runtime::allocate(bytes, kind, name);
  return allocation == nullptr ? nullptr : reinterpret_cast<std::byte*>(allocation->data);
}

}  // namespace

Extent RuntimeMemory::find(uint64_t address) {
  const Allocation* allocation = allocationAt(address);
  if (allocation == nullptr || allocation->freed || allocation->kind == MemoryKind::Shared ||
      !cuda_runtime::isOfRunningDevice(*allocation))
    return {};
  return extentOf(*allocation);
}

Finding RuntimeMemory::describe(uint64_t address) {
  const Allocation* allocation = allocationAt(address);
  if (allocation == nullptr) {
    return {FindingKind::Wild, fmt::format("{:#x}, outside of all memory", address)};
  }
  const std::string where = fmt::format(
      "byte {} of {}", static_cast<int64_t>(address - startOf(*allocation)), allocation->name);
  if (allocation->freed) return {FindingKind::UseAfterFree, where};
  if (!cuda_runtime::isOfRunningDevice(*allocation)) {
    return {FindingKind::Wild, where + ", of another device"};
  }
  return {FindingKind::OutOfBounds, where};
}

std::byte* RuntimeMemory::allocateVariable(int64_t bytes, const std::string& name) {
  std::byte* data = allocateAs(bytes, MemoryKind::Device, name);
  // The program's image is copied to the device: all of it counts as written.
  if (data != nullptr)
    allocationAt(reinterpret_cast<uint64_t>(data))->shadow.markInitialised(0, bytes);
  return data;
}

std::byte* RuntimeMemory::allocateShared(int64_t bytes, const std::string& name) {
  return allocateAs(bytes, MemoryKind::Shared, name);
}

void RuntimeMemory::releaseShared(std::byte* data) {
  recent_.fill(nullptr);
  cuda_runtime::release(cuda_runtime::find(data));
}

Allocation* RuntimeMemory::lookUp(const Access& access) {
  Allocation*& recent = recent_[static_cast<std::size_t>(access.statement) % recent_.size()];
  if (recent == nullptr || !extentOf(*recent).contains(access.address, access.bytes)) {
    recent = allocationAt(access.address);
  }
  return recent;
}

Finding RuntimeMemory::onAccess(const Access& access, const Block& block) {
  Allocation& allocation = *lookUp(access);
  const auto offset = static_cast<int64_t>(access.address - startOf(allocation));
  Finding finding;
  if (access.kind != AccessKind::Write) {
    const int64_t missing = allocation.shadow.firstUninitialised(offset, access.bytes);
    if (missing >= 0) {
      finding = {FindingKind::Uninitialised,
                 fmt::format("read of {} byte {}, which nobody wrote,", allocation.name, missing)};
      allocation.shadow.markInitialised(offset, access.bytes);
    }
  }
  const Asking asking{block, access.thread};
  cuda_runtime::ShadowAccess shadowAccess;
  shadowAccess.mark = {cuda_runtime::order().current(),
                       cuda_runtime::makeThread(static_cast<uint32_t>(access.block),
                                                static_cast<uint32_t>(access.thread)),
                       access.time, static_cast<uint32_t>(access.statement)};
  shadowAccess.write = isWrite(access.kind);
  shadowAccess.atomic = access.kind == AccessKind::Atomic;
  shadowAccess.readOnlyPath = access.kind == AccessKind::ReadOnlyPath;
  shadowAccess.orderedInBlock = orderedInBlock;
  shadowAccess.context = &asking;
  const Conflict conflict = allocation.shadow.record(offset, access.bytes, shadowAccess);
  if (conflict.kind == ConflictKind::None) return finding;
  return describe(conflict, allocation, access, block);
}

Finding RuntimeMemory::describe(const Conflict& conflict,
                                const Allocation& allocation,
                                const Access& access,
                                const Block& block) const {
  const std::string what =
      fmt::format("{} of {} byte {}", verb(isWrite(access.kind)), allocation.name, conflict.offset);
  const std::string_view other = verb(conflict.otherWrote);
  if (conflict.kind == ConflictKind::StreamRace) {
    return {FindingKind::StreamRace,
            fmt::format("{}, which no event orders after the {} in \"{}\",", what, other,
                        cuda_runtime::order().name(conflict.other.operation))};
  }
  const uint32_t who = conflict.other.who;
  const bool readOnly = conflict.kind == ConflictKind::ReadOnlyPath;
  return {readOnly ? FindingKind::ReadOnlyPath : FindingKind::Race,
          fmt::format("{} against a {} by block #{} thread {}, {},", what, other,
                      cuda_runtime::blockOf(who), cuda_runtime::threadOf(who),
                      block.describeSite(static_cast<int32_t>(conflict.other.site)))};
}

}  // namespace lectern::ptx
