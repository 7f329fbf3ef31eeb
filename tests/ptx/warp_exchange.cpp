// SPDX-License-Identifier: GPL-3.0-or-later
// What lanes of a warp tell each other: shfl, vote, match, redux, activemask, bar.warp
// (PTX ISA 9.7.9.6, 9.7.13).
#include "tests/ptx/decoding.h"
#include "tests/ptx/warp.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace lectern::ptx {
namespace {

using Row = std::array<uint32_t, kWarpLanes>;

Row copyOf(Warp& warp, Slot slot) {
  Row row;
  std::copy_n(warp.lanes<uint32_t>(slot), kWarpLanes, row.begin());
  return row;
}

// --------------------------------------------------------------------------------------- shuffles

enum class Shuffle : uint8_t { Up, Down, Butterfly, Index };

struct Source {
  int lane = 0;
  bool inRange = false;
};

// 9.7.9.6: c holds the segment mask (bits 8 to 12) and the clamp (bits 0 to 4).
Source sourceOf(Shuffle shuffle, int lane, uint32_t b, uint32_t c) {
  const int by = static_cast<int>(b & 31);
  const int clamp = static_cast<int>(c & 31);
  const int segment = static_cast<int>(c >> 8 & 31);
  const int highest = (lane & segment) | (clamp & ~segment & 31);
  const int lowest = lane & segment;
  Source source;
  switch (shuffle) {
    case Shuffle::Up:
      source.lane = lane - by;
      source.inRange = source.lane >= highest;
      break;
    case Shuffle::Down:
      source.lane = lane + by;
      source.inRange = source.lane <= highest;
      break;
    case Shuffle::Butterfly:
      source.lane = lane ^ by;
      source.inRange = source.lane <= highest;
      break;
    case Shuffle::Index:
      source.lane = lowest | (by & ~segment & 31);
      source.inRange = source.lane <= highest;
      break;
  }
  if (!source.inRange) source.lane = lane;
  return source;
}

// slots: d, p, a, b, c.
void executeShuffle(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const Row values = copyOf(warp, instruction.slots[2]);
  uint32_t inRange = 0;
  for (uint32_t left = lanes; left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    const auto b = static_cast<uint32_t>(warp.bits(instruction.slots[3], lane));
    const auto c = static_cast<uint32_t>(warp.bits(instruction.slots[4], lane));
    const Source source = sourceOf(static_cast<Shuffle>(instruction.mode), lane, b, c);
    if ((lanes >> source.lane & 1) == 0) {
      return warp.fault(instruction, lane, cuda_runtime::FindingKind::Collective,
                        fmt::format("a shuffle from lane {}, which takes no part", source.lane));
    }
    inRange |= static_cast<uint32_t>(source.inRange) << lane;
    warp.setBits(instruction.slots[0], lane, values[static_cast<std::size_t>(source.lane)]);
  }
  if (instruction.slots[1].exists()) warp.setPredicate(instruction.slots[1], lanes, inRange);
}

void members(Decoding& decoding, std::size_t index) {
  decoding.instruction.kind = Instruction::Kind::Collective;
  decoding.instruction.slots[Instruction::kMembers] = decoding.source(index, Type::B32);
}

void decodeShuffle(Decoding& decoding) {
  decoding.need("sync");
  const std::optional<Shuffle> shuffle = decoding.takeOneOf<Shuffle>({{"up", Shuffle::Up},
                                                                      {"down", Shuffle::Down},
                                                                      {"bfly", Shuffle::Butterfly},
                                                                      {"idx", Shuffle::Index}});
  if (!shuffle) decoding.fail("a direction is expected");
  decoding.need("b32");
  Instruction& instruction = decoding.instruction;
  instruction.execute = executeShuffle;
  instruction.mode = static_cast<uint8_t>(shuffle.value_or(Shuffle::Up));
  const OperandText& to = decoding.operand(0);
  if (to.kind == OperandText::Kind::Pair) {
    instruction.slots[0] = decoding.destinationOf(to.parts[0], Type::B32, true);
    instruction.slots[1] = decoding.destinationOf(to.parts[1], Type::Pred, true);
  } else {
    instruction.slots[0] = decoding.destination(0, Type::B32);
  }
  for (std::size_t i = 1; i <= 3; ++i) instruction.slots[i + 1] = decoding.source(i, Type::B32);
  members(decoding, 4);
}

// ------------------------------------------------------------------------------------------- votes

enum class Vote : uint8_t { All, Any, Uniform, Ballot };

void executeVote(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const uint32_t votes = warp.predicate(instruction.slots[1]) & lanes;
  bool holds = false;
  switch (static_cast<Vote>(instruction.mode)) {
    case Vote::All:
      holds = votes == lanes;
      break;
    case Vote::Any:
      holds = votes != 0;
      break;
    case Vote::Uniform:
      holds = votes == lanes || votes == 0;
      break;
    case Vote::Ballot:
      forLanes(lanes, [&](int lane) { warp.setBits(instruction.slots[0], lane, votes); });
      return;
  }
  warp.setPredicate(instruction.slots[0], lanes, holds ? kAllLanes : 0);
}

void decodeVote(Decoding& decoding) {
  decoding.need("sync");
  const std::optional<Vote> vote = decoding.takeOneOf<Vote>(
      {{"all", Vote::All}, {"any", Vote::Any}, {"uni", Vote::Uniform}, {"ballot", Vote::Ballot}});
  if (!vote) decoding.fail("a vote is expected");
  const Type type = vote == Vote::Ballot ? Type::B32 : Type::Pred;
  decoding.need(nameOf(type));
  decoding.instruction.execute = executeVote;
  decoding.instruction.mode = static_cast<uint8_t>(vote.value_or(Vote::All));
  decoding.instruction.slots[0] = decoding.destination(0, type);
  decoding.instruction.slots[1] = decoding.source(1, Type::Pred);
  members(decoding, 2);
}

// match.any: which lanes have my value; match.all: whether all have the same.
void executeMatch(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const Slot value = instruction.slots[2];
  Row same{};
  bool all = true;
  forLanes(lanes, [&](int lane) {
    forLanes(lanes, [&](int other) {
      if (warp.bits(value, lane) != warp.bits(value, other)) return;
      same[static_cast<std::size_t>(lane)] |= uint32_t{1} << other;
    });
    all = all && same[static_cast<std::size_t>(lane)] == lanes;
  });
  forLanes(lanes, [&](int lane) {
    const uint32_t result =
        instruction.flag ? (all ? lanes : 0) : same[static_cast<std::size_t>(lane)];
    warp.setBits(instruction.slots[0], lane, result);
  });
  if (instruction.slots[1].exists()) {
    warp.setPredicate(instruction.slots[1], lanes, all ? kAllLanes : 0);
  }
}

void decodeMatch(Decoding& decoding) {
  Instruction& instruction = decoding.instruction;
  instruction.flag = decoding.take("all");
  if (!instruction.flag) decoding.need("any");
  decoding.need("sync");
  const Type type = decoding.takeType();
  instruction.execute = executeMatch;
  const OperandText& to = decoding.operand(0);
  if (to.kind == OperandText::Kind::Pair) {
    instruction.slots[0] = decoding.destinationOf(to.parts[0], Type::B32, true);
    instruction.slots[1] = decoding.destinationOf(to.parts[1], Type::Pred, true);
  } else {
    instruction.slots[0] = decoding.destination(0, Type::B32);
  }
  instruction.slots[2] = decoding.source(1, type);
  members(decoding, 2);
}

// -------------------------------------------------------------------------------------- reductions

enum class Reduction : uint8_t { Add, Minimum, Maximum, And, Or, Xor };

template <class T>
T reduce(Reduction reduction, T a, T b) {
  switch (reduction) {
    case Reduction::Add:
      return static_cast<T>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
    case Reduction::Minimum:
      return std::min(a, b);
    case Reduction::Maximum:
      return std::max(a, b);
    case Reduction::And:
      return a & b;
    case Reduction::Or:
      return a | b;
    case Reduction::Xor:
      return a ^ b;
  }
  return a;
}

template <class T>
void executeReduction(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const T* values = warp.lanes<T>(instruction.slots[1]);
  T result = values[std::countr_zero(lanes)];
  forLanes(lanes & (lanes - 1), [&](int lane) {
    result = reduce(static_cast<Reduction>(instruction.mode), result, values[lane]);
  });
  T* to = warp.lanes<T>(instruction.slots[0]);
  forLanes(lanes, [&](int lane) { to[lane] = result; });
}

void decodeReduction(Decoding& decoding) {
  decoding.need("sync");
  const std::optional<Reduction> reduction =
      decoding.takeOneOf<Reduction>({{"add", Reduction::Add},
                                     {"min", Reduction::Minimum},
                                     {"max", Reduction::Maximum},
                                     {"and", Reduction::And},
                                     {"or", Reduction::Or},
                                     {"xor", Reduction::Xor}});
  if (!reduction) decoding.fail("this reduction is not modelled");
  const Type type = decoding.takeType();
  if (type != Type::U32 && type != Type::S32 && type != Type::B32) {
    return decoding.unsupportedType(type);
  }
  decoding.instruction.execute =
      type == Type::S32 ? executeReduction<int32_t> : executeReduction<uint32_t>;
  decoding.instruction.mode = static_cast<uint8_t>(reduction.value_or(Reduction::Add));
  decoding.instruction.slots[0] = decoding.destination(0, type);
  decoding.instruction.slots[1] = decoding.source(1, type);
  members(decoding, 2);
}

void executeActiveMask(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  forLanes(lanes, [&](int lane) { warp.setBits(instruction.slots[0], lane, lanes); });
}

void decodeActiveMask(Decoding& decoding) {
  decoding.need("b32");
  decoding.instruction.execute = executeActiveMask;
  decoding.instruction.slots[0] = decoding.destination(0, Type::B32);
}

}  // namespace

void addWarpExchange(DecoderTable& table) {
  table["shfl"] = decodeShuffle;
  table["vote"] = decodeVote;
  table["match"] = decodeMatch;
  table["redux"] = decodeReduction;
  table["activemask"] = decodeActiveMask;
}

}  // namespace lectern::ptx
