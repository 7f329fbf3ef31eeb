// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace lectern {

/// Appends little-endian values to a byte string. The blobs of the database and the frames of the
/// helper's protocol are written with it.
class ByteWriter {
 public:
  void u8(uint8_t value);
  void u16(uint16_t value);
  void u32(uint32_t value);
  /// Base-128, seven bits a byte, the lowest first; the top bit says that more follow.
  void varint(uint64_t value);
  /// A signed value in zigzag form: 0, -1, 1, -2, … become 0, 1, 2, 3, ….
  void signedVarint(int64_t value);
  /// IEEE 754 binary64.
  void f64(double value);
  /// A varint length, then the bytes.
  void string(std::string_view bytes);

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads what ByteWriter wrote. It trusts no length: reading past the end makes it fail, every
/// later value is then zero or empty, and `finish` tells. So a decoder reads straight on and asks
/// once.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  uint8_t u8();
  uint16_t u16();
  uint32_t u32();
  uint64_t varint();
  int64_t signedVarint();
  double f64();
  std::string_view string();
  /// A varint that announces how many items follow, each of at least `itemBytes` bytes. More than
  /// the rest can hold is a failure, so that no count makes a reader reserve more memory than the
  /// input's own size justifies.
  int64_t count(int64_t itemBytes);

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] int64_t remaining() const {
    return static_cast<int64_t>(bytes_.size()) - position_;
  }
  /// Marks the input as bad: for a value that is out of the range its format allows.
  void fail() { failed_ = true; }
  /// Ok when everything was read, nothing is left over and nothing failed. `what` names the format
  /// in the Error.
  Result<void> finish(std::string_view what) const;

 private:
  bool take(int64_t size);

  std::string_view bytes_;
  int64_t position_ = 0;
  bool failed_ = false;
};

}  // namespace lectern
