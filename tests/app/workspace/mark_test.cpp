// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/mark.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace lectern {
namespace {

constexpr uint32_t kWhite = 0xffffffff;
constexpr uint32_t kBlack = 0xff000000;

PageImage paper(int width, int height) {
  return {width, height,
          std::vector<uint32_t>(static_cast<size_t>(width) * static_cast<size_t>(height), kWhite)};
}

uint32_t at(const PageImage& image, int x, int y) {
  return image.pixels[static_cast<size_t>(y * image.width + x)];
}

Rect fractions(double left, double top, double right, double bottom) {
  const auto units = [](double part) { return static_cast<uint16_t>(part * Rect::kUnit); };
  return {units(left), units(top), units(right), units(bottom)};
}

TEST(MarkRectangles, ColoursThePaperUnderThePlaceAndNothingElse) {
  PageImage image = paper(100, 100);
  markRectangles(image, {fractions(0.2, 0.4, 0.6, 0.5)});
  for (int y = 0; y < 100; ++y) {
    for (int x = 0; x < 100; ++x) {
      const bool inside = x >= 19 && x < 61 && y >= 39 && y < 51;
      EXPECT_EQ(at(image, x, y) != kWhite, inside) << x << ' ' << y;
    }
  }
}

TEST(MarkRectangles, InkStaysReadable) {
  PageImage image = paper(40, 40);
  image.pixels[20 * 40 + 20] = kBlack;
  markRectangles(image, {fractions(0.25, 0.25, 0.75, 0.75)});
  EXPECT_EQ(at(image, 20, 20), kBlack);
  EXPECT_NE(at(image, 21, 20), kWhite);
}

TEST(MarkRectangles, TheOutlineDiffersFromTheFill) {
  PageImage image = paper(40, 40);
  markRectangles(image, {fractions(0.25, 0.25, 0.75, 0.75)});
  EXPECT_NE(at(image, 8, 20), at(image, 20, 20));
  EXPECT_EQ(at(image, 9, 20), at(image, 20, 20));
}

TEST(MarkRectangles, APlaceAtTheEdgeStaysInThePicture) {
  PageImage image = paper(10, 10);
  markRectangles(image, {{0, 0, Rect::kUnit, Rect::kUnit}});
  EXPECT_TRUE(std::ranges::none_of(image.pixels, [](uint32_t pixel) { return pixel == kWhite; }));
}

}  // namespace
}  // namespace lectern
