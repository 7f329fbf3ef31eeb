// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

/// What is known of every byte of an allocation: whether it was ever written, who wrote it last,
/// who read it lately, and whether a cp.async into it is on its way. Both engines ask it for races.
namespace lectern::cuda_runtime {

/// Times count barriers of all kinds, over all operations: what happens between two has one time.
struct Mark {
  uint32_t operation = 0;  ///< 0: nobody
  uint32_t who = 0;
  uint32_t time = 0;
  uint32_t site = 0;  ///< the engine's own name for the source line
};

/// A thread is its block's number in the launch and its own in the block; copies and fills have no
/// thread.
constexpr uint32_t kNoThread = 0xFFFFFFFF;
constexpr uint32_t kThreadBits = 10;
constexpr uint32_t makeThread(uint32_t block, uint32_t thread) {
  return block << kThreadBits | thread;
}
constexpr uint32_t blockOf(uint32_t who) {
  return who >> kThreadBits;
}
constexpr uint32_t threadOf(uint32_t who) {
  return who & ((1U << kThreadBits) - 1);
}

/// Decides whether what another thread of the same block did at `mark.time` is over for the one
/// that asks.
using IsOrdered = bool (*)(const void* context, const Mark& mark);

struct ShadowAccess {
  Mark mark;  ///< who, when, where
  bool write = false;
  bool atomic = false;
  bool readOnlyPath = false;
  IsOrdered orderedInBlock = nullptr;
  const void* context = nullptr;
};

enum class ConflictKind : uint8_t { None, Race, StreamRace, ReadOnlyPath, InFlight };

struct Conflict {
  ConflictKind kind = ConflictKind::None;
  int64_t offset = 0;
  Mark other;
  bool otherWrote = false;
};

class Shadow {
 public:
  explicit Shadow(int64_t bytes = 0);

  void markInitialised(int64_t offset, int64_t bytes);

  /// The first byte nobody has written, or -1.
  int64_t firstUninitialised(int64_t offset, int64_t bytes) const;

  /// A copy carries the knowledge along.
  void copyInitialised(int64_t offset, const Shadow& from, int64_t fromOffset, int64_t bytes);

  /// Notes the access and returns the first conflict with an earlier one. Writing initialises.
  Conflict record(int64_t offset, int64_t bytes, const ShadowAccess& access);

  /// A cp.async: from asking to landing every other touch is a conflict (InFlight).
  void setInFlight(int64_t offset, int64_t bytes, bool inFlight);

  /// Whether this launch touches the 32-byte sector for the first time.
  bool touchSector(int64_t sector, uint32_t launch, bool write);

  void clear();

 private:
  struct Cell {
    Mark write;
    Mark reads[2];
    bool atomicWrite = false;
    bool inFlight = false;
  };

  // Cells stand for as many bytes as the smallest access to their page had: a page that is only
  // read by 16 bytes needs a fourth of what floats need. A smaller access splits the page's cells.
  struct Page {
    uint32_t generation = 0;
    int granule = 0;
    std::unique_ptr<Cell[]> cells;
  };

  Page& page(int64_t index, int granule);
  static bool isOrdered(const Mark& mark, const ShadowAccess& access);
  Conflict recordCell(Cell& cell, const ShadowAccess& access) const;

  int64_t bytes_ = 0;
  uint32_t generation_ = 1;
  std::vector<uint64_t> initialised_;  // one bit a byte
  std::vector<Page> pages_;
  std::vector<uint32_t> readBy_;     // launch that last read the sector
  std::vector<uint32_t> writtenBy_;  // and wrote
};

}  // namespace lectern::cuda_runtime
