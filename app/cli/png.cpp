// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/png.h"

#include "core/base/check.h"

#include <zlib.h>

#include <cstdint>
#include <string_view>

namespace lectern::cli {

namespace {

void appendBigEndian(std::string& bytes, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
}

/// Length, type, data, and a CRC over type and data (section 5.3).
void appendChunk(std::string& png, std::string_view type, std::string_view data) {
  appendBigEndian(png, static_cast<uint32_t>(data.size()));
  const size_t summed = png.size();
  png += type;
  png += data;
  appendBigEndian(
      png, static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(png.data() + summed),
                                       static_cast<uInt>(png.size() - summed))));
}

/// Rows of filter type 0, then red, green and blue of each pixel.
std::string scanlines(const PageImage& image) {
  std::string rows;
  rows.reserve(static_cast<size_t>(image.height) * (static_cast<size_t>(image.width) * 3 + 1));
  auto pixel = image.pixels.begin();
  for (int y = 0; y < image.height; ++y) {
    rows += '\0';
    for (int x = 0; x < image.width; ++x, ++pixel) {
      for (int shift = 16; shift >= 0; shift -= 8) {
        rows += static_cast<char>(*pixel >> shift & 0xff);
      }
    }
  }
  return rows;
}

std::string deflated(const std::string& bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string result(size, '\0');
  const int status =
      compress(reinterpret_cast<Bytef*>(result.data()), &size,
               reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()));
  LECTERN_CHECK(status == Z_OK);  // the bound suffices, so that only memory could lack
  result.resize(size);
  return result;
}

}  // namespace

std::string encodePng(const PageImage& image) {
  std::string header;
  appendBigEndian(header, static_cast<uint32_t>(image.width));
  appendBigEndian(header, static_cast<uint32_t>(image.height));
  header += std::string_view("\x08\x02\x00\x00\x00", 5);  // 8 bits, RGB, the only methods there are
  std::string png = "\x89PNG\r\n\x1a\n";
  appendChunk(png, "IHDR", header);
  appendChunk(png, "IDAT", deflated(scanlines(image)));
  appendChunk(png, "IEND", {});
  return png;
}

}  // namespace lectern::cli
