// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/simt/block.h"

#include "tests/cuda_runtime/cuda_runtime.h"
#include "tests/simt/trace.h"

#include <fmt/format.h>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <set>
#include <utility>

namespace lectern::simt {
namespace {

using cuda_runtime::FindingKind;

uint32_t barriers = 1;

// Fibers live as long as the program: their stacks are dear to map and are needed again by the next
// launch.
Thread& threadAt(unsigned number) {
  thread_local std::vector<std::unique_ptr<Thread>> threads;
  while (threads.size() <= number) threads.push_back(std::make_unique<Thread>());
  return *threads[number];
}

std::string lineOf(const Where& where) {
  return fmt::format("{}:{}", fileName(where.file_name()), where.line());
}

}  // namespace

uint32_t now() {
  return barriers;
}

Block::Block(const Launch& launch, std::string kernelName)
    : launch_(launch), kernelName_(std::move(kernelName)) {
  threadCount_ = launch.block.x * launch.block.y * launch.block.z;
  for (unsigned i = 0; i < threadCount_; ++i) {
    Thread& thread = threadAt(i);
    threads_.push_back(&thread);
    thread.number = i;
    thread.lane = i % kWarpLanes;
    thread.warp = i / kWarpLanes;
    thread.index = {i % launch.block.x, i / launch.block.x % launch.block.y,
                    i / launch.block.x / launch.block.y};
  }
  order_ = threads_;
  warps_.resize((threadCount_ + kWarpLanes - 1) / kWarpLanes);
  if (launch.dynamicSharedBytes > 0) {
    dynamic_ = cuda_runtime::allocate(static_cast<int64_t>(launch.dynamicSharedBytes),
                                      cuda_runtime::MemoryKind::Shared, "dynamic shared memory");
  }
}

Block::~Block() {
  for (const SharedArray& array : shared_) cuda_runtime::release(array.allocation);
  if (dynamic_ != nullptr) cuda_runtime::release(dynamic_);
}

bool Block::run(uint32_t number, uint32_t ordinal, Random* random) {
  number_ = number;
  ordinal_ = ordinal;
  const dim3& grid = launch_.grid;
  index_ = {number % grid.x, number / grid.x % grid.y, number / grid.x / grid.y};
  begin();
  detail::running = this;
  runThreads(random);
  current_ = nullptr;
  detail::running = nullptr;
  return !stopped_;
}

void Block::begin() {
  alive_ = threadCount_;
  atBarrier_ = 0;
  stopped_ = false;
  syncedAt_ = ++barriers;
  for (size_t w = 0; w < warps_.size(); ++w) {
    Warp& warp = warps_[w];
    const unsigned lanes =
        std::min<unsigned>(kWarpLanes, threadCount_ - static_cast<unsigned>(w) * kWarpLanes);
    warp.lanes = lanes == kWarpLanes ? ~0U : (1U << lanes) - 1;
    warp.alive = warp.lanes;
    warp.syncedAt = syncedAt_;
    warp.known.reset();
    for (auto& meeting : warp.meetings) meeting->arrived = 0;
  }
  for (const SharedArray& array : shared_) cuda_runtime::poison(*array.allocation);
  if (dynamic_ != nullptr) cuda_runtime::poison(*dynamic_);
  for (Thread* thread : threads_) {
    thread->state = Thread::State::Ready;
    thread->open.clear();
    thread->groups.clear();
    thread->fiber.start(&Block::enter);
  }
}

void Block::runThreads(Random* random) {
  while (alive_ > 0 && !stopped_) {
    if (random != nullptr) random->shuffle(order_);
    bool moved = false;
    for (Thread* thread : order_) {
      if (thread->state != Thread::State::Ready) continue;
      moved = true;
      current_ = thread;
      thread->fiber.resume();
      if (stopped_) return;
    }
    if (!moved) {
      reportDeadlock();
      cuda_runtime::fault(cudaErrorLaunchTimeout);
      stopped_ = true;
    }
  }
}

void Block::enter() {
  Block& block = *detail::running;
  Thread& thread = block.current();
  thread.fiber.entered();
  detail::engineRuns = false;
  block.launch_.enter(block.launch_.call.get());
  const EngineGuard guard;
  block.finish();
  thread.fiber.pause(true);
  std::abort();
}

void Block::finish() {
  Thread& thread = *current_;
  // A pipeline that drains commits groups without copies: nothing to wait for.
  bool copies = !thread.open.empty();
  for (const auto& group : thread.groups) copies = copies || !group.empty();
  if (copies) {
    cuda_runtime::report(FindingKind::NeverWaited, kernelName_,
                         fmt::format("a cp.async of {} is not waited for", who()));
  }
  thread.state = Thread::State::Over;
  --alive_;
  Warp& warp = warps_[thread.warp];
  warp.alive &= ~(1U << thread.lane);
  if (atBarrier_ > 0 && atBarrier_ == alive_) releaseBarrier();
  for (auto& meeting : warp.meetings) {
    if (meeting->arrived != 0 && meeting->arrived == (meeting->mask & warp.alive)) {
      releaseMeeting(warp, thread.warp * kWarpLanes, *meeting);
    }
  }
}

void Block::wait(Thread::State state, const Where& where) {
  current_->state = state;
  current_->where = where;
  current_->fiber.pause();
  detail::engineRuns = true;
}

void Block::stop() {
  stopped_ = true;
  current_->fiber.pause(true);
  std::abort();
}

void Block::preempt() {
  wait(Thread::State::Ready, current_->where);
}

int Block::syncBlock(bool predicate, const Where& where) {
  Thread& thread = *current_;
  thread.predicate = predicate;
  thread.where = where;
  thread.state = Thread::State::AtBarrier;
  if (++atBarrier_ == alive_) {
    releaseBarrier();
  } else {
    wait(Thread::State::AtBarrier, where);
  }
  return thread.barrierResult;
}

void Block::releaseBarrier() {
  int trueOnes = 0;
  const Thread* first = nullptr;
  const Thread* elsewhere = nullptr;
  for (const Thread* thread : threads_) {
    if (thread->state != Thread::State::AtBarrier) continue;
    if (first == nullptr) first = thread;
    if (thread->where.line() != first->where.line()) elsewhere = thread;
    if (thread->predicate) ++trueOnes;
  }
  if (elsewhere != nullptr) {
    cuda_runtime::report(
        FindingKind::Barrier, kernelName_,
        fmt::format("block {}: thread {} at {} and thread {} at {} meet at different __syncthreads",
                    number_, first->number, lineOf(first->where), elsewhere->number,
                    lineOf(elsewhere->where)));
  }
  for (Thread* thread : threads_) {
    if (thread->state != Thread::State::AtBarrier) continue;
    thread->state = Thread::State::Ready;
    thread->barrierResult = trueOnes;
  }
  atBarrier_ = 0;
  syncedAt_ = ++barriers;
  for (Warp& warp : warps_) {
    warp.syncedAt = syncedAt_;
    warp.known.reset();
  }
  traceBarrier();
}

Meeting& Block::meetingOf(Warp& warp, unsigned mask) {
  for (auto& meeting : warp.meetings) {
    if (meeting->mask == mask) return *meeting;
  }
  warp.meetings.push_back(std::make_unique<Meeting>());
  warp.meetings.back()->mask = mask;
  return *warp.meetings.back();
}

Meeting& Block::meet(Collective kind,
                     unsigned mask,
                     const void* mine,
                     size_t bytes,
                     const Where& where,
                     unsigned* slot) {
  Thread& thread = *current_;
  Warp& warp = warps_[thread.warp];
  const unsigned bit = 1U << thread.lane;
  if ((mask & bit) == 0) {
    cuda_runtime::report(
        FindingKind::Collective, kernelName_,
        fmt::format("{} at {} is not in its own mask {:#x}", who(), lineOf(where), mask));
    cuda_runtime::fault(cudaErrorLaunchFailure);
    stop();
  }
  Meeting& meeting = meetingOf(warp, mask);
  if (meeting.arrived != 0 && meeting.kind != kind) {
    cuda_runtime::report(
        FindingKind::Collective, kernelName_,
        fmt::format("lanes of a warp do different things together: {} at {}, others at {}", who(),
                    lineOf(where), lineOf(meeting.where)));
    cuda_runtime::fault(cudaErrorLaunchFailure);
    stop();
  }
  meeting.kind = kind;
  meeting.where = where;
  *slot = meeting.generation & 1U;
  if (bytes > 0) std::memcpy(meeting.slots[*slot][thread.lane], mine, bytes);
  meeting.arrived |= bit;
  thread.mask = mask;
  thread.state = Thread::State::InCollective;
  if (meeting.arrived == (mask & warp.alive)) {
    releaseMeeting(warp, thread.warp * kWarpLanes, meeting);
  } else {
    wait(Thread::State::InCollective, where);
  }
  return meeting;
}

void Block::releaseMeeting(Warp& warp, unsigned firstThread, Meeting& meeting) {
  const unsigned lanes = meeting.arrived;
  for (unsigned lane = 0; lane < kWarpLanes; ++lane) {
    if ((lanes >> lane & 1U) != 0) threads_[firstThread + lane]->state = Thread::State::Ready;
  }
  meeting.present[meeting.generation & 1U] = lanes;
  meeting.arrived = 0;
  ++meeting.generation;
  if (meeting.kind == Collective::SyncWarp) syncLanes(warp, lanes);
  if (lanes == warp.alive) traceWarpTogether(firstThread / kWarpLanes);
}

void Block::syncLanes(Warp& warp, unsigned lanes) {
  const uint32_t before = barriers++;
  if (lanes == warp.alive) {
    warp.syncedAt = barriers;
    warp.known.reset();
    return;
  }
  if (warp.known == nullptr) {
    warp.known = std::make_unique<std::array<std::array<uint32_t, kWarpLanes>, kWarpLanes>>();
  }
  std::array<uint32_t, kWarpLanes> joined{};
  for (unsigned lane = 0; lane < kWarpLanes; ++lane) {
    if ((lanes >> lane & 1U) == 0) continue;
    for (unsigned other = 0; other < kWarpLanes; ++other) {
      joined[other] = std::max(joined[other], (*warp.known)[lane][other]);
    }
    joined[lane] = before;
  }
  for (unsigned lane = 0; lane < kWarpLanes; ++lane) {
    if ((lanes >> lane & 1U) != 0) (*warp.known)[lane] = joined;
  }
}

bool Block::isOrdered(unsigned otherThread, uint32_t time) const {
  if (time < syncedAt_) return true;
  const unsigned otherWarp = otherThread / kWarpLanes;
  if (otherWarp != current_->warp) return false;
  const Warp& warp = warps_[otherWarp];
  if (time < warp.syncedAt) return true;
  return warp.known != nullptr && time <= (*warp.known)[current_->lane][otherThread % kWarpLanes];
}

void* Block::sharedArray(const void* key, size_t bytes, const char* name) {
  for (const SharedArray& array : shared_) {
    if (array.key == key) return array.allocation->data;
  }
  SharedArray array{
      key, cuda_runtime::allocate(static_cast<int64_t>(bytes), cuda_runtime::MemoryKind::Shared,
                                  fmt::format("shared {}", name))};
  shared_.push_back(array);
  return array.allocation->data;
}

int64_t Block::staticSharedBytes() const {
  int64_t bytes = 0;
  for (const SharedArray& array : shared_) bytes += array.allocation->bytes;
  return bytes;
}

void Block::reportDeadlock() const {
  std::set<std::string> places;
  for (const Thread* thread : threads_) {
    if (thread->state == Thread::State::AtBarrier) {
      places.insert("__syncthreads at " + lineOf(thread->where));
    } else if (thread->state == Thread::State::InCollective) {
      places.insert(fmt::format("mask {:#x} at {}", thread->mask, lineOf(thread->where)));
    }
  }
  std::string text = fmt::format("threads of block {} wait for each other:", number_);
  for (const std::string& place : places) text += " " + place + ";";
  cuda_runtime::report(FindingKind::Deadlock, kernelName_, text);
}

std::string Block::who() const {
  return fmt::format("block {} thread {}", number_, current_->number);
}

}  // namespace lectern::simt
