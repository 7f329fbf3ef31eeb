// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/ptx/instruction.h"
#include "tests/ptx/memory.h"
#include "tests/ptx/program.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::ptx {

class Block;

constexpr int kWarpLanes = 32;
constexpr uint32_t kAllLanes = ~uint32_t{0};

/// Lanes of one warp that stand at the same instruction. A divergent branch splits a group; groups
/// that meet again become one.
///
///   Ready ── collective, not all members here ──> AtCollective ── the last member arrives ──>
///   Ready
///     └──── block barrier ──> AtBarrier ── the block releases it ──> Ready
///
/// The lanes of a warp's groups are disjoint, and together they are the lanes that have not exited.
struct Group {
  enum class State : uint8_t { Ready, AtCollective, AtBarrier };
  uint32_t lanes = 0;
  int32_t pc = 0;
  State state = State::Ready;
  uint32_t members = 0;          ///< AtCollective: whom it waits for
  std::vector<int32_t> returns;  ///< return addresses, the innermost last
};

/// cp.async of one lane: begun, not yet landed.
struct PendingCopy {
  uint64_t shared = 0;  ///< offset in shared memory
  uint64_t source = 0;  ///< host address
  int bytes = 0;
  int sourceBytes = 0;  ///< the rest is filled with zeros
  int32_t statement = -1;
};

/// 32 threads: their registers, their local memory, and where each of them stands. An instruction
/// runs for all lanes of a group at once.
///
/// Of several groups that could run, that runs which is deepest in calls and, there, furthest
/// behind in the text: so lanes wait for each other where a branch joins, as a GPU would let them.
class Warp {
 public:
  /// `firstThread` is the linear index of lane 0, `threads` how many lanes exist.
  Warp(Block& block, int firstThread, int threads);

  /// Runs until all lanes wait or have exited, or about `budget` instructions are done. Answers the
  /// number of instructions.
  int64_t run(int64_t budget);
  std::vector<Group>& groups() { return groups_; }
  uint32_t alive() const { return alive_; }
  int firstThread() const { return firstThread_; }
  /// The lanes of a released barrier go on behind it.
  void passBarrier(Group& group);

  // What instructions use.

  template <class T>
  T* lanes(Slot slot) {
    return reinterpret_cast<T*>(registers_.data() +
                                static_cast<std::ptrdiff_t>(slot.row) * kWarpLanes);
  }
  /// A lane's value as bits, whatever the register's width; and back, cut to the width.
  uint64_t bits(Slot slot, int lane);
  void setBits(Slot slot, int lane, uint64_t bits);
  uint32_t predicate(Slot slot) const {
    const uint32_t mask = predicates_[static_cast<std::size_t>(slot.row)];
    return slot.negated ? ~mask : mask;
  }
  void setPredicate(Slot slot, uint32_t lanes, uint32_t value) {
    uint32_t& mask = predicates_[static_cast<std::size_t>(slot.row)];
    mask = (mask & ~lanes) | (value & lanes);
  }

  /// The bytes at `address` of the instruction's state space for one lane. A null pointer where the
  /// access is out of bounds, misaligned or meets a copy in flight; it is reported then.
  std::byte* access(
      const Instruction& instruction, int lane, uint64_t address, int bytes, AccessKind kind);
  /// Whether these bytes of global memory may be read, whatever their alignment; reported if not.
  bool readable(const Instruction& instruction, int lane, uint64_t address, int bytes) {
    return globalBytes(instruction, lane, address, bytes, AccessKind::Read) != nullptr;
  }
  void misaligned(
      const Instruction& instruction, int lane, uint64_t address, int bytes, AccessKind kind);
  /// The base register, if any, plus the instruction's offset; 32-bit addresses wrap around.
  uint64_t address(const Instruction& instruction, Slot base, int lane) {
    const auto offset = static_cast<uint64_t>(instruction.offset);
    if (!base.exists()) return offset;
    const uint64_t sum = bits(base, lane) + offset;
    return base.bytes == 4 ? static_cast<uint32_t>(sum) : sum;
  }

  void beginCopy(int lane, const PendingCopy& copy);
  void commitCopies(uint32_t lanes);
  /// Lands all groups of copies but the last `keep`; with `uncommitted` those not committed too.
  void waitForCopies(uint32_t lanes, std::size_t keep, bool uncommitted);

  /// A mistake that ends the launch, as an exception ends a kernel on a device.
  void fault(const Instruction& instruction,
             int lane,
             cuda_runtime::FindingKind kind,
             std::string_view what);
  std::byte* parameterMemory(int lane);
  /// bar.warp: what these lanes knew and did is over for all of them.
  void passWarpBarrier(uint32_t lanes);
  /// Whether what lane `other` did at `time` is over for `lane`, by a warp barrier.
  bool knows(int lane, int other, uint32_t time) const {
    return known_[static_cast<std::size_t>(lane)][static_cast<std::size_t>(other)] > time;
  }
  Block& block() { return block_; }
  const Program& program() const { return program_; }

 private:
  struct Copies {
    std::vector<PendingCopy> open;
    std::deque<std::vector<PendingCopy>> committed;
  };

  void fillConstants();
  void fillSpecials(int threads);
  Group* nextReady();
  void mergeReady(std::size_t into);
  void step(std::size_t group);
  void branch(std::size_t group, const Instruction& instruction, uint32_t taken);
  void branchIndexed(std::size_t group, const Instruction& instruction, uint32_t taken);
  void collective(std::size_t group, const Instruction& instruction);
  void gather(const Instruction& instruction, uint32_t lanes, uint32_t members, const Group& from);
  void exit(std::size_t group, uint32_t lanes);
  void recheckCollectives();
  void completeCollective(const Instruction& instruction, Group& group);
  std::size_t split(std::size_t group, uint32_t lanes);
  void land(int lane, const PendingCopy& copy);
  void reportForgottenCopies(uint32_t lanes);
  std::byte* sharedBytes(
      const Instruction& instruction, int lane, uint64_t offset, int bytes, AccessKind kind);
  std::byte* globalBytes(
      const Instruction& instruction, int lane, uint64_t address, int bytes, AccessKind kind);
  std::byte* outOfBounds(
      const Instruction& instruction, int lane, int bytes, AccessKind kind, const Finding& where);
  void observe(
      uint64_t address, int bytes, AccessKind kind, bool isShared, int lane, int32_t statement);

  Block& block_;
  const Program& program_;
  int firstThread_;
  uint32_t alive_;
  std::vector<Group> groups_;
  std::vector<uint32_t> registers_;
  std::vector<uint32_t> predicates_;
  std::vector<std::byte> local_;       ///< lane after lane
  std::vector<std::byte> parameters_;  ///< of function calls, lane after lane
  std::array<Copies, kWarpLanes> copies_;
  /// known_[lane][other]: what `other` did before this time is over for `lane`.
  std::array<std::array<uint32_t, kWarpLanes>, kWarpLanes> known_{};
  Extent lastExtent_;
};

/// Calls `function(lane)` for every set bit; the full mask is the case that compilers vectorise.
template <class Function>
inline void forLanes(uint32_t lanes, Function function) {
  if (lanes == kAllLanes) {
#pragma GCC ivdep
    for (int lane = 0; lane < kWarpLanes; ++lane) function(lane);
    return;
  }
  for (; lanes != 0; lanes &= lanes - 1) function(std::countr_zero(lanes));
}

}  // namespace lectern::ptx
