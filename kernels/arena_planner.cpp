// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/arena_planner.h"

#include "core/base/check.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace lectern::kernels {

namespace {

constexpr int64_t kAlignment = 64;
constexpr uintptr_t kFirst = uintptr_t{1} << 56;  // above every user address of x86-64 and AArch64
constexpr uintptr_t kSpan = uintptr_t{1} << 40;   // no slot is a terabyte large

}  // namespace

void* ArenaPlanner::addSlot(int64_t bytes) {
  LECTERN_CHECK(bytes > 0 && static_cast<uintptr_t>(bytes) < kSpan);
  slots_.push_back({(bytes + kAlignment - 1) / kAlignment * kAlignment});
  // NOLINTNEXTLINE(performance-no-int-to-ptr): a name for a slot, never memory
  return reinterpret_cast<void*>(kFirst + (slots_.size() - 1) * kSpan);
}

int ArenaPlanner::slotOf(const void* address) const {
  const auto value = reinterpret_cast<uintptr_t>(address);
  if (value < kFirst) return -1;
  const uintptr_t index = (value - kFirst) / kSpan;
  return index < slots_.size() ? static_cast<int>(index) : -1;
}

void ArenaPlanner::use(const Operation& operation) {
  forEachTensor(operation, [&](const char*, const Tensor& tensor, Access) {
    const int index = slotOf(tensor.data);
    if (index < 0) return;
    Slot& slot = slots_[static_cast<size_t>(index)];
    if (slot.firstUse < 0) slot.firstUse = operations_;
    slot.lastUse = operations_;
  });
  ++operations_;
}

void ArenaPlanner::useAtEnd(const void* address) {
  const int index = slotOf(address);
  LECTERN_CHECK(index >= 0);
  slots_[static_cast<size_t>(index)].lastUse = std::numeric_limits<int>::max();
}

int64_t ArenaPlanner::plan() {
  std::vector<int> order(slots_.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return slots_[static_cast<size_t>(a)].bytes > slots_[static_cast<size_t>(b)].bytes;
  });
  int64_t total = 0;
  std::vector<const Slot*> placed;
  for (const int index : order) {
    Slot& slot = slots_[static_cast<size_t>(index)];
    if (slot.firstUse < 0) continue;
    // The lowest gap that is wide enough between the slots alive at the same time.
    std::sort(placed.begin(), placed.end(),
              [](const Slot* a, const Slot* b) { return a->offset < b->offset; });
    int64_t offset = 0;
    for (const Slot* other : placed) {
      if (other->lastUse < slot.firstUse || slot.lastUse < other->firstUse) continue;
      if (offset + slot.bytes <= other->offset) break;
      offset = std::max(offset, other->offset + other->bytes);
    }
    slot.offset = offset;
    total = std::max(total, offset + slot.bytes);
    placed.push_back(&slot);
  }
  return total;
}

int64_t ArenaPlanner::offsetOf(const void* placeholder) const {
  const int index = slotOf(placeholder);
  LECTERN_CHECK(index >= 0);
  return slots_[static_cast<size_t>(index)].offset;
}

}  // namespace lectern::kernels
