// SPDX-License-Identifier: GPL-3.0-or-later
// The part of a warp that reads and writes memory: every access is checked here.
#include "tests/ptx/block.h"
#include "tests/ptx/warp.h"

#include <fmt/format.h>

#include <cstring>

namespace lectern::ptx {

using cuda_runtime::FindingKind;

namespace {

std::string_view verb(AccessKind kind) {
  switch (kind) {
    case AccessKind::Read:
    case AccessKind::ReadOnlyPath:
      return "read";
    case AccessKind::Write:
      return "write";
    case AccessKind::Atomic:
      return "atomic access";
  }
  return {};
}

uint64_t hostAddress(const void* pointer) {
  return reinterpret_cast<uint64_t>(pointer);
}

std::byte* hostPointer(uint64_t address) {
  return reinterpret_cast<std::byte*>(address);
}

// Where a generic address leads: a state space, and the address in it.
Space spaceOf(uint64_t& address) {
  const auto within = [&address](uint64_t window) {
    if (address - window >= kWindowBytes) return false;
    address -= window;
    return true;
  };
  if (within(kSharedWindow)) return Space::Shared;
  if (within(kLocalWindow)) return Space::Local;
  if (within(kParameterWindow)) return Space::KernelParam;
  return Space::Global;
}

}  // namespace

uint64_t Warp::bits(Slot slot, int lane) {
  switch (slot.bytes) {
    case 2:
      return lanes<uint16_t>(slot)[lane];
    case 4:
      return lanes<uint32_t>(slot)[lane];
    default:
      return lanes<uint64_t>(slot)[lane];
  }
}

void Warp::setBits(Slot slot, int lane, uint64_t bits) {
  switch (slot.bytes) {
    case 2:
      lanes<uint16_t>(slot)[lane] = static_cast<uint16_t>(bits);
      break;
    case 4:
      lanes<uint32_t>(slot)[lane] = static_cast<uint32_t>(bits);
      break;
    default:
      lanes<uint64_t>(slot)[lane] = bits;
      break;
  }
}

void Warp::fault(const Instruction& instruction,
                 int lane,
                 FindingKind kind,
                 std::string_view what) {
  block_.report(instruction, firstThread_ + lane, {kind, std::string(what)});
  block_.launch().faulted = true;
}

std::byte* Warp::parameterMemory(int lane) {
  return parameters_.data() + static_cast<int64_t>(lane) * program_.parameterBytes;
}

std::byte* Warp::outOfBounds(
    const Instruction& instruction, int lane, int bytes, AccessKind kind, const Finding& where) {
  fault(instruction, lane, where.kind,
        fmt::format("{} of {} bytes at {}", verb(kind), bytes, where.text));
  return nullptr;
}

void Warp::misaligned(
    const Instruction& instruction, int lane, uint64_t address, int bytes, AccessKind kind) {
  fault(instruction, lane, FindingKind::Misaligned,
        fmt::format("{} of {} bytes at {:#x}", verb(kind), bytes, address));
}

std::byte* Warp::access(
    const Instruction& instruction, int lane, uint64_t address, int bytes, AccessKind kind) {
  Space space = instruction.space;
  if (space == Space::Generic) space = spaceOf(address);
  if (address % static_cast<uint64_t>(bytes) != 0) {
    misaligned(instruction, lane, address, bytes, kind);
    return nullptr;
  }
  const auto within = [&](int64_t size) {
    return Extent{0, static_cast<uint64_t>(size)}.contains(address, bytes);
  };
  const auto refuse = [&](std::string_view where) {
    return outOfBounds(instruction, lane, bytes, kind,
                       {FindingKind::OutOfBounds, fmt::format("byte {} {}", address, where)});
  };
  switch (space) {
    case Space::Shared:
      return sharedBytes(instruction, lane, address, bytes, kind);
    case Space::Local:
      if (!within(program_.localBytes)) return refuse("of the thread's local memory");
      return local_.data() + lane * program_.localBytes + static_cast<int64_t>(address);
    case Space::KernelParam:
      if (!within(program_.kernelParameterBytes)) return refuse("of the kernel's parameters");
      return block_.launch().parameters.data() + address;
    case Space::FunctionParam:
      if (!within(program_.parameterBytes)) return refuse("of a function's parameters");
      return parameterMemory(lane) + address;
    default:
      return globalBytes(instruction, lane, address, bytes, kind);
  }
}

std::byte* Warp::sharedBytes(
    const Instruction& instruction, int lane, uint64_t offset, int bytes, AccessKind kind) {
  const int64_t size = block_.sharedBytes();
  if (!Extent{0, static_cast<uint64_t>(size)}.contains(offset, bytes)) {
    return outOfBounds(
        instruction, lane, bytes, kind,
        {FindingKind::OutOfBounds,
         fmt::format("byte {} of {} bytes of shared memory", static_cast<int64_t>(offset), size)});
  }
  const std::vector<uint8_t>& inFlight = block_.inFlight();
  for (uint64_t word = offset / 4; word * 4 < offset + static_cast<uint64_t>(bytes); ++word) {
    if (inFlight[word] == 0) continue;
    block_.report(instruction, firstThread_ + lane,
                  {FindingKind::InFlight,
                   fmt::format("{} of shared byte {} while a cp.async into it is on its way",
                               verb(kind), offset)});
    break;
  }
  std::byte* pointer = block_.shared() + offset;
  observe(hostAddress(pointer), bytes, kind, true, lane, instruction.statement);
  return pointer;
}

std::byte* Warp::globalBytes(
    const Instruction& instruction, int lane, uint64_t address, int bytes, AccessKind kind) {
  if (!lastExtent_.contains(address, bytes)) {
    DeviceMemory& memory = block_.launch().memory;
    lastExtent_ = memory.find(address);
    if (!lastExtent_.contains(address, bytes)) {
      return outOfBounds(instruction, lane, bytes, kind, memory.describe(address));
    }
  }
  observe(address, bytes, kind, false, lane, instruction.statement);
  return hostPointer(address);
}

void Warp::observe(
    uint64_t address, int bytes, AccessKind kind, bool isShared, int lane, int32_t statement) {
  AccessObserver* observer = block_.launch().observer;
  if (observer == nullptr) return;
  const Finding finding = observer->onAccess({address, bytes, kind, isShared, block_.linearIndex(),
                                              firstThread_ + lane, block_.now(), statement},
                                             block_);
  if (finding.text.empty()) return;
  Instruction place;
  place.statement = statement;
  block_.report(place, firstThread_ + lane, finding);
}

// ---------------------------------------------------------------------------------------- cp.async

// A copy lands as late as its waits allow, so that a missing wait shows, but from here on nobody
// may touch the bytes.
void Warp::beginCopy(int lane, const PendingCopy& copy) {
  std::vector<uint8_t>& inFlight = block_.inFlight();
  for (uint64_t word = copy.shared / 4; word * 4 < copy.shared + static_cast<uint64_t>(copy.bytes);
       ++word) {
    ++inFlight[word];
  }
  copies_[static_cast<std::size_t>(lane)].open.push_back(copy);
}

void Warp::commitCopies(uint32_t lanes) {
  forLanes(lanes, [this](int lane) {
    Copies& copies = copies_[static_cast<std::size_t>(lane)];
    copies.committed.push_back(std::move(copies.open));
    copies.open.clear();
  });
}

void Warp::waitForCopies(uint32_t lanes, std::size_t keep, bool uncommitted) {
  if (uncommitted) commitCopies(lanes);
  forLanes(lanes, [&](int lane) {
    Copies& copies = copies_[static_cast<std::size_t>(lane)];
    while (copies.committed.size() > keep) {
      for (const PendingCopy& copy : copies.committed.front()) land(lane, copy);
      copies.committed.pop_front();
    }
  });
}

void Warp::reportForgottenCopies(uint32_t lanes) {
  forLanes(lanes, [this](int lane) {
    Copies& copies = copies_[static_cast<std::size_t>(lane)];
    copies.committed.push_back(std::move(copies.open));
    for (const std::vector<PendingCopy>& group : copies.committed) {
      if (group.empty()) continue;
      Instruction place;
      place.statement = group.front().statement;
      block_.report(place, firstThread_ + lane,
                    {FindingKind::NeverWaited, "a copy that no wait follows"});
      return;
    }
  });
}

void Warp::land(int lane, const PendingCopy& copy) {
  std::byte* shared = block_.shared() + copy.shared;
  if (copy.sourceBytes > 0) {
    std::memcpy(shared, hostPointer(copy.source), static_cast<std::size_t>(copy.sourceBytes));
  }
  std::memset(shared + copy.sourceBytes, 0,
              static_cast<std::size_t>(copy.bytes - copy.sourceBytes));
  std::vector<uint8_t>& inFlight = block_.inFlight();
  for (uint64_t word = copy.shared / 4; word * 4 < copy.shared + static_cast<uint64_t>(copy.bytes);
       ++word) {
    --inFlight[word];
  }
  observe(hostAddress(shared), copy.bytes, AccessKind::Write, true, lane, copy.statement);
}

}  // namespace lectern::ptx
