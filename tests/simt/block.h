// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/cuda_runtime/memory.h"
#include "tests/simt/engine.h"
#include "tests/simt/fiber.h"
#include "tests/simt/host_launch.h"
#include "tests/simt/random.h"

#include <vector_types.h>

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace lectern::simt {

struct AsyncCopy {
  void* shared = nullptr;
  const void* global = nullptr;
  size_t bytes = 0;
  size_t validBytes = 0;
  void* site = nullptr;  ///< the instruction that asked
};

/// One CUDA thread. Ready → (AtBarrier | InCollective → Ready)* → Over.
struct Thread {
  enum class State : uint8_t { Ready, AtBarrier, InCollective, Over };

  Fiber fiber;
  State state = State::Ready;
  uint3 index{};
  unsigned number = 0;
  unsigned lane = 0;
  unsigned warp = 0;
  bool predicate = false;
  int barrierResult = 0;
  unsigned mask = 0;
  Where where;
  std::vector<AsyncCopy> open;
  std::deque<std::vector<AsyncCopy>> groups;
};

/// Where the lanes of one mask meet. Two sets of slots: nobody can come to the meeting after next
/// before all have taken what this one brought.
struct Meeting {
  unsigned mask = 0;
  unsigned arrived = 0;
  unsigned generation = 0;
  Collective kind = Collective::SyncWarp;
  Where where;
  std::array<unsigned, 2> present{};
  alignas(16) unsigned char slots[2][kWarpLanes][kMaxPayloadBytes];
};

struct Warp {
  unsigned alive = 0;
  unsigned lanes = 0;     ///< that the block has
  uint32_t syncedAt = 0;  ///< last barrier of all its lanes
  std::vector<std::unique_ptr<Meeting>> meetings;
  /// After a __syncwarp of some lanes: known[lane][other] is the time up to which other's accesses
  /// are over for lane.
  std::unique_ptr<std::array<std::array<uint32_t, kWarpLanes>, kWarpLanes>> known;
};

struct SharedArray {
  const void* key = nullptr;
  cuda_runtime::Allocation* allocation = nullptr;
};

/// The block that runs, and the grid around it. One for a launch; blocks of the grid run in it one
/// after the other.
class Block {
 public:
  explicit Block(const Launch& launch, std::string kernelName);
  ~Block();

  /// False when a fault ended it before its threads came to their end.
  bool run(uint32_t number, uint32_t ordinal, Random* random);

  // From here on called on a fiber.
  int syncBlock(bool predicate, const Where& where);
  Meeting& meet(Collective kind,
                unsigned mask,
                const void* mine,
                size_t bytes,
                const Where& where,
                unsigned* slot);
  void* sharedArray(const void* key, size_t bytes, const char* name);
  void* dynamicShared() const { return dynamic_ == nullptr ? nullptr : dynamic_->data; }

  /// Ends the block here and now; the caller does not come back.
  [[noreturn]] void stop();
  void preempt();

  /// Whether what `other` did at `time` is over for the running thread.
  bool isOrdered(unsigned otherThread, uint32_t time) const;

  Thread& current() { return *current_; }
  const Launch& launch() const { return launch_; }
  const std::string& kernelName() const { return kernelName_; }
  uint3 index() const { return index_; }
  uint32_t ordinal() const { return ordinal_; }
  size_t warpCount() const { return warps_.size(); }
  /// What GPU_SHARED declared so far.
  int64_t staticSharedBytes() const;

  /// "block 3 thread 17"
  std::string who() const;

 private:
  static void enter();
  void begin();
  void finish();
  void runThreads(Random* random);
  void releaseBarrier();
  void releaseMeeting(Warp& warp, unsigned firstThread, Meeting& meeting);
  void syncLanes(Warp& warp, unsigned lanes);
  void reportDeadlock() const;
  Meeting& meetingOf(Warp& warp, unsigned mask);
  void wait(Thread::State state, const Where& where);

  const Launch& launch_;
  std::string kernelName_;
  unsigned threadCount_ = 0;
  std::vector<Thread*> threads_;  ///< by number
  std::vector<Thread*> order_;    ///< in which they take their turns
  std::vector<Warp> warps_;
  std::vector<SharedArray> shared_;
  cuda_runtime::Allocation* dynamic_ = nullptr;
  Thread* current_ = nullptr;
  uint3 index_{};
  uint32_t number_ = 0;
  uint32_t ordinal_ = 0;
  unsigned alive_ = 0;
  unsigned atBarrier_ = 0;
  uint32_t syncedAt_ = 0;
  bool stopped_ = false;
};

namespace detail {
inline constinit thread_local Block* running = nullptr;
inline constinit thread_local bool engineRuns = false;
}  // namespace detail

/// The block that this thread of the host runs; null outside of launches.
inline Block* runningBlock() {
  return detail::running;
}

/// While one lives, traced accesses are the engine's own and not the kernel's.
class EngineGuard {
 public:
  EngineGuard() { detail::engineRuns = true; }
  ~EngineGuard() { detail::engineRuns = false; }
  EngineGuard(const EngineGuard&) = delete;
  EngineGuard& operator=(const EngineGuard&) = delete;
};
inline bool inEngine() {
  return detail::engineRuns;
}

/// Barriers of all kinds so far, over all launches.
uint32_t now();

}  // namespace lectern::simt
