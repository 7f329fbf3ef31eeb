// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/reading/reading_folder.h"

#include "core/base/file.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace lectern {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Places with files that are no readings: what they hold does not matter to who needs whom.
class ReadingFolderTest : public testing::Test {
 protected:
  static std::string name(int64_t tokens, char way) {
    return ReadingFolder::nameOf({tokens, sha256(std::string(1, way))});
  }
  void write(const std::string& file) {
    ASSERT_TRUE(writeFileAtomically(folder_.path() / file, "no reading"));
  }
  void age(const std::string& file) {
    fs::last_write_time(folder_.path() / file,
                        fs::file_time_type::clock::now() - std::chrono::hours(2));
  }
  ReadingFolder look() { return ReadingFolder::look(folder_.path()).value(); }
  std::vector<std::string> files() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }

  test::TemporaryFolder folder_;
};

TEST_F(ReadingFolderTest, ThatIsNotThereIsEmpty) {
  EXPECT_TRUE(ReadingFolder::look(folder_.path() / "none").value().places().empty());
}

TEST_F(ReadingFolderTest, LeavesForeignFilesAlone) {
  for (const char* file : {"notes.txt", "x.state", "123-ab.pages", "000000001-.state"}) write(file);
  std::string upper = name(5, 'a');
  upper.back() = 'X';
  write(upper + ".state");
  ReadingFolder folder = look();
  EXPECT_TRUE(folder.places().empty());
  folder.sweep();
  EXPECT_EQ(files().size(), 5U);
}

TEST_F(ReadingFolderTest, KnowsThatAStateWithoutItsPagesIsOfNoUse) {
  write(name(5, 'a') + ".state");
  write(name(9, 'b') + ".state");
  write(name(9, 'b') + ".pages");
  ReadingFolder folder = look();
  EXPECT_FALSE(folder.chainTo(name(5, 'a')));
  EXPECT_FALSE(folder.chainTo(name(7, 'c')));
  EXPECT_EQ(folder.chainTo(name(9, 'b')), std::vector{name(9, 'b')});
  EXPECT_THAT(folder.ends(), ElementsAre(name(9, 'b')));
}

// Another program may be about to write the state to such pages.
TEST_F(ReadingFolderTest, SweepsWhatNothingLeadsToOnceItIsOld) {
  write(name(5, 'a') + ".state");
  write(name(7, 'b') + ".pages");
  write(name(9, 'c') + ".state");
  write(name(9, 'c') + ".pages");
  write("000.abc.tmp");
  look().sweep();
  EXPECT_EQ(files().size(), 5U);
  for (const std::string& file : files()) age(file);
  look().sweep();
  EXPECT_THAT(files(), ElementsAre(name(9, 'c') + ".pages", name(9, 'c') + ".state"));
}

}  // namespace
}  // namespace lectern
