// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/png.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdint>
#include <map>
#include <string>

namespace lectern::cli {
namespace {

uint32_t bigEndian(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes.at(at + i));
  return value;
}

/// Takes the file apart by section 5 of the format, checking each chunk's sum.
std::map<std::string, std::string> chunksOf(const std::string& png) {
  std::map<std::string, std::string> chunks;
  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  for (size_t at = 8; at < png.size();) {
    const uint32_t length = bigEndian(png, at);
    const std::string summed = png.substr(at + 4, 4 + length);
    EXPECT_EQ(
        bigEndian(png, at + 8 + length),
        crc32(0, reinterpret_cast<const Bytef*>(summed.data()), static_cast<uInt>(summed.size())));
    chunks[summed.substr(0, 4)] = summed.substr(4);
    at += 12 + length;
  }
  return chunks;
}

TEST(Png, HoldsTheImagesSizeAndPixels) {
  const PageImage image{
      3, 2, {0xffff0000, 0xff00ff00, 0xff0000ff, 0xff000000, 0xffffffff, 0xff123456}};
  auto chunks = chunksOf(encodePng(image));
  ASSERT_EQ(chunks.size(), 3U);
  EXPECT_EQ(bigEndian(chunks["IHDR"], 0), 3U);
  EXPECT_EQ(bigEndian(chunks["IHDR"], 4), 2U);
  EXPECT_EQ(chunks["IHDR"].substr(8), std::string("\x08\x02\x00\x00\x00", 5));

  std::string rows(20, '\0');
  uLongf size = rows.size();
  ASSERT_EQ(uncompress(reinterpret_cast<Bytef*>(rows.data()), &size,
                       reinterpret_cast<const Bytef*>(chunks["IDAT"].data()),
                       static_cast<uLong>(chunks["IDAT"].size())),
            Z_OK);
  EXPECT_EQ(size, 20U);
  EXPECT_EQ(rows, std::string("\0\xff\0\0\0\xff\0\0\0\xff"
                              "\0\0\0\0\xff\xff\xff\x12\x34\x56",
                              20));
}

}  // namespace
}  // namespace lectern::cli
