// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cuda_runtime/shadow.h"

#include "tests/cuda_runtime/order.h"

#include <algorithm>
#include <bit>

namespace lectern::cuda_runtime {
namespace {

constexpr int64_t kPageBytes = 4096;
constexpr int64_t kSectorBytes = 32;

/// Calls use(word, mask) for the words of a bit set that hold bits [first, first + count).
template <class Use>
void forWords(int64_t first, int64_t count, Use use) {
  while (count > 0) {
    const int64_t bit = first % 64;
    const int64_t here = std::min<int64_t>(count, 64 - bit);
    const uint64_t ones = here == 64 ? ~uint64_t{0} : (uint64_t{1} << here) - 1;
    if (!use(first / 64, ones << bit)) return;
    first += here;
    count -= here;
  }
}

/// The largest granule whose cells an access fills wholly.
int granuleOf(int64_t offset, int64_t bytes) {
  const auto bits = static_cast<uint64_t>(offset | bytes | kPageBytes);
  return 1 << std::countr_zero(bits);
}

}  // namespace

Shadow::Shadow(int64_t bytes)
    : bytes_(bytes),
      initialised_(static_cast<size_t>((bytes + 63) / 64), 0),
      pages_(static_cast<size_t>((bytes + kPageBytes - 1) / kPageBytes)) {}

void Shadow::markInitialised(int64_t offset, int64_t bytes) {
  forWords(offset, bytes, [this](int64_t word, uint64_t mask) {
    initialised_[static_cast<size_t>(word)] |= mask;
    return true;
  });
}

int64_t Shadow::firstUninitialised(int64_t offset, int64_t bytes) const {
  int64_t found = -1;
  forWords(offset, bytes, [&](int64_t word, uint64_t mask) {
    const uint64_t missing = mask & ~initialised_[static_cast<size_t>(word)];
    if (missing == 0) return true;
    found = word * 64 + std::countr_zero(missing);
    return false;
  });
  return found;
}

void Shadow::copyInitialised(int64_t offset,
                             const Shadow& from,
                             int64_t fromOffset,
                             int64_t bytes) {
  for (int64_t i = 0; i < bytes; ++i) {
    const int64_t source = fromOffset + i;
    const int64_t target = offset + i;
    const bool known =
        (from.initialised_[static_cast<size_t>(source / 64)] >> (source % 64) & 1) != 0;
    const uint64_t bit = uint64_t{1} << (target % 64);
    uint64_t& word = initialised_[static_cast<size_t>(target / 64)];
    word = known ? word | bit : word & ~bit;
  }
}

Shadow::Page& Shadow::page(int64_t index, int granule) {
  Page& page = pages_[static_cast<size_t>(index)];
  if (page.generation != generation_) {
    if (page.cells == nullptr || page.granule < granule) {
      page.cells = std::make_unique<Cell[]>(static_cast<size_t>(kPageBytes / granule));
      page.granule = granule;
    } else {
      std::fill_n(page.cells.get(), kPageBytes / page.granule, Cell{});
    }
    page.generation = generation_;
  }
  if (page.granule > granule) {
    const int parts = page.granule / granule;
    const int64_t count = kPageBytes / granule;
    auto finer = std::make_unique<Cell[]>(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i)
      finer[static_cast<size_t>(i)] = page.cells[static_cast<size_t>(i / parts)];
    page.cells = std::move(finer);
    page.granule = granule;
  }
  return page;
}

bool Shadow::isOrdered(const Mark& mark, const ShadowAccess& access) {
  if (mark.operation == 0) return true;
  if (mark.operation != access.mark.operation) return order().isBeforeCurrent(mark.operation);
  if (mark.who == access.mark.who) return true;
  if (blockOf(mark.who) != blockOf(access.mark.who)) return false;
  return access.orderedInBlock(access.context, mark);
}

Conflict Shadow::recordCell(Cell& cell, const ShadowAccess& access) const {
  const auto conflict = [&](const Mark& other, bool wrote) {
    const bool sameLaunch = other.operation == access.mark.operation;
    return Conflict{sameLaunch ? ConflictKind::Race : ConflictKind::StreamRace, 0, other, wrote};
  };
  Conflict found;
  if (cell.inFlight) {
    found = {ConflictKind::InFlight, 0, cell.write, true};
    cell.inFlight = false;
  } else if (!(access.atomic && cell.atomicWrite) && !isOrdered(cell.write, access)) {
    found = conflict(cell.write, true);
  } else if (access.readOnlyPath && cell.write.operation == access.mark.operation) {
    found = {ConflictKind::ReadOnlyPath, 0, cell.write, true};
  } else if (access.write) {
    for (const Mark& read : cell.reads) {
      if (!isOrdered(read, access)) found = conflict(read, false);
    }
  }
  if (access.write) {
    cell.write = access.mark;
    cell.atomicWrite = access.atomic;
    if (found.kind != ConflictKind::None) cell.reads[0] = cell.reads[1] = Mark{};
  } else {
    if (cell.reads[0].who != access.mark.who || cell.reads[0].operation != access.mark.operation) {
      cell.reads[1] = cell.reads[0];
    }
    cell.reads[0] = access.mark;
  }
  return found;
}

Conflict Shadow::record(int64_t offset, int64_t bytes, const ShadowAccess& access) {
  Conflict first;
  for (int64_t at = offset; at < offset + bytes;) {
    const int64_t pageEnd = std::min(offset + bytes, (at / kPageBytes + 1) * kPageBytes);
    Page& here = page(at / kPageBytes, granuleOf(at, pageEnd - at));
    for (; at < pageEnd; at += here.granule) {
      Cell& cell = here.cells[static_cast<size_t>(at % kPageBytes / here.granule)];
      const Conflict found = recordCell(cell, access);
      if (first.kind == ConflictKind::None && found.kind != ConflictKind::None) {
        first = found;
        first.offset = at;
      }
    }
  }
  if (access.write) markInitialised(offset, bytes);
  return first;
}

void Shadow::setInFlight(int64_t offset, int64_t bytes, bool inFlight) {
  const int granule = granuleOf(offset, bytes);
  for (int64_t at = offset; at < offset + bytes; at += granule) {
    Page& here = page(at / kPageBytes, granule);
    for (int64_t inner = 0; inner < granule; inner += here.granule) {
      here.cells[static_cast<size_t>((at + inner) % kPageBytes / here.granule)].inFlight = inFlight;
    }
  }
}

bool Shadow::touchSector(int64_t sector, uint32_t launch, bool write) {
  std::vector<uint32_t>& touched = write ? writtenBy_ : readBy_;
  if (touched.empty())
    touched.resize(static_cast<size_t>((bytes_ + kSectorBytes - 1) / kSectorBytes), 0);
  uint32_t& last = touched[static_cast<size_t>(sector)];
  if (last == launch) return false;
  last = launch;
  return true;
}

void Shadow::clear() {
  std::fill(initialised_.begin(), initialised_.end(), 0);
  ++generation_;
}

}  // namespace lectern::cuda_runtime
