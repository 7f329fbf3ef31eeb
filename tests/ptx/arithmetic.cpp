// SPDX-License-Identifier: GPL-3.0-or-later
// Integer arithmetic: add sub mul mad min max neg abs div rem sad, mul24, dp4a (PTX ISA 9.7.1).
#include "tests/ptx/decoding.h"
#include "tests/ptx/floating.h"
#include "tests/ptx/lanewise.h"

#include <algorithm>
#include <limits>
#include <type_traits>

namespace lectern::ptx {
namespace {

// Arithmetic wraps around, as on the machine: done in an unsigned type at least as wide as int.
template <class T>
using Wrapping = std::conditional_t<sizeof(T) <= 4, uint32_t, uint64_t>;

struct Add {
  template <class T>
  static T run(T a, T b) {
    return static_cast<T>(static_cast<Wrapping<T>>(a) + static_cast<Wrapping<T>>(b));
  }
};
struct Subtract {
  template <class T>
  static T run(T a, T b) {
    return static_cast<T>(static_cast<Wrapping<T>>(a) - static_cast<Wrapping<T>>(b));
  }
};
struct MultiplyLow {
  template <class T>
  static T run(T a, T b) {
    return static_cast<T>(static_cast<Wrapping<T>>(a) * static_cast<Wrapping<T>>(b));
  }
};
struct MultiplyHigh {
  template <class T>
  static T run(T a, T b) {
    __extension__ using Wide = std::conditional_t<std::is_signed_v<T>, __int128, unsigned __int128>;
    return static_cast<T>((static_cast<Wide>(a) * static_cast<Wide>(b)) >> (8 * sizeof(T)));
  }
};
struct Minimum {
  template <class T>
  static T run(T a, T b) {
    return std::min(a, b);
  }
};
struct Maximum {
  template <class T>
  static T run(T a, T b) {
    return std::max(a, b);
  }
};
struct Negate {
  template <class T>
  static T run(T a) {
    return Subtract::run(T{0}, a);
  }
};
struct Absolute {
  template <class T>
  static T run(T a) {
    return a < T{0} ? Negate::run(a) : a;
  }
};

template <class T>
bool divisionOverflows(T a, T b) {
  return std::is_signed_v<T> && a == std::numeric_limits<T>::min() && b == static_cast<T>(-1);
}

// Division by zero is undefined in PTX; all ones is what NVIDIA's machines answer.
struct Divide {
  template <class T>
  static T run(T a, T b) {
    if (b == 0) return static_cast<T>(-1);
    return divisionOverflows(a, b) ? a : static_cast<T>(a / b);
  }
};
struct Remainder {
  template <class T>
  static T run(T a, T b) {
    if (b == 0) return a;
    return divisionOverflows(a, b) ? T{0} : static_cast<T>(a % b);
  }
};
struct SumOfDifference {
  template <class T>
  static T run(T a, T b, T c) {
    return Add::run(c, a < b ? Subtract::run(b, a) : Subtract::run(a, b));
  }
};
template <class Multiply>
struct MultiplyAdd {
  template <class T>
  static T run(T a, T b, T c) {
    return Add::run(Multiply::template run<T>(a, b), c);
  }
};

template <class Wide>
struct MultiplyWide {
  template <class T>
  static Wide run(T a, T b) {
    return static_cast<Wide>(static_cast<Wide>(a) * static_cast<Wide>(b));
  }
};
template <class Wide>
struct MultiplyAddWide {
  template <class T>
  static Wide run(T a, T b, Wide c) {
    return Add::run(MultiplyWide<Wide>::run(a, b), c);
  }
};

// mul24 takes the low 24 bits of both.
template <bool kHigh>
struct Multiply24 {
  template <class T>
  static T run(T a, T b) {
    using Wide = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
    const auto cut = [](T value) { return static_cast<T>(static_cast<uint32_t>(value) << 8) >> 8; };
    const Wide product = static_cast<Wide>(cut(a)) * static_cast<Wide>(cut(b));
    return static_cast<T>(kHigh ? product >> 16 : product);
  }
};

template <class Operation, int kSources>
void decodeInteger(Decoding& decoding, Type type) {
  decoding.instruction.execute = forInteger<Operation, kSources>(type);
  if (decoding.instruction.execute == nullptr) return decoding.unsupportedType(type);
  decoding.instruction.slots[0] = decoding.destination(0, type);
  for (std::size_t i = 1; i <= kSources; ++i) {
    decoding.instruction.slots[i] = decoding.source(i, type);
  }
}

template <class Operation, int kSources>
void decodeIntegerOnly(Decoding& decoding) {
  decodeInteger<Operation, kSources>(decoding, decoding.takeType());
}

template <class Operation, int kSources, FloatOperation kFloating>
void decodeEither(Decoding& decoding) {
  const Type type = decoding.takeType();
  if (decodeFloating(decoding, kFloating, type)) return;
  decodeInteger<Operation, kSources>(decoding, type);
}

Type doubleWidth(Type type) {
  switch (type) {
    case Type::U16:
      return Type::U32;
    case Type::S16:
      return Type::S32;
    case Type::U32:
      return Type::U64;
    case Type::S32:
      return Type::S64;
    default:
      return Type::None;
  }
}

Instruction::Execute wideProduct(Type type) {
  switch (type) {
    case Type::U16:
      return lanewise<MultiplyWide<uint32_t>, uint32_t, uint16_t, uint16_t>;
    case Type::S16:
      return lanewise<MultiplyWide<int32_t>, int32_t, int16_t, int16_t>;
    case Type::U32:
      return lanewise<MultiplyWide<uint64_t>, uint64_t, uint32_t, uint32_t>;
    case Type::S32:
      return lanewise<MultiplyWide<int64_t>, int64_t, int32_t, int32_t>;
    default:
      return nullptr;
  }
}

Instruction::Execute wideProductSum(Type type) {
  switch (type) {
    case Type::U16:
      return lanewise<MultiplyAddWide<uint32_t>, uint32_t, uint16_t, uint16_t, uint32_t>;
    case Type::S16:
      return lanewise<MultiplyAddWide<int32_t>, int32_t, int16_t, int16_t, int32_t>;
    case Type::U32:
      return lanewise<MultiplyAddWide<uint64_t>, uint64_t, uint32_t, uint32_t, uint64_t>;
    case Type::S32:
      return lanewise<MultiplyAddWide<int64_t>, int64_t, int32_t, int32_t, int64_t>;
    default:
      return nullptr;
  }
}

void decodeMultiply(Decoding& decoding) {
  const Type type = decoding.takeType();
  if (decodeFloating(decoding, FloatOperation::Multiply, type)) return;
  if (decoding.take("hi")) return decodeInteger<MultiplyHigh, 2>(decoding, type);
  if (decoding.take("lo")) return decodeInteger<MultiplyLow, 2>(decoding, type);
  decoding.need("wide");
  decoding.instruction.execute = wideProduct(type);
  if (decoding.instruction.execute == nullptr) return decoding.unsupportedType(type);
  decoding.instruction.slots[0] = decoding.destination(0, doubleWidth(type));
  decoding.instruction.slots[1] = decoding.source(1, type);
  decoding.instruction.slots[2] = decoding.source(2, type);
}

void decodeMultiplyAdd(Decoding& decoding) {
  const Type type = decoding.takeType();
  // mad.f32 is fma since sm_20.
  if (decodeFloating(decoding, FloatOperation::MultiplyAdd, type)) return;
  if (decoding.take("hi")) return decodeInteger<MultiplyAdd<MultiplyHigh>, 3>(decoding, type);
  if (decoding.take("lo")) return decodeInteger<MultiplyAdd<MultiplyLow>, 3>(decoding, type);
  decoding.need("wide");
  decoding.instruction.execute = wideProductSum(type);
  if (decoding.instruction.execute == nullptr) return decoding.unsupportedType(type);
  decoding.instruction.slots[0] = decoding.destination(0, doubleWidth(type));
  decoding.instruction.slots[1] = decoding.source(1, type);
  decoding.instruction.slots[2] = decoding.source(2, type);
  decoding.instruction.slots[3] = decoding.source(3, doubleWidth(type));
}

template <bool kWithSum>
void decodeMultiply24(Decoding& decoding) {
  const Type type = decoding.takeType();
  if (type != Type::U32 && type != Type::S32) return decoding.unsupportedType(type);
  constexpr int kSources = kWithSum ? 3 : 2;
  using Low = std::conditional_t<kWithSum, MultiplyAdd<Multiply24<false>>, Multiply24<false>>;
  using High = std::conditional_t<kWithSum, MultiplyAdd<Multiply24<true>>, Multiply24<true>>;
  if (decoding.take("hi")) return decodeInteger<High, kSources>(decoding, type);
  decoding.need("lo");
  decodeInteger<Low, kSources>(decoding, type);
}

// dp4a: four products of bytes and a sum (9.7.1.23).
template <class A, class B>
struct DotBytes {
  static uint32_t run(uint32_t a, uint32_t b, uint32_t sum) {
    for (int shift = 0; shift < 32; shift += 8) {
      sum += static_cast<uint32_t>(static_cast<A>(a >> shift) * static_cast<B>(b >> shift));
    }
    return sum;
  }
};

void decodeDotBytes(Decoding& decoding) {
  const Type a = decoding.takeType();
  const Type b = decoding.takeType();
  const bool signedA = isSigned(a);
  const bool signedB = isSigned(b);
  Instruction& instruction = decoding.instruction;
  if (signedA && signedB) instruction.execute = sameType<DotBytes<int8_t, int8_t>, uint32_t, 3>();
  if (signedA && !signedB) instruction.execute = sameType<DotBytes<int8_t, uint8_t>, uint32_t, 3>();
  if (!signedA && signedB) instruction.execute = sameType<DotBytes<uint8_t, int8_t>, uint32_t, 3>();
  if (!signedA && !signedB) {
    instruction.execute = sameType<DotBytes<uint8_t, uint8_t>, uint32_t, 3>();
  }
  if (bytesOf(a) != 4 || bytesOf(b) != 4) return decoding.unsupportedType(a);
  instruction.slots[0] = decoding.destination(0, Type::B32);
  for (std::size_t i = 1; i <= 3; ++i) instruction.slots[i] = decoding.source(i, Type::B32);
}

}  // namespace

void addArithmetic(DecoderTable& table) {
  table["add"] = decodeEither<Add, 2, FloatOperation::Add>;
  table["sub"] = decodeEither<Subtract, 2, FloatOperation::Subtract>;
  table["min"] = decodeEither<Minimum, 2, FloatOperation::Minimum>;
  table["max"] = decodeEither<Maximum, 2, FloatOperation::Maximum>;
  table["neg"] = decodeEither<Negate, 1, FloatOperation::Negate>;
  table["abs"] = decodeEither<Absolute, 1, FloatOperation::Absolute>;
  table["div"] = decodeEither<Divide, 2, FloatOperation::Divide>;
  table["rem"] = decodeIntegerOnly<Remainder, 2>;
  table["sad"] = decodeIntegerOnly<SumOfDifference, 3>;
  table["mul"] = decodeMultiply;
  table["mad"] = decodeMultiplyAdd;
  table["mul24"] = decodeMultiply24<false>;
  table["mad24"] = decodeMultiply24<true>;
  table["dp4a"] = decodeDotBytes;
}

}  // namespace lectern::ptx
