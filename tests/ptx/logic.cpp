// SPDX-License-Identifier: GPL-3.0-or-later
// Moves, logic and shifts: mov, and or xor not cnot, lop3, shl shr shf, cvta, isspacep
// (PTX ISA 9.7.8, 9.7.9).
#include "tests/ptx/decoding.h"
#include "tests/ptx/lanewise.h"
#include "tests/ptx/memory.h"

#include <algorithm>

namespace lectern::ptx {
namespace {

struct Move {
  template <class T>
  static T run(T a) {
    return a;
  }
};
struct And {
  template <class T>
  static T run(T a, T b) {
    return a & b;
  }
};
struct Or {
  template <class T>
  static T run(T a, T b) {
    return a | b;
  }
};
struct Xor {
  template <class T>
  static T run(T a, T b) {
    return a ^ b;
  }
};
struct Not {
  template <class T>
  static T run(T a) {
    return static_cast<T>(~a);
  }
};
struct IsZero {
  template <class T>
  static T run(T a) {
    return a == 0 ? 1 : 0;
  }
};
// Shifts by the width or more give what an endless shift would.
struct ShiftLeft {
  template <class T>
  static T run(T a, uint32_t by) {
    return by >= 8 * sizeof(T) ? T{0} : static_cast<T>(static_cast<uint64_t>(a) << by);
  }
};
struct ShiftRight {
  template <class T>
  static T run(T a, uint32_t by) {
    if (by < 8 * sizeof(T)) return static_cast<T>(a >> by);
    return a < T{0} ? static_cast<T>(-1) : T{0};
  }
};

template <class Operation>
Instruction::Execute shiftOf(Type type) {
  switch (type) {
    case Type::B16:
    case Type::U16:
      return lanewise<Operation, uint16_t, uint16_t, uint32_t>;
    case Type::S16:
      return lanewise<Operation, int16_t, int16_t, uint32_t>;
    case Type::B32:
    case Type::U32:
      return lanewise<Operation, uint32_t, uint32_t, uint32_t>;
    case Type::S32:
      return lanewise<Operation, int32_t, int32_t, uint32_t>;
    case Type::B64:
    case Type::U64:
      return lanewise<Operation, uint64_t, uint64_t, uint32_t>;
    case Type::S64:
      return lanewise<Operation, int64_t, int64_t, uint32_t>;
    default:
      return nullptr;
  }
}

template <class Operation>
void decodeShift(Decoding& decoding) {
  const Type type = decoding.takeType();
  decoding.instruction.execute = shiftOf<Operation>(type);
  if (decoding.instruction.execute == nullptr) return decoding.unsupportedType(type);
  decoding.instruction.slots[0] = decoding.destination(0, type);
  decoding.instruction.slots[1] = decoding.source(1, type);
  decoding.instruction.slots[2] = decoding.source(2, Type::U32);
}

// Funnel shift (9.7.8.8): {b, a} as 64 bits; left keeps the high word, right the low word.
template <bool kLeft, bool kClamp>
struct Funnel {
  static uint32_t run(uint32_t low, uint32_t high, uint32_t by) {
    const uint32_t count = kClamp ? std::min(by, 32U) : by & 31;
    const uint64_t both = static_cast<uint64_t>(high) << 32 | low;
    return static_cast<uint32_t>(kLeft ? both << count >> 32 : both >> count);
  }
};

void decodeFunnel(Decoding& decoding) {
  const bool left = decoding.take("l");
  if (!left) decoding.need("r");
  const bool clamp = decoding.take("clamp");
  if (!clamp) decoding.need("wrap");
  decoding.need("b32");
  Instruction& instruction = decoding.instruction;
  if (left) {
    instruction.execute = clamp ? sameType<Funnel<true, true>, uint32_t, 3>()
                                : sameType<Funnel<true, false>, uint32_t, 3>();
  } else {
    instruction.execute = clamp ? sameType<Funnel<false, true>, uint32_t, 3>()
                                : sameType<Funnel<false, false>, uint32_t, 3>();
  }
  instruction.slots[0] = decoding.destination(0, Type::B32);
  for (std::size_t i = 1; i <= 3; ++i) instruction.slots[i] = decoding.source(i, Type::B32);
}

// Any function of three bits: bit (a << 2 | b << 1 | c) of the table is its value (9.7.8.6).
void executeTableLogic(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  uint32_t* to = warp.lanes<uint32_t>(instruction.slots[0]);
  const uint32_t* a = warp.lanes<uint32_t>(instruction.slots[1]);
  const uint32_t* b = warp.lanes<uint32_t>(instruction.slots[2]);
  const uint32_t* c = warp.lanes<uint32_t>(instruction.slots[3]);
  forLanes(lanes, [&](int lane) {
    uint32_t result = 0;
    for (int row = 0; row < 8; ++row) {
      if ((instruction.offset >> row & 1) == 0) continue;
      result |= ((row & 4) != 0 ? a[lane] : ~a[lane]) & ((row & 2) != 0 ? b[lane] : ~b[lane]) &
                ((row & 1) != 0 ? c[lane] : ~c[lane]);
    }
    to[lane] = result;
  });
}

void decodeTableLogic(Decoding& decoding) {
  decoding.need("b32");
  Instruction& instruction = decoding.instruction;
  instruction.execute = executeTableLogic;
  instruction.slots[0] = decoding.destination(0, Type::B32);
  for (std::size_t i = 1; i <= 3; ++i) instruction.slots[i] = decoding.source(i, Type::B32);
  instruction.offset = static_cast<int64_t>(decoding.immediate(4));
  if (instruction.offset > 0xFF) decoding.fail("the table has eight bits");
}

// --------------------------------------------------------------------------------- predicate logic

enum class MaskOperation : uint8_t { And, Or, Xor, Not, Move };

void executeMask(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const uint32_t a = warp.predicate(instruction.slots[1]);
  const auto b = [&] { return warp.predicate(instruction.slots[2]); };
  uint32_t result = 0;
  switch (static_cast<MaskOperation>(instruction.mode)) {
    case MaskOperation::And:
      result = a & b();
      break;
    case MaskOperation::Or:
      result = a | b();
      break;
    case MaskOperation::Xor:
      result = a ^ b();
      break;
    case MaskOperation::Not:
      result = ~a;
      break;
    case MaskOperation::Move:
      result = a;
      break;
  }
  warp.setPredicate(instruction.slots[0], lanes, result);
}

void decodeMask(Decoding& decoding, MaskOperation operation, int sources) {
  decoding.instruction.execute = executeMask;
  decoding.instruction.mode = static_cast<uint8_t>(operation);
  decoding.instruction.slots[0] = decoding.destination(0, Type::Pred);
  for (int i = 1; i <= sources; ++i) {
    const auto index = static_cast<std::size_t>(i);
    decoding.instruction.slots[index] = decoding.source(index, Type::Pred);
  }
}

template <class Operation, int kSources, MaskOperation kMask>
void decodeLogic(Decoding& decoding) {
  const Type type = decoding.takeType();
  if (type == Type::Pred) return decodeMask(decoding, kMask, kSources);
  if (!isBits(type) || type == Type::B8) return decoding.unsupportedType(type);
  decoding.instruction.execute = forInteger<Operation, kSources>(type);
  decoding.instruction.slots[0] = decoding.destination(0, type);
  for (std::size_t i = 1; i <= kSources; ++i) {
    decoding.instruction.slots[i] = decoding.source(i, type);
  }
}

void decodeIsZero(Decoding& decoding) {
  const Type type = decoding.takeType();
  decoding.instruction.execute = forInteger<IsZero, 1>(type);
  decoding.instruction.slots[0] = decoding.destination(0, type);
  decoding.instruction.slots[1] = decoding.source(1, type);
}

// ------------------------------------------------------------------------------------------- moves

// mov.b64 %rd, {%r1, %r2}: the first element is the lowest.
void executePack(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const int width = 8 * instruction.slots[1].bytes;
  forLanes(lanes, [&](int lane) {
    uint64_t value = 0;
    for (int i = 0; i < instruction.count; ++i) {
      value |= warp.bits(instruction.slots[static_cast<std::size_t>(i) + 1], lane) << (i * width);
    }
    warp.setBits(instruction.slots[0], lane, value);
  });
}

void executeUnpack(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const int width = 8 * instruction.slots[0].bytes;
  const Slot from = instruction.slots[instruction.count];
  forLanes(lanes, [&](int lane) {
    const uint64_t value = warp.bits(from, lane);
    for (int i = 0; i < instruction.count; ++i) {
      warp.setBits(instruction.slots[static_cast<std::size_t>(i)], lane, value >> (i * width));
    }
  });
}

Type part(Type whole, std::size_t count) {
  const int bytes = count == 0 ? 0 : bytesOf(whole) / static_cast<int>(count);
  return bytes == 2 ? Type::B16 : bytes == 4 ? Type::B32 : Type::None;
}

void decodePacking(Decoding& decoding, Type type, bool packs) {
  const std::size_t vectorIndex = packs ? 1 : 0;
  const Type element = part(type, decoding.operand(vectorIndex).parts.size());
  if (element == Type::None) return decoding.fail("a vector of this many parts is not modelled");
  Instruction& instruction = decoding.instruction;
  if (packs) {
    instruction.execute = executePack;
    instruction.slots[0] = decoding.destination(0, type);
    instruction.count = static_cast<uint8_t>(decoding.vector(1, element, 1, false, true));
  } else {
    instruction.execute = executeUnpack;
    instruction.count = static_cast<uint8_t>(decoding.vector(0, element, 0, true, true));
    instruction.slots[instruction.count] = decoding.source(1, type);
  }
}

Instruction::Execute moveOf(int bytes) {
  switch (bytes) {
    case 2:
      return lanewise<Move, uint16_t, uint16_t>;
    case 4:
      return lanewise<Move, uint32_t, uint32_t>;
    case 8:
      return lanewise<Move, uint64_t, uint64_t>;
    default:
      return nullptr;
  }
}

void decodeMove(Decoding& decoding) {
  const Type type = decoding.takeType();
  if (type == Type::Pred) return decodeMask(decoding, MaskOperation::Move, 1);
  if (decoding.operand(0).kind == OperandText::Kind::Vector) {
    return decodePacking(decoding, type, false);
  }
  if (decoding.operand(1).kind == OperandText::Kind::Vector) {
    return decodePacking(decoding, type, true);
  }
  decoding.instruction.execute = moveOf(bytesOf(type));
  if (decoding.instruction.execute == nullptr) return decoding.unsupportedType(type);
  decoding.instruction.slots[0] = decoding.destination(0, type);
  decoding.instruction.slots[1] = decoding.source(1, type);
}

// -------------------------------------------------------------------------------------- addresses

uint64_t windowOf(Space space) {
  switch (space) {
    case Space::Shared:
      return kSharedWindow;
    case Space::Local:
      return kLocalWindow;
    case Space::KernelParam:
      return kParameterWindow;
    default:
      return 0;
  }
}

std::optional<Space> takeSpace(Decoding& decoding) {
  return decoding.takeOneOf<Space>({{"global", Space::Global},
                                    {"shared", Space::Shared},
                                    {"shared::cta", Space::Shared},
                                    {"local", Space::Local},
                                    {"const", Space::Const},
                                    {"param", Space::KernelParam},
                                    {"param::entry", Space::KernelParam}});
}

// A space's own addresses begin at zero; generic ones at its window (memory.h).
void executeAddOffset(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  forLanes(lanes, [&](int lane) {
    warp.setBits(instruction.slots[0], lane,
                 warp.bits(instruction.slots[1], lane) + static_cast<uint64_t>(instruction.offset));
  });
}

void decodeConvertAddress(Decoding& decoding) {
  const bool fromGeneric = decoding.take("to");
  const std::optional<Space> space = takeSpace(decoding);
  if (!space) return decoding.fail("this state space is not modelled");
  const Type type = decoding.takeType();
  if (type != Type::U64) return decoding.unsupportedType(type);
  const uint64_t window = windowOf(*space);
  decoding.instruction.execute = executeAddOffset;
  decoding.instruction.offset = static_cast<int64_t>(fromGeneric ? 0 - window : window);
  decoding.instruction.slots[0] = decoding.destination(0, type);
  decoding.instruction.slots[1] = decoding.source(1, type);
}

void executeIsSpace(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  uint32_t result = 0;
  const uint64_t window = windowOf(instruction.space);
  forLanes(lanes, [&](int lane) {
    const uint64_t address = warp.bits(instruction.slots[1], lane);
    const bool inWindow = address >= kSharedWindow && address < kParameterWindow + kWindowBytes;
    const bool holds = window == 0 ? !inWindow : address - window < kWindowBytes;
    if (holds) result |= uint32_t{1} << lane;
  });
  warp.setPredicate(instruction.slots[0], lanes, result);
}

void decodeIsSpace(Decoding& decoding) {
  const std::optional<Space> space = takeSpace(decoding);
  if (!space || *space == Space::Const) return decoding.fail("this state space is not modelled");
  decoding.instruction.space = *space;
  decoding.instruction.execute = executeIsSpace;
  decoding.instruction.slots[0] = decoding.destination(0, Type::Pred);
  decoding.instruction.slots[1] = decoding.source(1, Type::U64);
}

}  // namespace

void addLogic(DecoderTable& table) {
  table["mov"] = decodeMove;
  table["and"] = decodeLogic<And, 2, MaskOperation::And>;
  table["or"] = decodeLogic<Or, 2, MaskOperation::Or>;
  table["xor"] = decodeLogic<Xor, 2, MaskOperation::Xor>;
  table["not"] = decodeLogic<Not, 1, MaskOperation::Not>;
  table["cnot"] = decodeIsZero;
  table["lop3"] = decodeTableLogic;
  table["shl"] = decodeShift<ShiftLeft>;
  table["shr"] = decodeShift<ShiftRight>;
  table["shf"] = decodeFunnel;
  table["cvta"] = decodeConvertAddress;
  table["isspacep"] = decodeIsSpace;
}

}  // namespace lectern::ptx
