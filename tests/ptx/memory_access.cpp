// SPDX-License-Identifier: GPL-3.0-or-later
// Loads and stores: ld, ldu, st, prefetch, with vectors (PTX ISA 9.7.9.8 to 9.7.9.13).
#include "tests/ptx/decoding.h"
#include "tests/ptx/warp.h"

#include <array>
#include <cstring>

namespace lectern::ptx {
namespace {

// Values in slots[0 … count − 1], the address here.
constexpr std::size_t kAddress = 12;

uint64_t extended(uint64_t bits, Type type) {
  switch (type) {
    case Type::S8:
      return static_cast<uint64_t>(static_cast<int8_t>(bits));
    case Type::S16:
      return static_cast<uint64_t>(static_cast<int16_t>(bits));
    case Type::S32:
      return static_cast<uint64_t>(static_cast<int32_t>(bits));
    default:
      return bits;
  }
}

// A vector is one access: it must be aligned as a whole.
void executeLoad(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const int bytes = bytesOf(instruction.type);
  for (; lanes != 0; lanes &= lanes - 1) {
    const int lane = std::countr_zero(lanes);
    const uint64_t address = warp.address(instruction, instruction.slots[kAddress], lane);
    const std::byte* from =
        warp.access(instruction, lane, address, bytes * instruction.count,
                    instruction.flag ? AccessKind::ReadOnlyPath : AccessKind::Read);
    if (from == nullptr) return;
    // All elements before any register is written: the address may be one of the destinations.
    std::array<uint64_t, kAddress> values{};
    for (std::size_t i = 0; i < instruction.count; ++i) {
      std::memcpy(&values[i], from + i * static_cast<std::size_t>(bytes),
                  static_cast<std::size_t>(bytes));
    }
    for (std::size_t i = 0; i < instruction.count; ++i) {
      warp.setBits(instruction.slots[i], lane, extended(values[i], instruction.type));
    }
  }
}

void executeStore(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  const int bytes = bytesOf(instruction.type);
  for (; lanes != 0; lanes &= lanes - 1) {
    const int lane = std::countr_zero(lanes);
    const uint64_t address = warp.address(instruction, instruction.slots[kAddress], lane);
    std::byte* to =
        warp.access(instruction, lane, address, bytes * instruction.count, AccessKind::Write);
    if (to == nullptr) return;
    for (std::size_t i = 0; i < instruction.count; ++i) {
      const uint64_t value = warp.bits(instruction.slots[i], lane);
      std::memcpy(to + i * static_cast<std::size_t>(bytes), &value,
                  static_cast<std::size_t>(bytes));
    }
  }
}

void takeSpace(Decoding& decoding, bool stores) {
  const bool isEntry = decoding.layout().function().isEntry;
  const Space parameters = isEntry && !stores ? Space::KernelParam : Space::FunctionParam;
  decoding.instruction.space = decoding
                                   .takeOneOf<Space>({{"global", Space::Global},
                                                      {"shared", Space::Shared},
                                                      {"shared::cta", Space::Shared},
                                                      {"local", Space::Local},
                                                      {"const", Space::Const},
                                                      {"param", parameters},
                                                      {"param::entry", Space::KernelParam},
                                                      {"param::func", Space::FunctionParam}})
                                   .value_or(Space::Generic);
}

// Orders, scopes and cache hints change nothing here: threads of the interpreter see memory at
// once, and the race check does not take an ordered access for a barrier.
void takeHints(Decoding& decoding) {
  for (const std::string_view hint : {"weak",
                                      "volatile",
                                      "relaxed",
                                      "acquire",
                                      "release",
                                      "cta",
                                      "gpu",
                                      "sys",
                                      "ca",
                                      "cg",
                                      "cs",
                                      "lu",
                                      "cv",
                                      "wb",
                                      "wt",
                                      "L1::no_allocate",
                                      "L1::evict_first",
                                      "L1::evict_last",
                                      "L1::evict_normal",
                                      "L1::evict_unchanged",
                                      "L2::64B",
                                      "L2::128B",
                                      "L2::256B"}) {
    decoding.take(hint);
  }
}

void decodeAccess(Decoding& decoding, bool stores) {
  Instruction& instruction = decoding.instruction;
  takeSpace(decoding, stores);
  instruction.flag = decoding.take("nc");
  takeHints(decoding);
  int announced = 1;
  for (const auto& [word, count] : {std::pair("v2", 2), std::pair("v4", 4), std::pair("v8", 8)}) {
    if (decoding.take(word)) announced = count;
  }
  instruction.type = decoding.takeType();
  if (bytesOf(instruction.type) == 0) return decoding.unsupportedType(instruction.type);
  instruction.execute = stores ? executeStore : executeLoad;
  const std::size_t values = stores ? 1 : 0;
  const int count = decoding.vector(values, instruction.type, 0, !stores, false);
  if (count != announced) decoding.fail("the vector does not have as many elements as announced");
  instruction.count = static_cast<uint8_t>(count);
  decoding.address(stores ? 0 : 1, kAddress);
  if (stores && instruction.space == Space::Const) decoding.fail("constants cannot be written");
}

void decodeLoad(Decoding& decoding) {
  decodeAccess(decoding, false);
}
void decodeStore(Decoding& decoding) {
  decodeAccess(decoding, true);
}

void doNothing(const Instruction& /*instruction*/, Warp& /*warp*/, uint32_t /*lanes*/) {}

// A prefetch of any address is allowed.
void decodePrefetch(Decoding& decoding) {
  takeSpace(decoding, false);
  decoding.take("L1");
  decoding.take("L2");
  decoding.instruction.execute = doNothing;
  decoding.address(0, kAddress);
}

}  // namespace

void addMemory(DecoderTable& table) {
  table["ld"] = decodeLoad;
  table["ldu"] = decodeLoad;
  table["st"] = decodeStore;
  table["prefetch"] = decodePrefetch;
}

}  // namespace lectern::ptx
