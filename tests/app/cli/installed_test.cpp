// SPDX-License-Identifier: GPL-3.0-or-later
// What is installed runs by itself, and links what it should.
#include "tests/app/support/child_process.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <string>

namespace lectern::cli {
namespace {

using test::ChildProcess;
using test::ProcessOutcome;
using ::testing::HasSubstr;
using ::testing::Not;

class Installed : public ::testing::Test {
 protected:
  ProcessOutcome run(const std::vector<std::string>& arguments) {
    ChildProcess::Options options;
    options.environment["LECTERN_DATA_DIR"] = (folder.path() / "data").string();
    return ChildProcess(folder.path(), arguments, options).wait();
  }

  test::TemporaryFolder folder;
  const std::string agreement = LECTERN_SOURCE_DIR "/resources/sample/tenancy-agreement.pdf";
};

TEST_F(Installed, TheProgramFindsItsHelperAndAnswers) {
  const std::string prefix = (folder.path() / "usr").string();
  const ProcessOutcome installed =
      run({"cmake", "--install", LECTERN_BINARY_DIR, "--prefix", prefix});
  ASSERT_EQ(installed.code, 0) << installed.out << installed.err;
  const ProcessOutcome asked =
      run({prefix + "/bin/lectern-cli", "ask", agreement, "How long is the notice period?"});
  EXPECT_EQ(asked.code, 0) << asked.err;
  EXPECT_THAT(asked.out, HasSubstr("three months"));
  const ProcessOutcome model = run({prefix + "/bin/lectern-cli", "ask", agreement, "--model",
                                    "pocket", "How long is the notice period?"});
  EXPECT_EQ(model.code, 0) << model.err;
  EXPECT_THAT(model.out, HasSubstr("Answered by pocket"));
  EXPECT_THAT(model.out, HasSubstr("three months"));
  EXPECT_FALSE(std::filesystem::exists(prefix + "/share/lectern/models/pocket/train"));
}

TEST_F(Installed, OnlyTheHelperLinksWhatParsesForeignFiles) {
  const ProcessOutcome program = run({"ldd", LECTERN_CLI_PROGRAM});
  ASSERT_EQ(program.code, 0) << program.err;
  for (const char* library : {"poppler", "qpdf", "cmark", "uchardet", "Qt"}) {
    EXPECT_THAT(program.out, Not(HasSubstr(library)));
  }
  EXPECT_THAT(run({"ldd", LECTERN_HELPER_PROGRAM}).out, HasSubstr("poppler"));
}

}  // namespace
}  // namespace lectern::cli
