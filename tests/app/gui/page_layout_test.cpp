// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/page_layout.h"

#include <gtest/gtest.h>

namespace lectern::gui {
namespace {

PageLayout threePages() {
  PageLayout layout;
  layout.setPages({{1, {}, 600, 800, PageState::Text},
                   {2, {}, 800, 600, PageState::Text},
                   {3, {}, 0, 0, PageState::Skipped}});
  layout.setView({824, 500});
  return layout;
}

TEST(PageLayout, FitsTheWidestPageAndCentresTheOthers) {
  const PageLayout layout = threePages();
  EXPECT_DOUBLE_EQ(layout.scale(), 1);
  EXPECT_EQ(layout.page(1), QRectF(112, 12, 600, 800));
  EXPECT_EQ(layout.page(2), QRectF(12, 824, 800, 600));
}

TEST(PageLayout, GivesAPageWithoutASizeThatOfTheOneBefore) {
  EXPECT_EQ(threePages().page(3).size(), QSizeF(800, 600));
}

TEST(PageLayout, FitsAWholePage) {
  PageLayout layout = threePages();
  layout.setFit(PageLayout::Fit::Page);
  EXPECT_DOUBLE_EQ(layout.scale(), (500 - 24) / 800.0);
}

TEST(PageLayout, KeepsAScaleThatWasChosenWhenTheViewChanges) {
  PageLayout layout = threePages();
  layout.setScale(2);
  layout.setView({400, 400});
  EXPECT_DOUBLE_EQ(layout.scale(), 2);
  layout.setScale(1000);
  EXPECT_DOUBLE_EQ(layout.scale(), PageLayout::kMostScale);
}

TEST(PageLayout, FindsThePagesThatAreInView) {
  const PageLayout layout = threePages();
  EXPECT_EQ(layout.pagesBetween(0, 500), (std::pair{1, 1}));
  EXPECT_EQ(layout.pagesBetween(500, 1000), (std::pair{1, 2}));
  EXPECT_EQ(layout.pagesBetween(813, 1000), (std::pair{2, 2}));
  EXPECT_EQ(layout.pagesBetween(5000, 6000), (std::pair{3, 3}));
  EXPECT_EQ(PageLayout().pagesBetween(0, 100), (std::pair{1, 0}));
}

}  // namespace
}  // namespace lectern::gui
