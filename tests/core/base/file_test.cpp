// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace lectern {
namespace {

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "lectern-file-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(FileTest, WritesWholeFilesAndLeavesNoTemporaryBehind) {
  const auto path = folder_ / "a";
  ASSERT_TRUE(writeFileAtomically(path, "one"));
  ASSERT_TRUE(writeFileAtomically(path, "two"));
  EXPECT_EQ(readFile(path, 100).value(), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(FileTest, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(readFile(folder_ / "none", 1).error().code, ErrorCode::InputRefused);
  EXPECT_NE(readFile(folder_ / "none", 1).error().message.find("No such file"), std::string::npos);
  EXPECT_NE(readFile(folder_, 1).error().message.find("is a folder"), std::string::npos);
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_NE(readFile(folder_ / "pipe", 1).error().message.find("not a regular file"),
            std::string::npos);
}

TEST_F(FileTest, RefusesAFileLargerThanAsked) {
  ASSERT_TRUE(writeFileAtomically(folder_ / "a", "12345"));
  EXPECT_EQ(readFile(folder_ / "a", 4).error().code, ErrorCode::DoesNotFit);
  EXPECT_EQ(readFile(folder_ / "a", 5).value(), "12345");
}

TEST_F(FileTest, NamesTheFileThatCannotBeWritten) {
  const Result<void> written = writeFileAtomically(folder_ / "no" / "a", "x");
  EXPECT_EQ(written.error().code, ErrorCode::Storage);
  EXPECT_NE(written.error().message.find((folder_ / "no" / "a").string()), std::string::npos);
}

TEST_F(FileTest, StampsTellOneContentFromTheNext) {
  const auto path = folder_ / "a";
  ASSERT_TRUE(writeFileAtomically(path, "one"));
  const FileStamp first = stampOf(openForReading(path).value(), path).value();
  EXPECT_EQ(first, stampOf(openForReading(path).value(), path).value());
  ASSERT_TRUE(writeFileAtomically(path, "other"));
  EXPECT_NE(first, stampOf(openForReading(path).value(), path).value());
}

}  // namespace
}  // namespace lectern
