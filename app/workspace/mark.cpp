// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/mark.h"

#include <algorithm>
#include <cmath>

namespace lectern {

namespace {

constexpr uint32_t kFill = 0xffffe680;
constexpr uint32_t kOutline = 0xffb06000;

/// Half-open, in pixels, inside the image.
struct PixelBox {
  int left;
  int top;
  int right;
  int bottom;
};

/// The pixels that a rectangle touches, and `margin` more on each side.
PixelBox pixelsOf(const PageImage& image, const Rect& rect, int margin) {
  const auto scaled = [](int value, int size) { return double(value) * size / Rect::kUnit; };
  return {
      std::max(0, static_cast<int>(std::floor(scaled(rect.left, image.width))) - margin),
      std::max(0, static_cast<int>(std::floor(scaled(rect.top, image.height))) - margin),
      std::min(image.width, static_cast<int>(std::ceil(scaled(rect.right, image.width))) + margin),
      std::min(image.height,
               static_cast<int>(std::ceil(scaled(rect.bottom, image.height))) + margin)};
}

/// Light that has gone through both: white becomes the marker's colour, black stays black.
uint32_t multiplied(uint32_t pixel, uint32_t marker) {
  uint32_t result = 0xff000000;
  for (int shift = 0; shift < 24; shift += 8) {
    result |= ((pixel >> shift & 0xff) * (marker >> shift & 0xff) / 255) << shift;
  }
  return result;
}

uint32_t& pixelAt(PageImage& image, int x, int y) {
  return image
      .pixels[static_cast<size_t>(y) * static_cast<size_t>(image.width) + static_cast<size_t>(x)];
}

}  // namespace

void markRectangles(PageImage& image, const std::vector<Rect>& rects) {
  for (const Rect& rect : rects) {
    const PixelBox box = pixelsOf(image, rect, 1);
    for (int y = box.top; y < box.bottom; ++y) {
      for (int x = box.left; x < box.right; ++x) {
        uint32_t& pixel = pixelAt(image, x, y);
        const bool edge =
            x == box.left || x == box.right - 1 || y == box.top || y == box.bottom - 1;
        pixel = edge ? kOutline : multiplied(pixel, kFill);
      }
    }
  }
}

}  // namespace lectern
