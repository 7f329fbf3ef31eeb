// SPDX-License-Identifier: GPL-3.0-or-later
// cvt between all types, with its roundings and saturations (PTX ISA 9.7.9.21).
#include "tests/ptx/decoding.h"
#include "tests/ptx/float_format.h"
#include "tests/ptx/warp.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

namespace lectern::ptx {
namespace {

// To which whole number a value goes: .rni .rzi .rmi .rpi. None keeps the fraction.
enum class Whole : uint8_t { None, Nearest, Zero, Down, Up };
enum class Clamp : uint8_t { None, Saturate, Finite, Relu };

// The instruction's fields here: `mode` Whole, `count` Clamp, `flag` .ftz.
Whole wholeOf(const Instruction& instruction) {
  return static_cast<Whole>(instruction.mode);
}
Clamp clampOf(const Instruction& instruction) {
  return static_cast<Clamp>(instruction.count);
}

const FloatFormat& formatOf(Type type) {
  switch (type) {
    case Type::F16:
    case Type::F16x2:
      return kHalf;
    case Type::Bf16:
    case Type::Bf16x2:
      return kBfloat;
    case Type::Tf32:
      return kTf32;
    case Type::E4m3x2:
      return kE4m3;
    case Type::E5m2x2:
      return kE5m2;
    default:
      return kSingle;
  }
}

double toWhole(double value, Whole whole) {
  switch (whole) {
    case Whole::None:
      return value;
    case Whole::Nearest:
      return std::nearbyint(value);
    case Whole::Zero:
      return std::trunc(value);
    case Whole::Down:
      return std::floor(value);
    case Whole::Up:
      return std::ceil(value);
  }
  return value;
}

double flushIf(double value, bool flush) {
  return flush && std::fabs(value) < 0x1p-126 ? std::copysign(0.0, value) : value;
}

double readFloat(uint64_t bits, Type type) {
  switch (type) {
    case Type::F64:
      return std::bit_cast<double>(bits);
    case Type::F32:
      return std::bit_cast<float>(static_cast<uint32_t>(bits));
    case Type::F16:
      return widenHalf(static_cast<uint16_t>(bits));
    default:
      return widenBfloat(static_cast<uint16_t>(bits));
  }
}

// With -0 turned to +0 by .sat, and NaN to 0, as PTX says.
double clamped(double value, Clamp clamp) {
  if (clamp == Clamp::Saturate) return std::isnan(value) || value <= 0 ? 0.0 : std::min(value, 1.0);
  if (clamp == Clamp::Relu && value <= 0) return 0.0;
  return value;
}

uint64_t writeFloat(double value, const Instruction& instruction, Type type) {
  value = clamped(value, clampOf(instruction));
  if (type == Type::F64) return std::bit_cast<uint64_t>(value);
  if (type == Type::F32) value = flushIf(value, instruction.flag);
  const uint32_t bits =
      narrow(value, formatOf(type), instruction.rounding, clampOf(instruction) == Clamp::Finite);
  // tf32 lies in the upper bits of a float.
  return type == Type::Tf32 ? bits << 13 : bits;
}

template <class T>
T saturated(double value) {
  if (std::isnan(value)) return T{0};
  constexpr T kLowest = std::numeric_limits<T>::min();
  constexpr T kHighest = std::numeric_limits<T>::max();
  if (value <= static_cast<double>(kLowest)) return kLowest;
  // The highest 64-bit numbers are not doubles; the next double is already too much.
  if (value >= static_cast<double>(kHighest)) return kHighest;
  return static_cast<T>(value);
}

// ----------------------------------------------------------------------------------- the four
// kinds

template <class To, class From>
void executeInteger(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const bool saturate = clampOf(instruction) == Clamp::Saturate;
  forLanes(lanes, [&](int lane) {
    const auto value = static_cast<From>(warp.bits(instruction.slots[1], lane));
    auto result = static_cast<To>(value);
    if (saturate) {
      __extension__ using Wide = __int128;
      result = static_cast<To>(
          std::clamp<Wide>(value, std::numeric_limits<To>::min(), std::numeric_limits<To>::max()));
    }
    // A destination wider than the type is filled with the sign, or with zeros.
    warp.setBits(
        instruction.slots[0], lane,
        static_cast<uint64_t>(
            static_cast<std::conditional_t<std::is_signed_v<To>, int64_t, uint64_t>>(result)));
  });
}

// The integer as a double, rounded to odd where it has more than 53 bits.
template <class From>
double toDouble(From value) {
  if constexpr (sizeof(From) < 8) {
    return value;
  } else {
    return addToOdd(static_cast<double>(value >> 32) * 0x1p32,
                    static_cast<double>(static_cast<uint32_t>(value)));
  }
}

template <class From>
void executeToFloat(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  forLanes(lanes, [&](int lane) {
    const auto value = static_cast<From>(warp.bits(instruction.slots[1], lane));
    const bool isNearest = instruction.rounding == Rounding::Nearest;
    uint64_t bits = 0;
    if (instruction.type == Type::F32 && isNearest) {
      bits = std::bit_cast<uint32_t>(static_cast<float>(value));
    } else if (instruction.type == Type::F64 && isNearest) {
      bits = std::bit_cast<uint64_t>(static_cast<double>(value));
    } else {
      bits = writeFloat(toDouble(value), instruction, instruction.type);
    }
    warp.setBits(instruction.slots[0], lane, bits);
  });
}

template <class To>
void executeFromFloat(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  forLanes(lanes, [&](int lane) {
    double value = readFloat(warp.bits(instruction.slots[1], lane), instruction.sourceType);
    if (instruction.sourceType == Type::F32) value = flushIf(value, instruction.flag);
    const To result = saturated<To>(toWhole(value, wholeOf(instruction)));
    warp.setBits(
        instruction.slots[0], lane,
        static_cast<uint64_t>(
            static_cast<std::conditional_t<std::is_signed_v<To>, int64_t, uint64_t>>(result)));
  });
}

void executeFloat(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  forLanes(lanes, [&](int lane) {
    double value = readFloat(warp.bits(instruction.slots[1], lane), instruction.sourceType);
    if (instruction.sourceType == Type::F32) value = flushIf(value, instruction.flag);
    value = toWhole(value, wholeOf(instruction));
    warp.setBits(instruction.slots[0], lane, writeFloat(value, instruction, instruction.type));
  });
}

// The conversions that our kernels do most, without the detour through double.
void executeBfloatToSingle(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const auto* from = warp.lanes<uint16_t>(instruction.slots[1]);
  auto* to = warp.lanes<uint32_t>(instruction.slots[0]);
  forLanes(lanes, [&](int lane) { to[lane] = static_cast<uint32_t>(from[lane]) << 16; });
}

void executeSingleToBfloat(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const auto* from = warp.lanes<float>(instruction.slots[1]);
  auto* to = warp.lanes<uint16_t>(instruction.slots[0]);
  forLanes(lanes, [&](int lane) { to[lane] = narrowBfloat(from[lane]); });
}

void executeSinglesToBfloats(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const auto* upper = warp.lanes<float>(instruction.slots[1]);
  const auto* lower = warp.lanes<float>(instruction.slots[2]);
  auto* to = warp.lanes<uint32_t>(instruction.slots[0]);
  forLanes(lanes, [&](int lane) {
    to[lane] = static_cast<uint32_t>(narrowBfloat(upper[lane])) << 16 | narrowBfloat(lower[lane]);
  });
}

void executeHalfToSingle(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const auto* from = warp.lanes<uint16_t>(instruction.slots[1]);
  auto* to = warp.lanes<float>(instruction.slots[0]);
  forLanes(lanes, [&](int lane) { to[lane] = widenHalf(from[lane]); });
}

// Two f32 to a pair: the first source becomes the upper half.
void executePair(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const int width = 4 * bytesOf(instruction.type);
  forLanes(lanes, [&](int lane) {
    const auto part = [&](std::size_t slot) {
      const double value = readFloat(warp.bits(instruction.slots[slot], lane), Type::F32);
      return writeFloat(value, instruction, instruction.type);
    };
    warp.setBits(instruction.slots[0], lane, part(1) << width | part(2));
  });
}

// A pair of eight-bit numbers to a pair of halves.
void executePairToHalves(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  forLanes(lanes, [&](int lane) {
    const auto pair = static_cast<uint32_t>(warp.bits(instruction.slots[1], lane));
    const auto part = [&](uint32_t bits) {
      return writeFloat(widen(bits, formatOf(instruction.sourceType)), instruction, Type::F16);
    };
    warp.setBits(instruction.slots[0], lane, part(pair >> 8 & 0xFF) << 16 | part(pair & 0xFF));
  });
}

// ---------------------------------------------------------------------------------------- decoding

template <class Visitor>
Instruction::Execute byInteger(Type type, Visitor visit) {
  switch (type) {
    case Type::U8:
      return visit(uint8_t{});
    case Type::S8:
      return visit(int8_t{});
    case Type::U16:
      return visit(uint16_t{});
    case Type::S16:
      return visit(int16_t{});
    case Type::U32:
      return visit(uint32_t{});
    case Type::S32:
      return visit(int32_t{});
    case Type::U64:
      return visit(uint64_t{});
    case Type::S64:
      return visit(int64_t{});
    default:
      return nullptr;
  }
}

Instruction::Execute integerExecutor(Type to, Type from) {
  return byInteger(to, [from](auto target) {
    return byInteger(from, [](auto source) -> Instruction::Execute {
      return executeInteger<decltype(target), decltype(source)>;
    });
  });
}

Instruction::Execute floatExecutor(const Instruction& instruction, bool plain) {
  const Type to = instruction.type;
  const Type from = instruction.sourceType;
  if (plain && to == Type::F32 && from == Type::Bf16) return executeBfloatToSingle;
  if (plain && to == Type::F32 && from == Type::F16) return executeHalfToSingle;
  if (plain && to == Type::Bf16 && from == Type::F32) return executeSingleToBfloat;
  return executeFloat;
}

bool isPair(Type type) {
  return type == Type::F16x2 || type == Type::Bf16x2 || type == Type::E4m3x2 ||
         type == Type::E5m2x2;
}

void decodePair(Decoding& decoding, bool plain) {
  Instruction& instruction = decoding.instruction;
  const Type to = instruction.type;
  const Type from = instruction.sourceType;
  instruction.slots[0] = decoding.destination(0, to);
  if (from == Type::F32) {
    const bool quick = plain && to == Type::Bf16x2;
    instruction.execute = quick ? executeSinglesToBfloats : executePair;
    instruction.slots[1] = decoding.source(1, Type::F32);
    instruction.slots[2] = decoding.source(2, Type::F32);
  } else if (to == Type::F16x2 && (from == Type::E4m3x2 || from == Type::E5m2x2)) {
    instruction.execute = executePairToHalves;
    instruction.slots[1] = decoding.source(1, Type::B16);
  } else {
    decoding.unsupportedType(from);
  }
}

Whole takeWhole(Decoding& decoding) {
  return decoding
      .takeOneOf<Whole>(
          {{"rni", Whole::Nearest}, {"rzi", Whole::Zero}, {"rmi", Whole::Down}, {"rpi", Whole::Up}})
      .value_or(Whole::None);
}

Clamp takeClamp(Decoding& decoding) {
  return decoding
      .takeOneOf<Clamp>(
          {{"sat", Clamp::Saturate}, {"satfinite", Clamp::Finite}, {"relu", Clamp::Relu}})
      .value_or(Clamp::None);
}

void decodeConvert(Decoding& decoding) {
  Instruction& instruction = decoding.instruction;
  instruction.type = decoding.takeType();
  instruction.sourceType = decoding.takeType();
  const Whole whole = takeWhole(decoding);
  const Clamp clamp = takeClamp(decoding);
  instruction.mode = static_cast<uint8_t>(whole);
  instruction.count = static_cast<uint8_t>(clamp);
  instruction.rounding = decoding.takeRounding();
  instruction.flag = decoding.take("ftz");
  const bool plain = instruction.rounding == Rounding::Nearest && !instruction.flag &&
                     whole == Whole::None && clamp == Clamp::None;
  if (isPair(instruction.type)) return decodePair(decoding, plain);
  const Type to = instruction.type;
  const Type from = instruction.sourceType;
  if (to == Type::F64 && instruction.rounding != Rounding::Nearest) {
    decoding.fail("directed rounding to f64 is not modelled");
  }
  if (isFloat(to)) {
    instruction.execute = isFloat(from) ? floatExecutor(instruction, plain)
                                        : byInteger(from, [](auto source) -> Instruction::Execute {
                                            return executeToFloat<decltype(source)>;
                                          });
  } else {
    instruction.execute = isFloat(from) ? byInteger(to,
                                                    [](auto target) -> Instruction::Execute {
                                                      return executeFromFloat<decltype(target)>;
                                                    })
                                        : integerExecutor(to, from);
    if (isFloat(from) && whole == Whole::None) decoding.fail("a rounding is expected");
  }
  if (instruction.execute == nullptr) return decoding.unsupportedType(from);
  instruction.slots[0] = decoding.wideDestination(0, to);
  instruction.slots[1] = decoding.wideSource(1, from);
}

}  // namespace

void addConversion(DecoderTable& table) {
  table["cvt"] = decodeConvert;
}

}  // namespace lectern::ptx
