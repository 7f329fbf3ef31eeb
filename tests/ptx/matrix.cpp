// SPDX-License-Identifier: GPL-3.0-or-later
// ldmatrix and mma.sync on dense matrices (PTX ISA 9.7.14.5).
#include "tests/ptx/decoding.h"
#include "tests/ptx/float_format.h"
#include "tests/ptx/warp.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <type_traits>

namespace lectern::ptx {
namespace {

// ---------------------------------------------------------------------------------------- ldmatrix

// The address is here, up to four matrices before it.
constexpr std::size_t kAddress = 8;
constexpr int kRowBytes = 16;
constexpr int kRows = 8;

// Lane 8 m + r gives the address of row r of matrix m. Lane l receives two neighbouring elements of
// row l / 4; transposed, of column l / 4.
void executeLoadMatrix(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  for (int matrix = 0; matrix < instruction.count; ++matrix) {
    std::array<std::array<uint16_t, kRowBytes / 2>, kRows> elements{};
    for (int row = 0; row < kRows; ++row) {
      const int lane = matrix * kRows + row;
      const uint64_t address = warp.address(instruction, instruction.slots[kAddress], lane);
      const std::byte* from = warp.access(instruction, lane, address, kRowBytes, AccessKind::Read);
      if (from == nullptr) return;
      std::memcpy(elements[static_cast<std::size_t>(row)].data(), from, kRowBytes);
    }
    uint32_t* to = warp.lanes<uint32_t>(instruction.slots[static_cast<std::size_t>(matrix)]);
    forLanes(lanes, [&](int lane) {
      const auto line = static_cast<std::size_t>(lane / 4);
      const auto first = static_cast<std::size_t>(2 * (lane % 4));
      const uint16_t low = instruction.flag ? elements[first][line] : elements[line][first];
      const uint16_t high =
          instruction.flag ? elements[first + 1][line] : elements[line][first + 1];
      to[lane] = static_cast<uint32_t>(high) << 16 | low;
    });
  }
}

void decodeLoadMatrix(Decoding& decoding) {
  Instruction& instruction = decoding.instruction;
  decoding.need("sync");
  decoding.need("aligned");
  decoding.need("m8n8");
  decoding.need("b16");
  const int announced = decoding.takeOneOf<int>({{"x1", 1}, {"x2", 2}, {"x4", 4}}).value_or(0);
  instruction.flag = decoding.take("trans");
  const bool isShared = decoding.take("shared") || decoding.take("shared::cta");
  instruction.space = isShared ? Space::Shared : Space::Generic;
  instruction.kind = Instruction::Kind::Collective;
  instruction.execute = executeLoadMatrix;
  instruction.count = static_cast<uint8_t>(decoding.vector(0, Type::B32, 0, true, true));
  if (instruction.count != announced) decoding.fail("the vector does not have as many matrices");
  decoding.address(1, kAddress);
}

// --------------------------------------------------------------------------------------------- mma

// All shapes are m16n8: D[16][8] = A[16][K] B[K][8] + C[16][8]. Every lane holds, of each matrix,
// registers of 32 bits with elements that follow one another in k (9.7.14.5, figures):
//   A  register r: row l / 4 + 8 (r mod 2), k from E (l mod 4) + 4 E (r / 2)     E elements each
//   B  register r: column l / 4,            k from E (l mod 4) + 4 E r
//   C, D of 32 bits: register r: row l / 4 + 8 (r / 2), column 2 (l mod 4) + r mod 2
//   C, D of f16:     register r: row l / 4 + 8 r,       columns 2 (l mod 4) and the next
constexpr std::size_t kResult = 0;
constexpr std::size_t kA = 4;
constexpr std::size_t kB = 8;
constexpr std::size_t kC = 10;
constexpr int kM = 16;
constexpr int kN = 8;
constexpr int kMostK = 32;

// `type` is that of C and D, `sourceType` of A, `mode` holds B's (int8 may differ), `count` is K.
template <class T>
struct Operands {
  T a[kM][kMostK];
  T b[kMostK][kN];
};

template <class T>
T elementOf(uint32_t bits, Type type) {
  if constexpr (std::is_integral_v<T>) {
    return type == Type::S8 ? static_cast<T>(static_cast<int8_t>(bits))
                            : static_cast<T>(bits & 0xFF);
  } else {
    switch (type) {
      case Type::F16:
        return widenHalf(static_cast<uint16_t>(bits));
      case Type::Bf16:
        return widenBfloat(static_cast<uint16_t>(bits));
      default:
        return std::bit_cast<float>(bits & 0xFFFFE000);  // tf32
    }
  }
}

int elementBits(Type type) {
  if (type == Type::S8 || type == Type::U8) return 8;
  return type == Type::Tf32 ? 32 : 16;
}

template <class T>
void gather(const Instruction& instruction, Warp& warp, Operands<T>& operands) {
  const int k = instruction.count;
  const int bits = elementBits(instruction.sourceType);
  const int perRegister = 32 / bits;
  const int registersOfB = k / (4 * perRegister);
  const auto typeOfB = static_cast<Type>(instruction.mode);
  const auto element = [&](std::size_t slot, int lane, int e) {
    return warp.lanes<uint32_t>(instruction.slots[slot])[lane] >> (e * bits % 32);
  };
  for (int lane = 0; lane < kWarpLanes; ++lane) {
    for (int r = 0; r < 2 * registersOfB; ++r) {
      const int first = perRegister * (lane % 4) + 4 * perRegister * (r / 2);
      for (int e = 0; e < perRegister; ++e) {
        operands.a[lane / 4 + 8 * (r % 2)][first + e] = elementOf<T>(
            element(kA + static_cast<std::size_t>(r), lane, e), instruction.sourceType);
      }
    }
    for (int r = 0; r < registersOfB; ++r) {
      const int first = perRegister * (lane % 4) + 4 * perRegister * r;
      for (int e = 0; e < perRegister; ++e) {
        operands.b[first + e][lane / 4] =
            elementOf<T>(element(kB + static_cast<std::size_t>(r), lane, e), typeOfB);
      }
    }
  }
}

template <class T>
void multiply(const Operands<T>& operands, int k, T (&product)[kM][kN]) {
  for (int row = 0; row < kM; ++row) {
    T sums[kN] = {};
    for (int i = 0; i < k; ++i) {
      for (int column = 0; column < kN; ++column) {
        sums[column] += operands.a[row][i] * operands.b[i][column];
      }
    }
    std::copy_n(sums, kN, product[row]);
  }
}

// The sum is made in double and rounded once; a tensor core adds in its own order and truncates, so
// tests of kernels allow for more than this.
void executeFloatMultiply(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  Operands<double> operands;
  double product[kM][kN];
  gather(instruction, warp, operands);
  multiply(operands, instruction.count, product);
  const bool inHalf = instruction.type == Type::F16;
  forLanes(lanes, [&](int lane) {
    for (int r = 0; r < (inHalf ? 2 : 4); ++r) {
      const auto index = static_cast<std::size_t>(r);
      const auto c = static_cast<uint32_t>(warp.bits(instruction.slots[kC + index], lane));
      const int column = 2 * (lane % 4);
      uint32_t result = 0;
      if (inHalf) {
        const double* sums = &product[lane / 4 + 8 * r][column];
        const uint32_t low = narrow(sums[0] + widen(c & 0xFFFF, kHalf), kHalf, Rounding::Nearest);
        const uint32_t high = narrow(sums[1] + widen(c >> 16, kHalf), kHalf, Rounding::Nearest);
        result = high << 16 | low;
      } else {
        const double sum = product[lane / 4 + 8 * (r / 2)][column + r % 2];
        result = std::bit_cast<uint32_t>(static_cast<float>(sum + std::bit_cast<float>(c)));
      }
      warp.setBits(instruction.slots[kResult + index], lane, result);
    }
  });
}

void executeIntegerMultiply(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  Operands<int32_t> operands;
  int32_t product[kM][kN];
  gather(instruction, warp, operands);
  multiply(operands, instruction.count, product);
  forLanes(lanes, [&](int lane) {
    for (int r = 0; r < 4; ++r) {
      const auto index = static_cast<std::size_t>(r);
      const auto c = static_cast<int32_t>(warp.bits(instruction.slots[kC + index], lane));
      int64_t sum = int64_t{product[lane / 4 + 8 * (r / 2)][2 * (lane % 4) + r % 2]} + c;
      if (instruction.flag) {
        sum = std::clamp<int64_t>(sum, std::numeric_limits<int32_t>::min(),
                                  std::numeric_limits<int32_t>::max());
      }
      warp.setBits(instruction.slots[kResult + index], lane, static_cast<uint64_t>(sum));
    }
  });
}

bool isKnownShape(Type type, int k) {
  if (type == Type::F16 || type == Type::Bf16) return k == 8 || k == 16;
  if (type == Type::Tf32) return k == 4 || k == 8;
  return (type == Type::S8 || type == Type::U8) && (k == 16 || k == 32);
}

void operandsOf(Decoding& decoding, int k, Type a, Type result) {
  Instruction& instruction = decoding.instruction;
  const int perRegister = 32 / elementBits(a);
  const int registersOfB = k / (4 * perRegister);
  const int registersOfC = result == Type::F16 ? 2 : 4;
  const bool fits = decoding.vector(0, Type::B32, kResult, true, true) == registersOfC &&
                    decoding.vector(1, Type::B32, kA, false, true) == 2 * registersOfB &&
                    decoding.vector(2, Type::B32, kB, false, true) == registersOfB &&
                    decoding.vector(3, Type::B32, kC, false, true) == registersOfC;
  if (!fits) decoding.fail("an operand does not have as many registers as the shape needs");
  instruction.count = static_cast<uint8_t>(k);
}

void decodeMultiply(Decoding& decoding) {
  Instruction& instruction = decoding.instruction;
  decoding.need("sync");
  decoding.need("aligned");
  const int k =
      decoding.takeOneOf<int>({{"m16n8k4", 4}, {"m16n8k8", 8}, {"m16n8k16", 16}, {"m16n8k32", 32}})
          .value_or(0);
  if (k == 0) return decoding.fail("this shape is not modelled");
  decoding.need("row");
  decoding.need("col");
  instruction.flag = decoding.take("satfinite");
  const Type result = decoding.takeType();
  const Type a = decoding.takeType();
  const Type b = decoding.takeType();
  if (decoding.takeType() != result)
    return decoding.fail("C and D of different types are not modelled");
  const bool isInteger = a == Type::S8 || a == Type::U8;
  const bool sourcesAgree = isInteger ? b == Type::S8 || b == Type::U8 : a == b;
  const bool resultFits = isInteger
                              ? result == Type::S32
                              : result == Type::F32 || (result == Type::F16 && a == Type::F16);
  if (!isKnownShape(a, k) || !sourcesAgree || !resultFits) {
    return decoding.fail("this combination of shape and types is not modelled");
  }
  if (instruction.flag && !isInteger) decoding.fail("only integer sums saturate");
  instruction.kind = Instruction::Kind::Collective;
  instruction.execute = isInteger ? executeIntegerMultiply : executeFloatMultiply;
  instruction.type = result;
  instruction.sourceType = a;
  instruction.mode = static_cast<uint8_t>(b);
  operandsOf(decoding, k, a, result);
}

}  // namespace

void addMatrix(DecoderTable& table) {
  table["ldmatrix"] = decodeLoadMatrix;
  table["mma"] = decodeMultiply;
}

}  // namespace lectern::ptx
