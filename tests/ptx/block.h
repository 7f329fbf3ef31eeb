// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/ptx/memory.h"
#include "tests/ptx/program.h"
#include "tests/ptx/warp.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace lectern::ptx {

using Dimensions = std::array<uint32_t, 3>;

/// What barrier.red makes of everybody's predicate.
enum class BarrierReduction : uint8_t { Count, And, Or };

/// How often the instructions of one launch ran, beside Program::code.
struct Counts {
  std::vector<int64_t> warps;    ///< issued, once a warp (or part of it)
  std::vector<int64_t> threads;  ///< lanes that executed: the guard held
};

/// What all blocks of a launch share.
struct LaunchContext {
  const Program& program;
  DeviceMemory& memory;
  AccessObserver* observer = nullptr;
  Dimensions grid{1, 1, 1};
  Dimensions threads{1, 1, 1};
  int sampleBlocks = 0;
  int64_t dynamicSharedBytes = 0;
  std::vector<std::byte> parameters;
  std::vector<Finding> findings;
  std::set<std::pair<cuda_runtime::FindingKind, int32_t>> reported;  ///< kind and statement
  bool faulted = false;
  int64_t blocksRun = 0;
  Counts counts;
};

/// One thread block: its warps, its shared memory, its barriers. Warps run in an order that the
/// generator chooses and are interrupted at points that it chooses.
class Block {
 public:
  Block(LaunchContext& launch, Dimensions index, int64_t linearIndex);
  ~Block() { launch_.memory.releaseShared(shared_); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  void run(std::mt19937& random);

  LaunchContext& launch() { return launch_; }
  bool stopped() const { return launch_.faulted; }
  Dimensions index() const { return index_; }
  int64_t linearIndex() const { return linearIndex_; }
  /// Counts the barriers of all kinds that were passed; what happens between two has one time.
  uint32_t now() const { return now_; }
  uint32_t tick() { return ++now_; }
  /// Whether what thread `other` did at `time` is over for `thread`, by a barrier between them.
  bool isOrdered(int thread, int other, uint32_t time) const;
  std::byte* shared() { return shared_; }
  int64_t sharedBytes() const { return dynamicStart() + launch_.dynamicSharedBytes; }
  /// Offset of the first byte of `.extern .shared` arrays.
  int64_t dynamicStart() const;
  /// Copies that are on their way into each four bytes of shared memory.
  std::vector<uint8_t>& inFlight() { return inFlight_; }

  /// Name and place of a statement, for reports.
  std::string describeSite(int32_t statement) const;
  /// Reports and goes on; the same words once a launch.
  void report(const Instruction& instruction, int thread, const Finding& finding);

 private:
  bool releaseBarriers();
  bool releaseBarrier(uint64_t barrier);
  void checkMeeting(const std::vector<Group*>& waiting, const std::vector<Warp*>& owners);
  void reduce(const std::vector<Group*>& waiting, const std::vector<Warp*>& owners);
  uint64_t barrierOf(const Group& group, Warp& warp) const;
  int aliveThreads() const;
  void reportDeadlock();

  LaunchContext& launch_;
  Dimensions index_;
  int64_t linearIndex_;
  std::byte* shared_;
  std::vector<uint8_t> inFlight_;
  std::deque<Warp> warps_;
  uint32_t now_ = 0;
  uint32_t syncedAt_ = 0;  ///< all that came before is over for everybody
};

/// Runs all blocks of a launch in an order drawn from `seed`. Findings are in `launch` afterwards.
void runLaunch(LaunchContext& launch, uint32_t seed);

}  // namespace lectern::ptx
