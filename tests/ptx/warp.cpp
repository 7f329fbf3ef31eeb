// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ptx/warp.h"

#include "tests/ptx/block.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace lectern::ptx {

using cuda_runtime::FindingKind;

Warp::Warp(Block& block, int firstThread, int threads)
    : block_(block),
      program_(block.launch().program),
      firstThread_(firstThread),
      alive_(threads >= kWarpLanes ? kAllLanes : (uint32_t{1} << threads) - 1),
      registers_(static_cast<std::size_t>(program_.rows) * kWarpLanes),
      predicates_(static_cast<std::size_t>(program_.predicates)),
      local_(static_cast<std::size_t>(program_.localBytes) * kWarpLanes, std::byte{0xFF}),
      parameters_(static_cast<std::size_t>(program_.parameterBytes) * kWarpLanes, std::byte{0xFF}) {
  groups_.push_back({alive_, 0, Group::State::Ready, 0, {}});
  fillConstants();
  fillSpecials(threads);
}

void Warp::fillConstants() {
  predicates_[0] = kAllLanes;
  for (const ConstantRow& constant : program_.constants) {
    for (int lane = 0; lane < kWarpLanes; ++lane) setBits(constant.slot, lane, constant.bits);
  }
}

void Warp::fillSpecials(int threads) {
  const LaunchContext& launch = block_.launch();
  const Dimensions& size = launch.threads;
  const auto value = [&](Special special, uint32_t lane) -> uint32_t {
    const auto thread = static_cast<uint32_t>(firstThread_) + lane;
    const uint32_t bit = uint32_t{1} << lane;
    switch (special) {
      case Special::TidX:
        return thread % size[0];
      case Special::TidY:
        return thread / size[0] % size[1];
      case Special::TidZ:
        return thread / size[0] / size[1];
      case Special::NtidX:
        return size[0];
      case Special::NtidY:
        return size[1];
      case Special::NtidZ:
        return size[2];
      case Special::CtaidX:
        return block_.index()[0];
      case Special::CtaidY:
        return block_.index()[1];
      case Special::CtaidZ:
        return block_.index()[2];
      case Special::NctaidX:
        return launch.grid[0];
      case Special::NctaidY:
        return launch.grid[1];
      case Special::NctaidZ:
        return launch.grid[2];
      case Special::LaneId:
        return lane;
      case Special::WarpId:
        return static_cast<uint32_t>(firstThread_) / kWarpLanes;
      case Special::WarpCount:
        return (size[0] * size[1] * size[2] + kWarpLanes - 1) / kWarpLanes;
      case Special::LaneMaskEq:
        return bit;
      case Special::LaneMaskLt:
        return bit - 1;
      case Special::LaneMaskLe:
        return bit | (bit - 1);
      case Special::LaneMaskGt:
        return ~(bit | (bit - 1));
      case Special::LaneMaskGe:
        return ~(bit - 1);
      case Special::DynamicSharedSize:
        return static_cast<uint32_t>(launch.dynamicSharedBytes);
      case Special::TotalSharedSize:
        return static_cast<uint32_t>(block_.sharedBytes());
      case Special::DynamicSharedStart:
        return static_cast<uint32_t>(block_.dynamicStart());
    }
    return 0;
  };
  for (const SpecialRow& special : program_.specials) {
    for (int lane = 0; lane < std::min(threads, kWarpLanes); ++lane) {
      setBits(special.slot, lane, value(special.special, static_cast<uint32_t>(lane)));
    }
  }
}

// -------------------------------------------------------------------------------------- scheduling

int64_t Warp::run(int64_t budget) {
  int64_t done = 0;
  while (done < budget && !block_.stopped()) {
    Group* group = nextReady();
    if (group == nullptr) break;
    const auto index = static_cast<std::size_t>(group - groups_.data());
    // Alone, a group runs on until it waits, exits or splits.
    do {
      step(index);
      ++done;
    } while (groups_.size() == 1 && groups_[0].state == Group::State::Ready && done < budget &&
             !block_.stopped());
  }
  return done;
}

Group* Warp::nextReady() {
  if (groups_.size() == 1) {
    return groups_[0].state == Group::State::Ready ? groups_.data() : nullptr;
  }
  const auto isBehind = [](const Group& a, const Group& b) {
    return a.returns.size() != b.returns.size() ? a.returns.size() > b.returns.size() : a.pc < b.pc;
  };
  std::size_t best = groups_.size();
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i].state != Group::State::Ready) continue;
    if (best == groups_.size() || isBehind(groups_[i], groups_[best])) best = i;
  }
  if (best == groups_.size()) return nullptr;
  mergeReady(best);
  // Merging removes groups behind `best` only: it is the first of its place.
  return &groups_[best];
}

void Warp::mergeReady(std::size_t into) {
  for (std::size_t i = groups_.size() - 1; i > into; --i) {
    const Group& other = groups_[i];
    if (other.state != Group::State::Ready || other.pc != groups_[into].pc ||
        other.returns != groups_[into].returns) {
      continue;
    }
    groups_[into].lanes |= other.lanes;
    groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

// Moves `lanes` of a group into a new group at the same place; answers the new group's index.
std::size_t Warp::split(std::size_t group, uint32_t lanes) {
  Group other = groups_[group];
  other.lanes = lanes;
  groups_[group].lanes &= ~lanes;
  groups_.push_back(std::move(other));
  return groups_.size() - 1;
}

void Warp::step(std::size_t group) {
  using Kind = Instruction::Kind;
  const auto pc = static_cast<std::size_t>(groups_[group].pc);
  const Instruction& instruction = program_.code[pc];
  const uint32_t lanes = groups_[group].lanes;
  uint32_t active = lanes;
  if (instruction.guard.exists()) active &= predicate(instruction.guard);
  if (instruction.kind != Kind::Nothing) {
    Counts& counts = block_.launch().counts;
    ++counts.warps[pc];
    counts.threads[pc] += std::popcount(active);
  }
  if (instruction.kind == Kind::Plain || instruction.kind == Kind::Nothing) {
    if (active != 0) instruction.execute(instruction, *this, active);
    ++groups_[group].pc;
    return;
  }
  if (instruction.kind == Kind::Branch) return branch(group, instruction, active);
  if (active == 0) {
    ++groups_[group].pc;
    return;
  }
  // The lanes whose guard fails go on; the others act.
  if (active != lanes) {
    const std::size_t passing = split(group, lanes & ~active);
    ++groups_[passing].pc;
  }
  Group& acting = groups_[group];
  switch (instruction.kind) {
    case Kind::IndexedBranch:
      return branchIndexed(group, instruction, active);
    case Kind::Call:
      instruction.execute(instruction, *this, active);
      acting.returns.push_back(acting.pc + 1);
      acting.pc = instruction.target;
      return;
    case Kind::Return:
      if (acting.returns.empty()) return exit(group, active);
      acting.pc = acting.returns.back();
      acting.returns.pop_back();
      return;
    case Kind::Exit:
      return exit(group, active);
    case Kind::Collective:
      return collective(group, instruction);
    default:
      acting.state = Group::State::AtBarrier;
      return;
  }
}

void Warp::branch(std::size_t group, const Instruction& instruction, uint32_t taken) {
  if (taken == groups_[group].lanes) {
    groups_[group].pc = instruction.target;
  } else if (taken == 0) {
    ++groups_[group].pc;
  } else {
    const std::size_t jumping = split(group, taken);
    groups_[jumping].pc = instruction.target;
    ++groups_[group].pc;
  }
}

void Warp::branchIndexed(std::size_t group, const Instruction& instruction, uint32_t taken) {
  const uint32_t* index = lanes<uint32_t>(instruction.slots[0]);
  while (taken != 0) {
    const int first = std::countr_zero(taken);
    if (index[first] >= instruction.offset) {
      return fault(instruction, first, FindingKind::OutOfBounds,
                   "branch index outside of its list of targets");
    }
    uint32_t together = 0;
    forLanes(taken, [&](int lane) {
      if (index[lane] == index[first]) together |= uint32_t{1} << lane;
    });
    taken &= ~together;
    const Instruction& target =
        program_.code[static_cast<std::size_t>(instruction.target) + index[first]];
    const std::size_t jumping = taken == 0 ? group : split(group, together);
    groups_[jumping].pc = target.target;
  }
}

void Warp::exit(std::size_t group, uint32_t lanes) {
  reportForgottenCopies(lanes);
  alive_ &= ~lanes;
  groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(group));
  recheckCollectives();
}

void Warp::passBarrier(Group& group) {
  group.state = Group::State::Ready;
  ++group.pc;
}

void Warp::passWarpBarrier(uint32_t lanes) {
  std::array<uint32_t, kWarpLanes> together{};
  forLanes(lanes, [&](int lane) {
    const auto& known = known_[static_cast<std::size_t>(lane)];
    for (std::size_t i = 0; i < together.size(); ++i) together[i] = std::max(together[i], known[i]);
  });
  const uint32_t now = block_.tick();
  forLanes(lanes, [&](int lane) { together[static_cast<std::size_t>(lane)] = now; });
  forLanes(lanes, [&](int lane) { known_[static_cast<std::size_t>(lane)] = together; });
}

// ------------------------------------------------------------------------------------- collectives

// Lanes of one group may name different member masks; each mask is a meeting of its own.
void Warp::collective(std::size_t group, const Instruction& instruction) {
  const Slot membersSlot = instruction.slots[Instruction::kMembers];
  Group arrived = groups_[group];
  groups_.erase(groups_.begin() + static_cast<std::ptrdiff_t>(group));
  while (arrived.lanes != 0 && !block_.stopped()) {
    const int first = std::countr_zero(arrived.lanes);
    uint32_t members = kAllLanes;
    uint32_t together = arrived.lanes;
    if (membersSlot.exists()) {
      const uint32_t* masks = lanes<uint32_t>(membersSlot);
      members = masks[first];
      together = 0;
      forLanes(arrived.lanes, [&](int lane) {
        if (masks[lane] == members) together |= uint32_t{1} << lane;
      });
      if ((together & ~members) != 0) {
        return fault(instruction, std::countr_zero(together & ~members), FindingKind::Collective,
                     "a member mask that does not name its own lane");
      }
    } else if (alive_ != kAllLanes) {
      return fault(instruction, first, FindingKind::Collective,
                   "an instruction that needs all 32 lanes of the warp, of which some have exited");
    }
    arrived.lanes &= ~together;
    gather(instruction, together, members, arrived);
  }
}

// Adds the lanes to those that wait at this instruction already, and runs it when all are there.
void Warp::gather(const Instruction& instruction,
                  uint32_t lanes,
                  uint32_t members,
                  const Group& from) {
  const auto meets = [&](const Group& group) {
    return group.state == Group::State::AtCollective && group.pc == from.pc &&
           group.members == members && group.returns == from.returns;
  };
  auto waiting = std::find_if(groups_.begin(), groups_.end(), meets);
  if (waiting == groups_.end()) {
    groups_.push_back({0, from.pc, Group::State::AtCollective, members, from.returns});
    waiting = groups_.end() - 1;
  }
  waiting->lanes |= lanes;
  completeCollective(instruction, *waiting);
}

void Warp::completeCollective(const Instruction& instruction, Group& group) {
  if (group.lanes != (group.members & alive_)) return;
  instruction.execute(instruction, *this, group.lanes);
  group.state = Group::State::Ready;
  ++group.pc;
}

// Exited lanes are waited for no longer.
void Warp::recheckCollectives() {
  for (Group& group : groups_) {
    if (group.state != Group::State::AtCollective) continue;
    completeCollective(program_.code[static_cast<std::size_t>(group.pc)], group);
  }
}

}  // namespace lectern::ptx
