// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/byte_io.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace lectern {
namespace {

TEST(ByteIo, ReadsBackEveryKindOfValue) {
  ByteWriter writer;
  writer.u8(200);
  writer.u16(65535);
  writer.u32(0xDEADBEEF);
  writer.varint(0);
  writer.varint(std::numeric_limits<uint64_t>::max());
  writer.signedVarint(std::numeric_limits<int64_t>::min());
  writer.signedVarint(-1);
  writer.f64(-0.125);
  writer.string("שלום");

  ByteReader reader(writer.bytes());
  EXPECT_EQ(reader.u8(), 200);
  EXPECT_EQ(reader.u16(), 65535);
  EXPECT_EQ(reader.u32(), 0xDEADBEEFU);
  EXPECT_EQ(reader.varint(), 0U);
  EXPECT_EQ(reader.varint(), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(reader.signedVarint(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(reader.signedVarint(), -1);
  EXPECT_EQ(reader.f64(), -0.125);
  EXPECT_EQ(reader.string(), "שלום");
  EXPECT_TRUE(reader.finish("test").has_value());
}

TEST(ByteIo, StaysFailedAfterReadingPastTheEnd) {
  ByteReader reader("\x01");
  EXPECT_EQ(reader.u16(), 1);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_EQ(reader.finish("frame").error().code, ErrorCode::InputRefused);
}

TEST(ByteIo, RefusesAStringLongerThanTheInput) {
  ByteWriter writer;
  writer.varint(std::numeric_limits<uint64_t>::max());
  ByteReader reader(writer.bytes());
  EXPECT_EQ(reader.string(), "");
  EXPECT_TRUE(reader.failed());
}

TEST(ByteIo, RefusesACountThatTheRestCannotHold) {
  ByteWriter writer;
  writer.varint(3);
  writer.u16(0);
  ByteReader reader(writer.bytes());
  EXPECT_EQ(reader.count(1), 0);
  EXPECT_TRUE(reader.failed());
}

TEST(ByteIo, RefusesAVarintOfMoreThanSixtyFourBits) {
  ByteReader reader("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
  reader.varint();
  EXPECT_TRUE(reader.failed());
}

TEST(ByteIo, NamesWhatHasBytesLeftOver) {
  ByteReader reader("ab");
  reader.u8();
  EXPECT_EQ(reader.finish("page frame").error().message, "The page frame has 1 bytes too many.");
}

}  // namespace
}  // namespace lectern
