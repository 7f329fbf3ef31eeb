// SPDX-License-Identifier: GPL-3.0-or-later
// ldmatrix and mma from the fragments of 32 lanes; the layouts are those of gpu.h (PTX ISA, "Matrix
// Fragments").
#include "tests/simt/block.h"
#include "tests/simt/trace.h"

#include <array>
#include <bit>
#include <cstring>

namespace lectern::simt {
namespace {

constexpr unsigned kWholeWarp = ~0U;

Block& block() {
  return *runningBlock();
}

float fromBf16(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

/// One lane's fragments of a and b; T is two bytes for bf16 and one for int8.
template <class T>
struct Fragments {
  static constexpr int kInRegister = 4 / static_cast<int>(sizeof(T));
  T a[4 * kInRegister];
  T b[2 * kInRegister];
};

template <class T>
using Warpful = std::array<Fragments<T>, kWarpLanes>;

template <class T>
Warpful<T> exchange(const uint32_t* a, const uint32_t* b, const Where& where) {
  Fragments<T> mine;
  std::memcpy(mine.a, a, sizeof mine.a);
  std::memcpy(mine.b, b, sizeof mine.b);
  unsigned slot = 0;
  const Meeting& meeting =
      block().meet(Collective::Mma, kWholeWarp, &mine, sizeof mine, where, &slot);
  Warpful<T> all;
  for (int lane = 0; lane < kWarpLanes; ++lane) {
    std::memcpy(&all[static_cast<size_t>(lane)], meeting.slots[slot][lane], sizeof mine);
  }
  return all;
}

/// a[row][k] and b[k][column]: registers hold neighbours in k, lanes t = 0 … 3 share a row of 4
/// registers' width, the second half of k is in the later registers.
template <class T>
T elementA(const Warpful<T>& all, int row, int k) {
  constexpr int kPer = Fragments<T>::kInRegister;
  const int lane = row % 8 * 4 + k % (4 * kPer) / kPer;
  const int reg = row / 8 + 2 * (k / (4 * kPer));
  return all[static_cast<size_t>(lane)].a[reg * kPer + k % kPer];
}

template <class T>
T elementB(const Warpful<T>& all, int k, int column) {
  constexpr int kPer = Fragments<T>::kInRegister;
  const int lane = column * 4 + k % (4 * kPer) / kPer;
  return all[static_cast<size_t>(lane)].b[k / (4 * kPer) * kPer + k % kPer];
}

/// Calls add(register, row, column) for the four sums that this lane keeps.
template <class Add>
void forOwnSums(Add add) {
  const int lane = static_cast<int>(block().current().lane);
  for (int i = 0; i < 4; ++i) add(i, lane / 4 + 8 * (i / 2), 2 * (lane % 4) + i % 2);
}

}  // namespace

void loadMatrix(uint32_t* registers, int matrices, bool transposed, const void* row, Where where) {
  const EngineGuard guard;
  const int lane = static_cast<int>(block().current().lane);
  constexpr size_t kRowBytes = 16;
  unsigned char mine[kRowBytes] = {};
  if (lane < 8 * matrices) {
    traceAccess(row, kRowBytes, AccessKind::Read, __builtin_return_address(0), kRowBytes);
    std::memcpy(mine, row, kRowBytes);
  }
  unsigned slot = 0;
  const Meeting& meeting =
      block().meet(Collective::LoadMatrix, kWholeWarp, mine, kRowBytes, where, &slot);
  for (int matrix = 0; matrix < matrices; ++matrix) {
    uint16_t pair[2];
    for (int j = 0; j < 2; ++j) {
      const int fromRow = transposed ? 2 * (lane % 4) + j : lane / 4;
      const int fromColumn = transposed ? lane / 4 : 2 * (lane % 4) + j;
      std::memcpy(&pair[j], meeting.slots[slot][8 * matrix + fromRow] + 2 * fromColumn, 2);
    }
    std::memcpy(&registers[matrix], pair, sizeof pair);
  }
}

/// The device's order of additions is not documented; the sum here has one rounding.
void mmaBf16(float* d, const uint32_t* a, const uint32_t* b, Where where) {
  const EngineGuard guard;
  const Warpful<uint16_t> all = exchange<uint16_t>(a, b, where);
  forOwnSums([&](int i, int row, int column) {
    double sum = d[i];
    for (int k = 0; k < 16; ++k) {
      sum +=
          static_cast<double>(fromBf16(elementA(all, row, k))) * fromBf16(elementB(all, k, column));
    }
    d[i] = static_cast<float>(sum);
  });
}

void mmaS8(int32_t* d, const uint32_t* a, const uint32_t* b, Where where) {
  const EngineGuard guard;
  const Warpful<int8_t> all = exchange<int8_t>(a, b, where);
  forOwnSums([&](int i, int row, int column) {
    for (int k = 0; k < 32; ++k) d[i] += elementA(all, row, k) * elementB(all, k, column);
  });
}

}  // namespace lectern::simt
