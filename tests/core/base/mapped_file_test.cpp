// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/mapped_file.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace lectern {
namespace {

TEST(MappedFile, ShowsAFilesBytesAndNothingOfAnEmptyOne) {
  const std::filesystem::path path = testing::TempDir() + "mapped-file-test";
  ASSERT_TRUE(writeFileAtomically(path, "abc"));
  EXPECT_EQ(MappedFile::open(path).value()->bytes(), "abc");
  ASSERT_TRUE(writeFileAtomically(path, ""));
  EXPECT_TRUE(MappedFile::open(path).value()->bytes().empty());
  std::filesystem::remove(path);
  EXPECT_EQ(MappedFile::open(path).error().code, ErrorCode::InputRefused);
}

}  // namespace
}  // namespace lectern
