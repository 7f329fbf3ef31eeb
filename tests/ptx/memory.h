// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/cuda_runtime/findings.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace lectern::ptx {

/// Generic addresses inside these windows mean the block's shared memory, the thread's local memory
/// and the kernel's parameters; all other generic addresses are host pointers. No host pointer
/// reaches that far up: user space on x86-64 ends at 2^47, or 2^56 with five levels of tables.
constexpr uint64_t kWindowBytes = uint64_t{1} << 32;
constexpr uint64_t kSharedWindow = uint64_t{0x7100} << 48;
constexpr uint64_t kLocalWindow = uint64_t{0x7200} << 48;
constexpr uint64_t kParameterWindow = uint64_t{0x7300} << 48;

/// Half-open range of host addresses.
struct Extent {
  uint64_t begin = 0;
  uint64_t end = 0;

  bool contains(uint64_t address, int64_t bytes) const {
    const auto size = static_cast<uint64_t>(bytes);
    return address >= begin && end - begin >= size && address <= end - size;
  }
};

struct Finding {
  cuda_runtime::FindingKind kind = cuda_runtime::FindingKind::Runtime;
  std::string text;
};

/// The device's memory as the interpreter sees it.
class DeviceMemory {
 public:
  virtual ~DeviceMemory() = default;
  /// The allocation that holds `address`, or an empty extent. Allocations do not change while a
  /// kernel runs.
  virtual Extent find(uint64_t address) = 0;
  /// Words for an address that may not be used: "byte 4096 of device 3 (4096 bytes)", and what kind
  /// of mistake that is.
  virtual Finding describe(uint64_t address) = 0;
  /// For a variable of a module; filled with 0xFF, aligned to 256 bytes.
  virtual std::byte* allocateVariable(int64_t bytes, const std::string& name) = 0;
  /// The shared memory of a block, likewise, and its end.
  virtual std::byte* allocateShared(int64_t bytes, const std::string& name) = 0;
  virtual void releaseShared(std::byte* data) = 0;
};

/// ReadOnlyPath: ld.global.nc, of bytes that nobody writes during the launch.
enum class AccessKind : uint8_t { Read, ReadOnlyPath, Write, Atomic };

class Block;

/// One thread's access to global or shared memory, after it was found in bounds and aligned.
struct Access {
  uint64_t address = 0;  ///< host address of the bytes, in both spaces
  int bytes = 0;
  AccessKind kind = AccessKind::Read;
  bool isShared = false;
  int64_t block = 0;       ///< linear
  int thread = 0;          ///< linear within the block
  uint32_t time = 0;       ///< Block::now()
  int32_t statement = -1;  ///< Program::statements
};

/// Is told of every access, in the order of execution; finds races.
class AccessObserver {
 public:
  virtual ~AccessObserver() = default;
  /// What is wrong with the access (it races with an earlier one, it reads what nobody wrote); an
  /// empty text if nothing is.
  virtual Finding onAccess(const Access& access, const Block& block) = 0;
};

}  // namespace lectern::ptx
