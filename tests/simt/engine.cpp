// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simt/engine.h"

#include "tests/cuda_runtime/cuda_runtime.h"
#include "tests/simt/block.h"
#include "tests/simt/trace.h"

#include <fmt/format.h>

#include <cstring>

namespace lectern::simt {
namespace {

Block& block() {
  return *runningBlock();
}

}  // namespace

uint3 threadIndex() {
  return block().current().index;
}
uint3 blockIndex() {
  return block().index();
}
dim3 blockDimensions() {
  return block().launch().block;
}
dim3 gridDimensions() {
  return block().launch().grid;
}
unsigned laneIndex() {
  return block().current().lane;
}

int syncBlock(bool predicate, Where where) {
  const EngineGuard guard;
  return block().syncBlock(predicate, where);
}

unsigned gather(
    Collective kind, unsigned mask, const void* mine, size_t bytes, void* all, Where where) {
  const EngineGuard guard;
  unsigned slot = 0;
  const Meeting& meeting = block().meet(kind, mask, mine, bytes, where, &slot);
  for (int lane = 0; bytes > 0 && lane < kWarpLanes; ++lane) {
    std::memcpy(static_cast<char*>(all) + static_cast<size_t>(lane) * bytes,
                meeting.slots[slot][lane], bytes);
  }
  return meeting.present[slot];
}

void shuffle(Collective kind,
             unsigned mask,
             const void* mine,
             size_t bytes,
             void* theirs,
             int sourceLane,
             Where where) {
  const EngineGuard guard;
  unsigned slot = 0;
  const Meeting& meeting = block().meet(kind, mask, mine, bytes, where, &slot);
  if ((meeting.present[slot] >> sourceLane & 1U) == 0) {
    cuda_runtime::report(
        cuda_runtime::FindingKind::Collective, block().kernelName(),
        fmt::format("{} at {}:{} asks lane {}, which takes no part (lanes {:#x} do)", block().who(),
                    fileName(where.file_name()), where.line(), sourceLane, meeting.present[slot]));
  }
  std::memcpy(theirs, meeting.slots[slot][sourceLane], bytes);
}

void* sharedArray(const void* key, size_t bytes, const char* name) {
  const EngineGuard guard;
  return block().sharedArray(key, bytes, name);
}

void* dynamicShared() {
  return block().dynamicShared();
}

void load(void* to, const void* from, size_t bytes) {
  const EngineGuard guard;
  traceAccess(from, bytes, AccessKind::Read, __builtin_return_address(0), bytes);
  std::memcpy(to, from, bytes);
}

void loadReadOnly(void* to, const void* from, size_t bytes) {
  const EngineGuard guard;
  traceAccess(from, bytes, AccessKind::ReadOnlyPath, __builtin_return_address(0), bytes);
  std::memcpy(to, from, bytes);
}

void store(void* to, const void* from, size_t bytes) {
  const EngineGuard guard;
  traceAccess(to, bytes, AccessKind::Write, __builtin_return_address(0), bytes);
  std::memcpy(to, from, bytes);
}

void atomicLoad(void* to, const void* from, size_t bytes) {
  const EngineGuard guard;
  traceAccess(from, bytes, AccessKind::Atomic, __builtin_return_address(0), bytes);
  std::memcpy(to, from, bytes);
}

void atomicStore(void* to, const void* from, size_t bytes) {
  const EngineGuard guard;
  std::memcpy(to, from, bytes);
}

void asyncCopy(void* shared, const void* global, size_t bytes, size_t validBytes) {
  const EngineGuard guard;
  void* site = __builtin_return_address(0);
  if (validBytes > bytes) {
    cuda_runtime::report(
        cuda_runtime::FindingKind::Launch, block().kernelName(),
        fmt::format("cp.async of {} asks for {} of {} bytes", block().who(), validBytes, bytes));
    block().stop();
  }
  if (validBytes > 0) traceAccess(global, validBytes, AccessKind::AsyncSource, site, bytes);
  traceAccess(shared, bytes, AccessKind::AsyncAsked, site, bytes);
  block().current().open.push_back({shared, global, bytes, validBytes, site});
}

void asyncCommit() {
  const EngineGuard guard;
  Thread& thread = block().current();
  thread.groups.push_back(std::move(thread.open));
  thread.open.clear();
}

void asyncWait(int keepGroups) {
  const EngineGuard guard;
  Thread& thread = block().current();
  while (static_cast<int>(thread.groups.size()) > keepGroups) {
    for (const AsyncCopy& copy : thread.groups.front()) {
      traceAccess(copy.shared, copy.bytes, AccessKind::AsyncLanded, copy.site, copy.bytes);
      std::memcpy(copy.shared, copy.global, copy.validBytes);
      std::memset(static_cast<char*>(copy.shared) + copy.validBytes, 0,
                  copy.bytes - copy.validBytes);
    }
    thread.groups.pop_front();
  }
}

}  // namespace lectern::simt
