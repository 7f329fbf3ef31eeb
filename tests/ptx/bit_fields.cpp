// SPDX-License-Identifier: GPL-3.0-or-later
// Bits and bytes within a word: prmt, bfe, bfi, bfind, brev, popc, clz
// (PTX ISA 9.7.1, 9.7.9.7).
#include "tests/ptx/decoding.h"
#include "tests/ptx/lanewise.h"

#include <algorithm>
#include <bit>
#include <type_traits>

namespace lectern::ptx {
namespace {

// Each nibble of the selector picks one of eight bytes; its top bit copies the byte's sign instead.
struct Permute {
  static uint32_t run(uint32_t a, uint32_t b, uint32_t selector) {
    const uint64_t bytes = static_cast<uint64_t>(b) << 32 | a;
    uint32_t result = 0;
    for (int i = 0; i < 4; ++i) {
      const uint32_t choice = selector >> (4 * i) & 0xF;
      auto byte = static_cast<uint32_t>(bytes >> (8 * (choice & 7)) & 0xFF);
      if ((choice & 8) != 0) byte = (byte & 0x80) != 0 ? 0xFF : 0;
      result |= byte << (8 * i);
    }
    return result;
  }
};

// The named modes of prmt, as selectors by the low two bits of c (9.7.9.7, tables).
enum class PermuteMode : uint8_t {
  Forward4,
  Backward4,
  Replicate8,
  EdgeLeft,
  EdgeRight,
  Replicate16
};

template <PermuteMode kMode>
struct PermuteNamed {
  static uint32_t run(uint32_t a, uint32_t b, uint32_t c) {
    constexpr uint32_t kSelectors[6][4] = {
        {0x3210, 0x4321, 0x5432, 0x6543}, {0x5670, 0x6701, 0x7012, 0x0123},
        {0x0000, 0x1111, 0x2222, 0x3333}, {0x3210, 0x3211, 0x3222, 0x3333},
        {0x0000, 0x1110, 0x2210, 0x3210}, {0x1010, 0x3232, 0x1010, 0x3232}};
    return Permute::run(a, b, kSelectors[static_cast<int>(kMode)][c & 3]);
  }
};

void decodePermute(Decoding& decoding) {
  decoding.need("b32");
  using Mode = PermuteMode;
  using Execute = Instruction::Execute;
  decoding.instruction.execute =
      decoding
          .takeOneOf<Execute>({{"f4e", sameType<PermuteNamed<Mode::Forward4>, uint32_t, 3>()},
                               {"b4e", sameType<PermuteNamed<Mode::Backward4>, uint32_t, 3>()},
                               {"rc8", sameType<PermuteNamed<Mode::Replicate8>, uint32_t, 3>()},
                               {"ecl", sameType<PermuteNamed<Mode::EdgeLeft>, uint32_t, 3>()},
                               {"ecr", sameType<PermuteNamed<Mode::EdgeRight>, uint32_t, 3>()},
                               {"rc16", sameType<PermuteNamed<Mode::Replicate16>, uint32_t, 3>()}})
          .value_or(sameType<Permute, uint32_t, 3>());
  decoding.instruction.slots[0] = decoding.destination(0, Type::B32);
  for (std::size_t i = 1; i <= 3; ++i) {
    decoding.instruction.slots[i] = decoding.source(i, Type::B32);
  }
}

// Position and length count modulo 256. Bits past the field or past the word are zero, or the sign:
// the field's highest bit that exists (9.7.1.20).
struct Extract {
  template <class T>
  static T run(T a, uint32_t position, uint32_t length) {
    using Bits = std::make_unsigned_t<T>;
    constexpr uint32_t kTop = 8 * sizeof(T) - 1;
    position &= 0xFF;
    length &= 0xFF;
    const auto bits = static_cast<Bits>(a);
    const bool sign = std::is_signed_v<T> && length != 0 &&
                      (bits >> std::min(position + length - 1, kTop) & 1) != 0;
    const uint32_t present = position > kTop ? 0 : std::min(length, kTop + 1 - position);
    const Bits mask = present > kTop ? static_cast<Bits>(-1) : (Bits{1} << present) - 1;
    const Bits field = present == 0 ? 0 : bits >> position & mask;
    return static_cast<T>(sign ? field | ~mask : field);
  }
};

struct Insert {
  template <class T>
  static T run(T field, T into, uint32_t position, uint32_t length) {
    constexpr uint32_t kBits = 8 * sizeof(T);
    position &= 0xFF;
    length &= 0xFF;
    if (position >= kBits || length == 0) return into;
    const T ones = length >= kBits ? static_cast<T>(-1) : static_cast<T>((T{1} << length) - 1);
    const T mask = static_cast<T>(ones << position);
    return static_cast<T>((into & ~mask) | (static_cast<T>(field << position) & mask));
  }
};

Instruction::Execute extractOf(Type type) {
  switch (type) {
    case Type::U32:
      return lanewise<Extract, uint32_t, uint32_t, uint32_t, uint32_t>;
    case Type::S32:
      return lanewise<Extract, int32_t, int32_t, uint32_t, uint32_t>;
    case Type::U64:
      return lanewise<Extract, uint64_t, uint64_t, uint32_t, uint32_t>;
    case Type::S64:
      return lanewise<Extract, int64_t, int64_t, uint32_t, uint32_t>;
    default:
      return nullptr;
  }
}

void decodeExtract(Decoding& decoding) {
  const Type type = decoding.takeType();
  decoding.instruction.execute = extractOf(type);
  if (decoding.instruction.execute == nullptr) return decoding.unsupportedType(type);
  decoding.instruction.slots[0] = decoding.destination(0, type);
  decoding.instruction.slots[1] = decoding.source(1, type);
  decoding.instruction.slots[2] = decoding.source(2, Type::U32);
  decoding.instruction.slots[3] = decoding.source(3, Type::U32);
}

void decodeInsert(Decoding& decoding) {
  const Type type = decoding.takeType();
  if (type != Type::B32 && type != Type::B64) return decoding.unsupportedType(type);
  decoding.instruction.execute =
      type == Type::B32 ? lanewise<Insert, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t>
                        : lanewise<Insert, uint64_t, uint64_t, uint64_t, uint32_t, uint32_t>;
  decoding.instruction.slots[0] = decoding.destination(0, type);
  decoding.instruction.slots[1] = decoding.source(1, type);
  decoding.instruction.slots[2] = decoding.source(2, type);
  decoding.instruction.slots[3] = decoding.source(3, Type::U32);
  decoding.instruction.slots[4] = decoding.source(4, Type::U32);
}

struct CountOnes {
  template <class T>
  static uint32_t run(T a) {
    return static_cast<uint32_t>(std::popcount(a));
  }
};
struct LeadingZeros {
  template <class T>
  static uint32_t run(T a) {
    return static_cast<uint32_t>(std::countl_zero(a));
  }
};

template <class Operation>
void decodeCount(Decoding& decoding) {
  const Type type = decoding.takeType();
  if (type != Type::B32 && type != Type::B64) return decoding.unsupportedType(type);
  decoding.instruction.execute = type == Type::B32 ? lanewise<Operation, uint32_t, uint32_t>
                                                   : lanewise<Operation, uint32_t, uint64_t>;
  decoding.instruction.slots[0] = decoding.destination(0, Type::U32);
  decoding.instruction.slots[1] = decoding.source(1, type);
}

// The highest bit that is not the sign; −1 where there is none. .shiftamt: how far to shift it up.
template <bool kShiftAmount>
struct FindTop {
  template <class T>
  static uint32_t run(T a) {
    using Bits = std::make_unsigned_t<T>;
    const auto bits = static_cast<Bits>(a < T{0} ? ~a : a);
    if (bits == 0) return ~uint32_t{0};
    const int zeros = std::countl_zero(bits);
    return static_cast<uint32_t>(kShiftAmount ? zeros
                                              : static_cast<int>(8 * sizeof(T)) - 1 - zeros);
  }
};

template <bool kShiftAmount>
Instruction::Execute findTopOf(Type type) {
  using Operation = FindTop<kShiftAmount>;
  switch (type) {
    case Type::U32:
      return lanewise<Operation, uint32_t, uint32_t>;
    case Type::S32:
      return lanewise<Operation, uint32_t, int32_t>;
    case Type::U64:
      return lanewise<Operation, uint32_t, uint64_t>;
    case Type::S64:
      return lanewise<Operation, uint32_t, int64_t>;
    default:
      return nullptr;
  }
}

void decodeFindTop(Decoding& decoding) {
  const Type type = decoding.takeType();
  decoding.instruction.execute =
      decoding.take("shiftamt") ? findTopOf<true>(type) : findTopOf<false>(type);
  if (decoding.instruction.execute == nullptr) return decoding.unsupportedType(type);
  decoding.instruction.slots[0] = decoding.destination(0, Type::U32);
  decoding.instruction.slots[1] = decoding.source(1, type);
}

struct Reverse {
  template <class T>
  static T run(T a) {
    T result = 0;
    for (std::size_t i = 0; i < 8 * sizeof(T); ++i) {
      result = static_cast<T>(result << 1 | (a >> i & 1));
    }
    return result;
  }
};

void decodeReverse(Decoding& decoding) {
  const Type type = decoding.takeType();
  if (type != Type::B32 && type != Type::B64) return decoding.unsupportedType(type);
  decoding.instruction.execute = forInteger<Reverse, 1>(type);
  decoding.instruction.slots[0] = decoding.destination(0, type);
  decoding.instruction.slots[1] = decoding.source(1, type);
}

}  // namespace

void addBitFields(DecoderTable& table) {
  table["prmt"] = decodePermute;
  table["bfe"] = decodeExtract;
  table["bfi"] = decodeInsert;
  table["popc"] = decodeCount<CountOnes>;
  table["clz"] = decodeCount<LeadingZeros>;
  table["bfind"] = decodeFindTop;
  table["brev"] = decodeReverse;
}

}  // namespace lectern::ptx
