// SPDX-License-Identifier: GPL-3.0-or-later
// atom and red (PTX ISA 9.7.13.5, 9.7.13.6).
#include "tests/ptx/decoding.h"
#include "tests/ptx/float_format.h"
#include "tests/ptx/warp.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace lectern::ptx {
namespace {

enum class Update : uint8_t {
  Add,
  Minimum,
  Maximum,
  And,
  Or,
  Xor,
  Exchange,
  CompareAndSwap,
  Increment,
  Decrement,
};

// slots: the old value (atom), operand, second operand of cas, address. `mode` is the update.
constexpr std::size_t kOperand = 1;
constexpr std::size_t kSwap = 2;
constexpr std::size_t kAddress = 3;

template <class T>
T updated(Update update, T old, T operand, T swap) {
  switch (update) {
    case Update::Add:
      return static_cast<T>(old + operand);
    case Update::Minimum:
      return std::min(old, operand);
    case Update::Maximum:
      return std::max(old, operand);
    case Update::Exchange:
      return operand;
    case Update::CompareAndSwap:
      return old == operand ? swap : old;
    default:
      break;
  }
  if constexpr (std::is_integral_v<T>) {
    switch (update) {
      case Update::And:
        return old & operand;
      case Update::Or:
        return old | operand;
      case Update::Xor:
        return old ^ operand;
      case Update::Increment:
        return old >= operand ? T{0} : static_cast<T>(old + 1);
      case Update::Decrement:
        return old == 0 || old > operand ? operand : static_cast<T>(old - 1);
      default:
        break;
    }
  }
  return old;
}

uint32_t addPairs(uint32_t a, uint32_t b, const FloatFormat& format) {
  uint32_t result = 0;
  for (const int shift : {0, 16}) {
    const double sum = widen(a >> shift & 0xFFFF, format) + widen(b >> shift & 0xFFFF, format);
    result |= narrow(sum, format, Rounding::Nearest) << shift;
  }
  return result;
}

template <class T>
uint64_t updatedBits(Update update, uint64_t old, uint64_t operand, uint64_t swap) {
  const auto as = [](uint64_t bits) {
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  };
  const T result = updated<T>(update, as(old), as(operand), as(swap));
  uint64_t bits = 0;
  std::memcpy(&bits, &result, sizeof result);
  return bits;
}

uint64_t updatedAs(Type type, Update update, uint64_t old, uint64_t operand, uint64_t swap) {
  switch (type) {
    case Type::S32: {
      // Only the order is signed: addition wraps.
      const bool orders = update == Update::Minimum || update == Update::Maximum;
      return orders ? updatedBits<int32_t>(update, old, operand, swap)
                    : updatedBits<uint32_t>(update, old, operand, swap);
    }
    case Type::S64: {
      const bool orders = update == Update::Minimum || update == Update::Maximum;
      return orders ? updatedBits<int64_t>(update, old, operand, swap)
                    : updatedBits<uint64_t>(update, old, operand, swap);
    }
    case Type::F32:
      return updatedBits<float>(update, old, operand, swap);
    case Type::F64:
      return updatedBits<double>(update, old, operand, swap);
    case Type::F16x2:
      return addPairs(static_cast<uint32_t>(old), static_cast<uint32_t>(operand), kHalf);
    case Type::Bf16x2:
      return addPairs(static_cast<uint32_t>(old), static_cast<uint32_t>(operand), kBfloat);
    case Type::B16:
    case Type::U16:
      return updatedBits<uint16_t>(update, old, operand, swap);
    case Type::B32:
    case Type::U32:
      return updatedBits<uint32_t>(update, old, operand, swap);
    default:
      return updatedBits<uint64_t>(update, old, operand, swap);
  }
}

// Lanes follow one another in their order; a GPU promises none.
void executeAtomic(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const int bytes = bytesOf(instruction.type);
  for (; lanes != 0; lanes &= lanes - 1) {
    const int lane = std::countr_zero(lanes);
    const uint64_t address = warp.address(instruction, instruction.slots[kAddress], lane);
    std::byte* at = warp.access(instruction, lane, address, bytes, AccessKind::Atomic);
    if (at == nullptr) return;
    uint64_t old = 0;
    std::memcpy(&old, at, static_cast<std::size_t>(bytes));
    const Slot swap = instruction.slots[kSwap];
    const uint64_t result = updatedAs(instruction.type, static_cast<Update>(instruction.mode), old,
                                      warp.bits(instruction.slots[kOperand], lane),
                                      swap.exists() ? warp.bits(swap, lane) : 0);
    std::memcpy(at, &result, static_cast<std::size_t>(bytes));
    if (instruction.slots[0].exists()) warp.setBits(instruction.slots[0], lane, old);
  }
}

Update takeUpdate(Decoding& decoding) {
  const std::optional<Update> update = decoding.takeOneOf<Update>({{"add", Update::Add},
                                                                   {"min", Update::Minimum},
                                                                   {"max", Update::Maximum},
                                                                   {"and", Update::And},
                                                                   {"or", Update::Or},
                                                                   {"xor", Update::Xor},
                                                                   {"exch", Update::Exchange},
                                                                   {"cas", Update::CompareAndSwap},
                                                                   {"inc", Update::Increment},
                                                                   {"dec", Update::Decrement}});
  if (!update) decoding.fail("this atomic operation is not modelled");
  return update.value_or(Update::Add);
}

void checkType(Decoding& decoding, Update update, Type type) {
  const bool isPair = type == Type::F16x2 || type == Type::Bf16x2;
  const bool isNumber = isFloat(type) || isPair;
  const bool isSmall = bytesOf(type) < 4;
  const bool isKnown = !isNumber || type == Type::F32 || type == Type::F64 || isPair;
  if (!isKnown || (isNumber && update != Update::Add) ||
      (isSmall && update != Update::CompareAndSwap) || bytesOf(type) < 2) {
    decoding.unsupportedType(type);
  }
}

void decodeAtomic(Decoding& decoding, bool returns) {
  Instruction& instruction = decoding.instruction;
  for (const std::string_view word :
       {"relaxed", "acquire", "release", "acq_rel", "cta", "gpu", "sys", "noftz"}) {
    decoding.take(word);
  }
  instruction.space = decoding
                          .takeOneOf<Space>({{"global", Space::Global},
                                             {"shared", Space::Shared},
                                             {"shared::cta", Space::Shared}})
                          .value_or(Space::Generic);
  const Update update = takeUpdate(decoding);
  const Type type = decoding.takeType();
  checkType(decoding, update, type);
  instruction.execute = executeAtomic;
  instruction.type = type;
  instruction.mode = static_cast<uint8_t>(update);
  const std::size_t first = returns ? 1 : 0;
  if (returns) instruction.slots[0] = decoding.destination(0, type);
  decoding.address(first, kAddress);
  instruction.slots[kOperand] = decoding.source(first + 1, type);
  if (update == Update::CompareAndSwap) {
    instruction.slots[kSwap] = decoding.source(first + 2, type);
  }
}

}  // namespace

void addAtomics(DecoderTable& table) {
  table["atom"] = [](Decoding& decoding) { decodeAtomic(decoding, true); };
  table["red"] = [](Decoding& decoding) { decodeAtomic(decoding, false); };
}

}  // namespace lectern::ptx
