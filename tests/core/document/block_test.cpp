// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/document/block.h"

#include <gtest/gtest.h>

namespace lectern {
namespace {

const std::vector<Block> kBlocks = {{BlockKind::Heading, 2, {0, 10}},
                                    {BlockKind::Paragraph, 0, {12, 400}},
                                    {BlockKind::Margin, 0, {402, 404}}};

TEST(Block, ReadsBackWhatItWrote) {
  EXPECT_EQ(decodeBlocks(encodeBlocks(kBlocks), 404).value(), kBlocks);
  EXPECT_TRUE(decodeBlocks(encodeBlocks({}), 0).value().empty());
}

TEST(Block, RefusesSpansOutsideTheText) {
  EXPECT_FALSE(decodeBlocks(encodeBlocks(kBlocks), 403).has_value());
}

TEST(Block, RefusesAnyCutAndAnyOtherVersion) {
  std::string bytes = encodeBlocks(kBlocks);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decodeBlocks(std::string_view(bytes).substr(0, size), 404).has_value()) << size;
  }
  bytes[0] = 2;
  EXPECT_FALSE(decodeBlocks(bytes, 404).has_value());
}

}  // namespace
}  // namespace lectern
