// SPDX-License-Identifier: GPL-3.0-or-later
// Comparison and selection: setp, set, selp, slct (PTX ISA 9.7.6, 9.7.7).
#include "tests/ptx/decoding.h"
#include "tests/ptx/float_format.h"
#include "tests/ptx/lanewise.h"

#include <cmath>
#include <type_traits>

namespace lectern::ptx {
namespace {

enum class Relation : uint8_t {
  Equal,
  NotEqual,
  Less,
  LessOrEqual,
  Greater,
  GreaterOrEqual,
  EqualOrNan,
  NotEqualOrNan,
  LessOrNan,
  LessOrEqualOrNan,
  GreaterOrNan,
  GreaterOrEqualOrNan,
  BothNumbers,
  SomeNan,
};

enum class Combination : uint8_t { None, And, Or, Xor };

template <class T>
bool holds(Relation relation, T a, T b) {
  bool unordered = false;
  if constexpr (std::is_floating_point_v<T>) unordered = std::isnan(a) || std::isnan(b);
  switch (relation) {
    case Relation::Equal:
      return a == b;
    case Relation::NotEqual:
      return !unordered && a != b;
    case Relation::Less:
      return a < b;
    case Relation::LessOrEqual:
      return a <= b;
    case Relation::Greater:
      return a > b;
    case Relation::GreaterOrEqual:
      return a >= b;
    case Relation::EqualOrNan:
      return unordered || a == b;
    case Relation::NotEqualOrNan:
      return unordered || a != b;
    case Relation::LessOrNan:
      return unordered || a < b;
    case Relation::LessOrEqualOrNan:
      return unordered || a <= b;
    case Relation::GreaterOrNan:
      return unordered || a > b;
    case Relation::GreaterOrEqualOrNan:
      return unordered || a >= b;
    case Relation::BothNumbers:
      return !unordered;
    case Relation::SomeNan:
      return unordered;
  }
  return false;
}

// How a lane's bits are read for comparing. Wider is what they are compared as.
template <class T>
struct Plain {
  using Lane = T;
  static T read(T raw, bool flush) {
    if constexpr (std::is_same_v<T, float>) return flush ? flushed(raw) : raw;
    return raw;
  }
};
struct HalfValue {
  using Lane = uint16_t;
  static float read(uint16_t raw, bool /*flush*/) { return widenHalf(raw); }
};
struct BfloatValue {
  using Lane = uint16_t;
  static float read(uint16_t raw, bool /*flush*/) { return widenBfloat(raw); }
};

// slots: destination, the inverse's destination, a, b, the predicate to combine with. `mode` holds
// the relation, `count` the combination, `flag` .ftz.
constexpr std::size_t kInverse = 1;
constexpr std::size_t kLeft = 2;
constexpr std::size_t kRight = 3;
constexpr std::size_t kCombined = 4;

template <class Value, Relation kRelation>
uint32_t compareAs(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  using Lane = typename Value::Lane;
  const Lane* a = warp.lanes<Lane>(instruction.slots[kLeft]);
  const Lane* b = warp.lanes<Lane>(instruction.slots[kRight]);
  uint32_t result = 0;
  forLanes(lanes, [&](int lane) {
    const bool holdsHere = holds(kRelation, Value::read(a[lane], instruction.flag),
                                 Value::read(b[lane], instruction.flag));
    result |= static_cast<uint32_t>(holdsHere) << lane;
  });
  return result;
}

template <class Value, int... kRelations>
uint32_t dispatch(const Instruction& instruction,
                  Warp& warp,
                  uint32_t lanes,
                  std::integer_sequence<int, kRelations...> /*all*/) {
  using Compare = uint32_t (*)(const Instruction&, Warp&, uint32_t);
  static constexpr Compare kAll[] = {compareAs<Value, static_cast<Relation>(kRelations)>...};
  return kAll[instruction.mode](instruction, warp, lanes);
}

template <class Value>
uint32_t compare(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  constexpr int kCount = static_cast<int>(Relation::SomeNan) + 1;
  return dispatch<Value>(instruction, warp, lanes, std::make_integer_sequence<int, kCount>{});
}

uint32_t combine(const Instruction& instruction, Warp& warp, uint32_t result) {
  const auto combined = [&] { return warp.predicate(instruction.slots[kCombined]); };
  switch (static_cast<Combination>(instruction.count)) {
    case Combination::None:
      return result;
    case Combination::And:
      return result & combined();
    case Combination::Or:
      return result | combined();
    case Combination::Xor:
      return result ^ combined();
  }
  return result;
}

// The second destination takes the negated comparison, combined in the same way.
template <class Value>
void executeSetPredicate(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const uint32_t result = compare<Value>(instruction, warp, lanes);
  const uint32_t first = combine(instruction, warp, result);
  const uint32_t second = combine(instruction, warp, ~result);
  warp.setPredicate(instruction.slots[0], lanes, first);
  if (instruction.slots[kInverse].exists()) {
    warp.setPredicate(instruction.slots[kInverse], lanes, second);
  }
}

// set: all ones or 1.0f instead of a predicate.
template <class Value>
void executeSet(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const uint32_t result = combine(instruction, warp, compare<Value>(instruction, warp, lanes));
  const uint32_t yes = instruction.type == Type::F32 ? 0x3F800000 : ~uint32_t{0};
  forLanes(lanes, [&](int lane) {
    warp.setBits(instruction.slots[0], lane, (result >> lane & 1) != 0 ? yes : 0);
  });
}

Instruction::Execute comparisonOf(Type type, bool set) {
  const auto pick = [set](Instruction::Execute predicate, Instruction::Execute number) {
    return set ? number : predicate;
  };
  switch (type) {
    case Type::B16:
    case Type::U16:
      return pick(executeSetPredicate<Plain<uint16_t>>, executeSet<Plain<uint16_t>>);
    case Type::S16:
      return pick(executeSetPredicate<Plain<int16_t>>, executeSet<Plain<int16_t>>);
    case Type::B32:
    case Type::U32:
      return pick(executeSetPredicate<Plain<uint32_t>>, executeSet<Plain<uint32_t>>);
    case Type::S32:
      return pick(executeSetPredicate<Plain<int32_t>>, executeSet<Plain<int32_t>>);
    case Type::B64:
    case Type::U64:
      return pick(executeSetPredicate<Plain<uint64_t>>, executeSet<Plain<uint64_t>>);
    case Type::S64:
      return pick(executeSetPredicate<Plain<int64_t>>, executeSet<Plain<int64_t>>);
    case Type::F16:
      return pick(executeSetPredicate<HalfValue>, executeSet<HalfValue>);
    case Type::Bf16:
      return pick(executeSetPredicate<BfloatValue>, executeSet<BfloatValue>);
    case Type::F32:
      return pick(executeSetPredicate<Plain<float>>, executeSet<Plain<float>>);
    case Type::F64:
      return pick(executeSetPredicate<Plain<double>>, executeSet<Plain<double>>);
    default:
      return nullptr;
  }
}

void decodeRelation(Decoding& decoding) {
  const std::optional<Relation> relation =
      decoding.takeOneOf<Relation>({{"eq", Relation::Equal},
                                    {"ne", Relation::NotEqual},
                                    {"lt", Relation::Less},
                                    {"lo", Relation::Less},
                                    {"le", Relation::LessOrEqual},
                                    {"ls", Relation::LessOrEqual},
                                    {"gt", Relation::Greater},
                                    {"hi", Relation::Greater},
                                    {"ge", Relation::GreaterOrEqual},
                                    {"hs", Relation::GreaterOrEqual},
                                    {"equ", Relation::EqualOrNan},
                                    {"neu", Relation::NotEqualOrNan},
                                    {"ltu", Relation::LessOrNan},
                                    {"leu", Relation::LessOrEqualOrNan},
                                    {"gtu", Relation::GreaterOrNan},
                                    {"geu", Relation::GreaterOrEqualOrNan},
                                    {"num", Relation::BothNumbers},
                                    {"nan", Relation::SomeNan}});
  if (!relation) return decoding.fail("a comparison is expected");
  const Combination combination =
      decoding
          .takeOneOf<Combination>(
              {{"and", Combination::And}, {"or", Combination::Or}, {"xor", Combination::Xor}})
          .value_or(Combination::None);
  decoding.instruction.mode = static_cast<uint8_t>(*relation);
  decoding.instruction.count = static_cast<uint8_t>(combination);
  decoding.instruction.flag = decoding.take("ftz");
  if (combination != Combination::None) {
    decoding.instruction.slots[kCombined] = decoding.source(3, Type::Pred);
  }
}

void decodeSides(Decoding& decoding, Type type, bool set) {
  decoding.instruction.execute = comparisonOf(type, set);
  if (decoding.instruction.execute == nullptr) return decoding.unsupportedType(type);
  decoding.instruction.slots[kLeft] = decoding.source(1, type);
  decoding.instruction.slots[kRight] = decoding.source(2, type);
}

void decodeSetPredicate(Decoding& decoding) {
  decodeRelation(decoding);
  decodeSides(decoding, decoding.takeType(), false);
  const OperandText& to = decoding.operand(0);
  if (to.kind == OperandText::Kind::Pair) {
    decoding.instruction.slots[0] = decoding.destinationOf(to.parts[0], Type::Pred, true);
    decoding.instruction.slots[kInverse] = decoding.destinationOf(to.parts[1], Type::Pred, true);
  } else {
    decoding.instruction.slots[0] = decoding.destination(0, Type::Pred);
  }
}

void decodeSet(Decoding& decoding) {
  decodeRelation(decoding);
  const Type type = decoding.takeType();
  decodeSides(decoding, decoding.takeType(), true);
  if (type != Type::U32 && type != Type::S32 && type != Type::F32) {
    return decoding.unsupportedType(type);
  }
  decoding.instruction.type = type;
  decoding.instruction.slots[0] = decoding.destination(0, type);
}

// --------------------------------------------------------------------------------------- selection

template <class T>
void executeSelect(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  T* to = warp.lanes<T>(instruction.slots[0]);
  const T* yes = warp.lanes<T>(instruction.slots[1]);
  const T* no = warp.lanes<T>(instruction.slots[2]);
  const uint32_t mask = warp.predicate(instruction.slots[3]);
  forLanes(lanes, [&](int lane) { to[lane] = (mask >> lane & 1) != 0 ? yes[lane] : no[lane]; });
}

Instruction::Execute selectOf(int bytes) {
  switch (bytes) {
    case 2:
      return executeSelect<uint16_t>;
    case 4:
      return executeSelect<uint32_t>;
    case 8:
      return executeSelect<uint64_t>;
    default:
      return nullptr;
  }
}

void decodeSelect(Decoding& decoding) {
  const Type type = decoding.takeType();
  decoding.instruction.execute = selectOf(bytesOf(type));
  if (decoding.instruction.execute == nullptr) return decoding.unsupportedType(type);
  decoding.instruction.slots[0] = decoding.destination(0, type);
  decoding.instruction.slots[1] = decoding.source(1, type);
  decoding.instruction.slots[2] = decoding.source(2, type);
  decoding.instruction.slots[3] = decoding.source(3, Type::Pred);
}

// slct: by the sign of c; a NaN counts as negative.
void executeSelectBySign(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  forLanes(lanes, [&](int lane) {
    const auto c = static_cast<uint32_t>(warp.bits(instruction.slots[3], lane));
    float value = std::bit_cast<float>(c);
    if (instruction.flag) value = flushed(value);
    const bool isPositive =
        instruction.sourceType == Type::F32 ? value >= 0 : static_cast<int32_t>(c) >= 0;
    warp.setBits(instruction.slots[0], lane,
                 warp.bits(instruction.slots[isPositive ? 1 : 2], lane));
  });
}

void decodeSelectBySign(Decoding& decoding) {
  decoding.instruction.flag = decoding.take("ftz");
  const Type type = decoding.takeType();
  const Type by = decoding.takeType();
  if (by != Type::S32 && by != Type::F32) return decoding.unsupportedType(by);
  decoding.instruction.execute = executeSelectBySign;
  decoding.instruction.sourceType = by;
  decoding.instruction.slots[0] = decoding.destination(0, type);
  decoding.instruction.slots[1] = decoding.source(1, type);
  decoding.instruction.slots[2] = decoding.source(2, type);
  decoding.instruction.slots[3] = decoding.source(3, by);
}

}  // namespace

void addComparison(DecoderTable& table) {
  table["setp"] = decodeSetPredicate;
  table["set"] = decodeSet;
  table["selp"] = decodeSelect;
  table["slct"] = decodeSelectBySign;
}

}  // namespace lectern::ptx
