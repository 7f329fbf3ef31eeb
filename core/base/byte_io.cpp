// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/byte_io.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>

namespace lectern {

void ByteWriter::u8(uint8_t value) {
  bytes_.push_back(static_cast<char>(value));
}

void ByteWriter::u16(uint16_t value) {
  u8(static_cast<uint8_t>(value));
  u8(static_cast<uint8_t>(value >> 8));
}

void ByteWriter::u32(uint32_t value) {
  u16(static_cast<uint16_t>(value));
  u16(static_cast<uint16_t>(value >> 16));
}

void ByteWriter::varint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) u8(static_cast<uint8_t>(value | 0x80));
  u8(static_cast<uint8_t>(value));
}

void ByteWriter::signedVarint(int64_t value) {
  varint((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
}

void ByteWriter::f64(double value) {
  const auto bits = std::bit_cast<uint64_t>(value);
  u32(static_cast<uint32_t>(bits));
  u32(static_cast<uint32_t>(bits >> 32));
}

void ByteWriter::string(std::string_view bytes) {
  varint(bytes.size());
  bytes_.append(bytes);
}

bool ByteReader::take(int64_t size) {
  if (failed_ || size < 0 || size > remaining()) {
    failed_ = true;
    return false;
  }
  position_ += size;
  return true;
}

uint8_t ByteReader::u8() {
  return take(1) ? static_cast<uint8_t>(bytes_[static_cast<size_t>(position_ - 1)]) : 0;
}

uint16_t ByteReader::u16() {
  const uint16_t low = u8();
  return static_cast<uint16_t>(low | (u8() << 8));
}

uint32_t ByteReader::u32() {
  const uint32_t low = u16();
  return low | (static_cast<uint32_t>(u16()) << 16);
}

uint64_t ByteReader::varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = u8();
    const uint64_t bits = byte & 0x7F;
    if (shift == 63 && bits > 1) break;
    value |= bits << shift;
    if ((byte & 0x80) == 0) return failed_ ? 0 : value;
  }
  failed_ = true;
  return 0;
}

int64_t ByteReader::signedVarint() {
  const uint64_t value = varint();
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

double ByteReader::f64() {
  const uint64_t low = u32();
  const uint64_t high = u32();
  return std::bit_cast<double>(low | (high << 32));
}

std::string_view ByteReader::string() {
  const uint64_t size = varint();
  const int64_t begin = position_;
  if (size > bytes_.size() || !take(static_cast<int64_t>(size))) {
    failed_ = true;
    return {};
  }
  return bytes_.substr(static_cast<size_t>(begin), static_cast<size_t>(size));
}

int64_t ByteReader::count(int64_t itemBytes) {
  const uint64_t items = varint();
  if (failed_ || items > static_cast<uint64_t>(remaining() / itemBytes)) {
    failed_ = true;
    return 0;
  }
  return static_cast<int64_t>(items);
}

Result<void> ByteReader::finish(std::string_view what) const {
  if (failed_) {
    return Error{ErrorCode::InputRefused, fmt::format("The {} is cut short or damaged.", what)};
  }
  if (remaining() != 0) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("The {} has {} bytes too many.", what, remaining())};
  }
  return {};
}

}  // namespace lectern
