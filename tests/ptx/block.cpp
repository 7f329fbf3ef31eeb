// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ptx/block.h"

#include "tests/cuda_runtime/sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace lectern::ptx {

using cuda_runtime::FindingKind;

namespace {

// A warp is interrupted after a random number of instructions up to this: short enough that warps
// of a tiny kernel mix, long enough that the change costs nothing.
constexpr int64_t kLongestTurn = 2048;

// A kernel of our tests runs some millions of instructions a block. Far beyond, it hangs.
constexpr int64_t kInstructionLimit = int64_t{1} << 32;

int64_t roundUp(int64_t value, int64_t step) {
  return (value + step - 1) / step * step;
}

const Instruction& instructionAt(const LaunchContext& launch, const Group& group) {
  return launch.program.code[static_cast<std::size_t>(group.pc)];
}

const StatementInfo& infoAt(const LaunchContext& launch, const Group& group) {
  const auto statement = static_cast<std::size_t>(instructionAt(launch, group).statement);
  return launch.program.statements[statement];
}

std::string describe(const StatementInfo& info) {
  return info.place.empty() ? fmt::format("{} in PTX line {}", info.name, info.line)
                            : fmt::format("{} at {}", info.name, info.place);
}

}  // namespace

Block::Block(LaunchContext& launch, Dimensions index, int64_t linearIndex)
    : launch_(launch),
      index_(index),
      linearIndex_(linearIndex),
      shared_(launch.memory.allocateShared(sharedBytes(), "shared memory")),
      inFlight_(static_cast<std::size_t>(sharedBytes() / 4 + 1)) {
  const auto threads = static_cast<int>(launch.threads[0] * launch.threads[1] * launch.threads[2]);
  for (int first = 0; first < threads; first += kWarpLanes) {
    warps_.emplace_back(*this, first, threads - first);
  }
}

int64_t Block::dynamicStart() const {
  return roundUp(launch_.program.sharedBytes, 16);
}

void Block::run(std::mt19937& random) {
  std::vector<std::size_t> order(warps_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::uniform_int_distribution<int64_t> turn(1, kLongestTurn);
  int64_t done = 0;
  while (!stopped() && aliveThreads() > 0) {
    int64_t moved = 0;
    std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t warp : order) moved += warps_[warp].run(turn(random));
    done += moved;
    if (stopped()) return;
    if (!releaseBarriers() && moved == 0) return reportDeadlock();
    if (done > kInstructionLimit) {
      report(instructionAt(launch_, warps_[order[0]].groups()[0]), 0,
             {FindingKind::Deadlock, "the kernel does not end"});
      launch_.faulted = true;
    }
  }
}

int Block::aliveThreads() const {
  int alive = 0;
  for (const Warp& warp : warps_) alive += std::popcount(warp.alive());
  return alive;
}

bool Block::isOrdered(int thread, int other, uint32_t time) const {
  if (time < syncedAt_ || thread == other) return true;
  if (thread / kWarpLanes != other / kWarpLanes) return false;
  const Warp& warp = warps_[static_cast<std::size_t>(thread / kWarpLanes)];
  return warp.knows(thread % kWarpLanes, other % kWarpLanes, time);
}

// ---------------------------------------------------------------------------------------- barriers

uint64_t Block::barrierOf(const Group& group, Warp& warp) const {
  const Instruction& instruction = instructionAt(launch_, group);
  return warp.bits(instruction.slots[0], std::countr_zero(group.lanes));
}

bool Block::releaseBarriers() {
  std::set<uint64_t> waitedFor;
  for (Warp& warp : warps_) {
    for (const Group& group : warp.groups()) {
      if (group.state == Group::State::AtBarrier) waitedFor.insert(barrierOf(group, warp));
    }
  }
  bool released = false;
  for (const uint64_t barrier : waitedFor) released |= releaseBarrier(barrier);
  return released;
}

// A barrier opens when all threads that have not exited stand at it, or as many as it asks for.
bool Block::releaseBarrier(uint64_t barrier) {
  std::vector<Group*> waiting;
  std::vector<Warp*> owners;
  int arrived = 0;
  int expected = aliveThreads();
  const int everybody = expected;
  for (Warp& warp : warps_) {
    for (Group& group : warp.groups()) {
      if (group.state != Group::State::AtBarrier || barrierOf(group, warp) != barrier) continue;
      const Slot count = instructionAt(launch_, group).slots[1];
      if (count.exists()) {
        expected = static_cast<int>(warp.bits(count, std::countr_zero(group.lanes)));
      }
      waiting.push_back(&group);
      owners.push_back(&warp);
      arrived += std::popcount(group.lanes);
    }
  }
  if (arrived < std::min(expected, everybody)) return false;
  checkMeeting(waiting, owners);
  reduce(waiting, owners);
  for (std::size_t i = 0; i < waiting.size(); ++i) owners[i]->passBarrier(*waiting[i]);
  // Only a barrier of the whole block orders all that came before it.
  if (arrived == everybody) syncedAt_ = tick();
  return true;
}

// Threads of one warp at two barrier instructions break `bar.sync`'s rule that a warp executes it
// as one. Across warps the compiler may copy one __syncthreads into several places; two lines of
// the source that meet are still two barriers.
void Block::checkMeeting(const std::vector<Group*>& waiting, const std::vector<Warp*>& owners) {
  for (std::size_t i = 1; i < waiting.size(); ++i) {
    const StatementInfo& one = infoAt(launch_, *waiting[0]);
    const StatementInfo& other = infoAt(launch_, *waiting[i]);
    const bool sameWarp = owners[i] == owners[i - 1];
    const bool splitsWarp = sameWarp && waiting[i]->pc != waiting[i - 1]->pc;
    if (!splitsWarp && one.place == other.place) continue;
    report(instructionAt(launch_, *waiting[i]),
           owners[i]->firstThread() + std::countr_zero(waiting[i]->lanes),
           {FindingKind::Barrier,
            fmt::format("a barrier, where other threads wait at {}", describe(one))});
    return;
  }
}

// barrier.red: slots[2] is the destination, slots[3] the predicate; mode says which reduction.
void Block::reduce(const std::vector<Group*>& waiting, const std::vector<Warp*>& owners) {
  int holding = 0;
  int all = 0;
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const Instruction& instruction = instructionAt(launch_, *waiting[i]);
    if (!instruction.slots[3].exists()) return;
    holding += std::popcount(owners[i]->predicate(instruction.slots[3]) & waiting[i]->lanes);
    all += std::popcount(waiting[i]->lanes);
  }
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const Instruction& instruction = instructionAt(launch_, *waiting[i]);
    const auto reduction = static_cast<BarrierReduction>(instruction.mode);
    if (reduction == BarrierReduction::Count) {
      forLanes(waiting[i]->lanes, [&](int lane) {
        owners[i]->setBits(instruction.slots[2], lane, static_cast<uint64_t>(holding));
      });
    } else {
      const bool holds = reduction == BarrierReduction::And ? holding == all : holding > 0;
      owners[i]->setPredicate(instruction.slots[2], waiting[i]->lanes, holds ? kAllLanes : 0);
    }
  }
}

// ---------------------------------------------------------------------------------------- findings

std::string Block::describeSite(int32_t statement) const {
  return describe(launch_.program.statements[static_cast<std::size_t>(statement)]);
}

void Block::report(const Instruction& instruction, int thread, const Finding& finding) {
  const StatementInfo& info =
      launch_.program.statements[static_cast<std::size_t>(instruction.statement)];
  const auto number = static_cast<uint32_t>(thread);
  const Dimensions& size = launch_.threads;
  // One mistake is made by many threads: a launch tells of it once a place.
  if (!launch_.reported.emplace(finding.kind, instruction.statement).second) return;
  launch_.findings.push_back(
      {finding.kind,
       fmt::format("{} by block {},{},{} thread {},{},{}: {} (PTX line {})", finding.text,
                   index_[0], index_[1], index_[2], number % size[0], number / size[0] % size[1],
                   number / size[0] / size[1], describe(info), info.line)});
}

void Block::reportDeadlock() {
  std::set<std::string> places;
  const Instruction* first = nullptr;
  int thread = 0;
  for (Warp& warp : warps_) {
    for (const Group& group : warp.groups()) {
      places.insert(describe(infoAt(launch_, group)));
      if (first != nullptr) continue;
      first = &instructionAt(launch_, group);
      thread = warp.firstThread() + std::countr_zero(group.lanes);
    }
  }
  std::string where;
  for (const std::string& place : places) where.append(where.empty() ? "" : "; ").append(place);
  report(*first, thread,
         {FindingKind::Deadlock, fmt::format("threads wait for ever at {}", where)});
  launch_.faulted = true;
}

void runLaunch(LaunchContext& launch, uint32_t seed) {
  launch.counts.warps.assign(launch.program.code.size(), 0);
  launch.counts.threads.assign(launch.program.code.size(), 0);
  std::mt19937 random(seed);
  const auto& [x, y, z] = launch.grid;
  std::vector<uint32_t> order = cuda_runtime::sampledBlocks(
      x * y * z, static_cast<uint32_t>(launch.sampleBlocks),
      [&](uint32_t bound) { return static_cast<uint32_t>(random() % bound); });
  std::shuffle(order.begin(), order.end(), random);
  for (const uint32_t index : order) {
    Block block(launch, {index % x, index / x % y, index / x / y}, index);
    block.run(random);
    ++launch.blocksRun;
    if (launch.faulted) return;
  }
}

}  // namespace lectern::ptx
