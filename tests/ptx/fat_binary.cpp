// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ptx/fat_binary.h"

#include <cstdint>
#include <cstring>

namespace lectern::ptx {
namespace {

constexpr uint32_t kMagic = 0xBA55ED50;
constexpr uint16_t kPtxKind = 1;
constexpr uint64_t kCompressed = 0x2000 | 0x8000;
constexpr uint64_t kSmallestEntry = 48;

template <class T>
T read(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

Result<std::vector<std::string_view>> ptxTexts(const void* data) {
  const auto* header = static_cast<const char*>(data);
  if (read<uint32_t>(header) != kMagic) {
    return Error{ErrorCode::InputRefused, "this is not a fat binary of nvcc"};
  }
  const char* entry = header + read<uint16_t>(header + 6);
  uint64_t left = read<uint64_t>(header + 8);
  std::vector<std::string_view> texts;
  while (left >= kSmallestEntry) {
    const uint64_t headerBytes = read<uint32_t>(entry + 4);
    const uint64_t payloadBytes = read<uint64_t>(entry + 8);
    if (headerBytes < kSmallestEntry || headerBytes > left || payloadBytes > left - headerBytes) {
      return Error{ErrorCode::InputRefused, "an entry of the fat binary reaches past its end"};
    }
    if (read<uint16_t>(entry) == kPtxKind) {
      if ((read<uint64_t>(entry + 40) & kCompressed) != 0) {
        return Error{ErrorCode::InputRefused,
                     "the PTX is compressed: build the object with nvcc -no-compress"};
      }
      texts.emplace_back(entry + headerBytes, payloadBytes);
    }
    entry += headerBytes + payloadBytes;
    left -= headerBytes + payloadBytes;
  }
  return texts;
}

}  // namespace lectern::ptx
