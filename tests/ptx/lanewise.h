// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/ptx/instruction.h"
#include "tests/ptx/warp.h"

#include <cstdint>
#include <tuple>
#include <utility>

namespace lectern::ptx {

/// Runs `Operation::run(a, b, …)` for every lane: sources of types S… from slots[1] on, the result
/// of type D to slots[0].
template <class Operation, class D, class... S, std::size_t... kIndex>
inline void runLanewise(const Instruction& instruction,
                        Warp& warp,
                        uint32_t lanes,
                        std::index_sequence<kIndex...> /*sources*/) {
  D* to = warp.lanes<D>(instruction.slots[0]);
  const std::tuple<const S*...> from{warp.lanes<S>(instruction.slots[kIndex + 1])...};
  forLanes(lanes, [&](int lane) {
    to[lane] = static_cast<D>(Operation::run(std::get<kIndex>(from)[lane]...));
  });
}

template <class Operation, class D, class... S>
void lanewise(const Instruction& instruction, Warp& warp, uint32_t lanes) {
  runLanewise<Operation, D, S...>(instruction, warp, lanes, std::index_sequence_for<S...>{});
}

template <class Operation, class T, int kSources>
constexpr Instruction::Execute sameType() {
  if constexpr (kSources == 1) return lanewise<Operation, T, T>;
  if constexpr (kSources == 2) return lanewise<Operation, T, T, T>;
  if constexpr (kSources == 3) return lanewise<Operation, T, T, T, T>;
}

/// The operation on the C++ integer that stands for a PTX type of 16, 32 or 64 bits; null for other
/// types. Bits count as unsigned.
template <class Operation, int kSources>
Instruction::Execute forInteger(Type type) {
  switch (type) {
    case Type::B16:
    case Type::U16:
      return sameType<Operation, uint16_t, kSources>();
    case Type::S16:
      return sameType<Operation, int16_t, kSources>();
    case Type::B32:
    case Type::U32:
      return sameType<Operation, uint32_t, kSources>();
    case Type::S32:
      return sameType<Operation, int32_t, kSources>();
    case Type::B64:
    case Type::U64:
      return sameType<Operation, uint64_t, kSources>();
    case Type::S64:
      return sameType<Operation, int64_t, kSources>();
    default:
      return nullptr;
  }
}

}  // namespace lectern::ptx
