// SPDX-License-Identifier: GPL-3.0-or-later
// The window as it is installed, and what it links.
#include "tests/app/support/child_process.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace lectern::gui {
namespace {

using test::ChildProcess;
using test::ProcessOutcome;
using ::testing::HasSubstr;
using ::testing::Not;

class InstalledWindow : public ::testing::Test {
 protected:
  ProcessOutcome run(const std::vector<std::string>& arguments) {
    return ChildProcess(folder.path(), arguments, {}).wait();
  }

  test::TemporaryFolder folder;
};

TEST_F(InstalledWindow, RunsAndHasWhatADesktopAsksFor) {
  const std::string prefix = (folder.path() / "usr").string();
  const ProcessOutcome installed =
      run({"cmake", "--install", LECTERN_BINARY_DIR, "--prefix", prefix});
  ASSERT_EQ(installed.code, 0) << installed.out << installed.err;
  EXPECT_THAT(run({prefix + "/bin/lectern", "--version"}).out, HasSubstr("lectern "));
  const std::string share = prefix + "/share/";
  for (const char* file : {"metainfo/org.lectern.Lectern.metainfo.xml",
                           "icons/hicolor/scalable/apps/org.lectern.Lectern.svg",
                           "icons/hicolor/symbolic/apps/org.lectern.Lectern-symbolic.svg",
                           "icons/hicolor/48x48/apps/org.lectern.Lectern.png",
                           "applications/org.lectern.Lectern.desktop"}) {
    EXPECT_TRUE(std::filesystem::exists(share + file)) << file;
  }
  std::ifstream service(share + "dbus-1/services/org.lectern.Lectern.service");
  const std::string words(std::istreambuf_iterator<char>(service), {});
  EXPECT_THAT(words, HasSubstr("/bin/lectern\n"));
}

// Foreign files are parsed by the helper alone, and the window talks to nobody.
TEST_F(InstalledWindow, LinksNoParserAndNoNetwork) {
  const ProcessOutcome libraries = run({"ldd", LECTERN_WINDOW_PROGRAM});
  ASSERT_EQ(libraries.code, 0) << libraries.err;
  for (const char* library :
       {"poppler", "qpdf", "cmark", "uchardet", "Qt6Network", "curl", "ssl"}) {
    EXPECT_THAT(libraries.out, Not(HasSubstr(library)));
  }
  const ProcessOutcome wanted = run({"nm", "--undefined-only", LECTERN_WINDOW_LIBRARY});
  ASSERT_EQ(wanted.code, 0) << wanted.err;
  for (const char* symbol : {"sqlite3_", "poppler", "U connect\n", "U getaddrinfo"}) {
    EXPECT_THAT(wanted.out, Not(HasSubstr(symbol)));
  }
}

}  // namespace
}  // namespace lectern::gui
