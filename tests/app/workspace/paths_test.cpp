// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/paths.h"

#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <optional>
#include <string>

namespace lectern {
namespace {

/// Sets or unsets a variable until it goes.
class Variable {
 public:
  Variable(const char* name, std::optional<std::string> value) : name_(name) {
    if (const char* before = ::getenv(name)) before_ = before;
    set(value);
  }
  ~Variable() { set(before_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const std::optional<std::string>& value) const {
    if (value) {
      ::setenv(name_, value->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  const char* name_;
  std::optional<std::string> before_;
};

TEST(DataFolder, TheNearestWishCounts) {
  const Variable home("HOME", "/home/ada");
  const Variable none("LECTERN_DATA_DIR", std::nullopt);
  const Variable noData("XDG_DATA_HOME", std::nullopt);
  EXPECT_EQ(dataFolder({}).value(), "/home/ada/.local/share/lectern");
  const Variable data("XDG_DATA_HOME", "/data");
  EXPECT_EQ(dataFolder({}).value(), "/data/lectern");
  const Variable own("LECTERN_DATA_DIR", "/own");
  EXPECT_EQ(dataFolder({}).value(), "/own");
  EXPECT_EQ(dataFolder("/wanted").value(), "/wanted");
}

TEST(DataFolder, ARelativeXdgFolderIsIgnoredAsItsSpecificationSays) {
  const Variable home("HOME", "/home/ada");
  const Variable none("LECTERN_DATA_DIR", std::nullopt);
  const Variable data("XDG_DATA_HOME", "data");
  EXPECT_EQ(dataFolder({}).value(), "/home/ada/.local/share/lectern");
}

TEST(PrivateFolder, IsMadeWithThoseAboveItAndMayBeThere) {
  const test::TemporaryFolder folder;
  const auto wanted = folder.path() / "share" / "lectern";
  ASSERT_TRUE(makePrivateFolder(wanted).has_value());
  ASSERT_TRUE(makePrivateFolder(wanted).has_value());
  EXPECT_EQ(std::filesystem::status(wanted).permissions(), std::filesystem::perms::owner_all);
}

TEST(PrivateFolder, AFileInItsPlaceIsAStorageError) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("lectern", "");
  const auto made = makePrivateFolder(file);
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code, ErrorCode::Storage);
  EXPECT_NE(made.error().message.find(file.string()), std::string::npos);
  EXPECT_FALSE(makePrivateFolder(file / "below").has_value());
}

TEST(HelperProgram, IsTheWantedOneOrTheEnvironments) {
  const Variable own("LECTERN_HELPER", "/own/lectern-extract");
  EXPECT_EQ(helperProgram({}), "/own/lectern-extract");
  EXPECT_EQ(helperProgram("/wanted"), "/wanted");
}

TEST(HelperProgram, IsInLibexecWhereNoneIsBesideTheProgram) {
  const Variable none("LECTERN_HELPER", std::nullopt);
  const auto helper = helperProgram({});
  EXPECT_EQ(helper.filename(), "lectern-extract");
  EXPECT_EQ(helper.parent_path().filename(), "lectern");
}

}  // namespace
}  // namespace lectern
