// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/paths.h"

#include "core/base/file.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace lectern {

namespace fs = std::filesystem;

namespace {

fs::path fromEnvironment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets it
  return value == nullptr ? fs::path{} : fs::path{value};
}

fs::path homeFolder() {
  if (fs::path home = fromEnvironment("HOME"); home.is_absolute()) return home;
  const passwd* entry = ::getpwuid(::getuid());  // NOLINT(concurrency-mt-unsafe): at start only
  return entry == nullptr || entry->pw_dir == nullptr ? fs::path{} : fs::path{entry->pw_dir};
}

fs::path programFolder() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path();
}

}  // namespace

Result<fs::path> dataFolder(const fs::path& wanted) {
  std::error_code ignored;
  if (!wanted.empty()) return fs::absolute(wanted, ignored);
  if (const fs::path own = fromEnvironment("LECTERN_DATA_DIR"); !own.empty()) {
    return fs::absolute(own, ignored);
  }
  Result<fs::path> folder = userFolder("XDG_DATA_HOME", ".local/share");
  if (folder) return folder;
  return Error{ErrorCode::Storage,
               "There is no home folder to keep the library in. Set LECTERN_DATA_DIR to a folder "
               "for it."};
}

Result<fs::path> userFolder(const char* variable, const fs::path& below) {
  if (const fs::path named = fromEnvironment(variable); named.is_absolute()) {
    return named / "lectern";
  }
  const fs::path home = homeFolder();
  if (home.is_absolute()) return home / below / "lectern";
  return Error{ErrorCode::Storage,
               fmt::format("There is no home folder. Set {} to a folder.", variable)};
}

Result<void> makePrivateFolder(const fs::path& folder) {
  std::error_code above;
  fs::create_directories(folder.parent_path(), above);
  if (::mkdir(folder.c_str(), 0700) == 0) return {};
  const int cause = above ? above.value() : errno;
  if (cause == EEXIST && fs::is_directory(folder, above)) return {};
  return Error{ErrorCode::Storage,
               fmt::format("The folder {} for the library cannot be made: {}. Set LECTERN_DATA_DIR "
                           "to a folder that you may write to.",
                           folder.string(), describeErrno(cause))};
}

fs::path helperProgram(const fs::path& wanted) {
  if (!wanted.empty()) return wanted;
  if (fs::path own = fromEnvironment("LECTERN_HELPER"); !own.empty()) return own;
  std::error_code ignored;
  const fs::path folder = programFolder();
  fs::path beside = folder / "lectern-extract";
  if (fs::exists(beside, ignored)) return beside;
  return (folder / ".." / "libexec" / "lectern" / "lectern-extract").lexically_normal();
}

fs::path sharedFolder() {
  return (programFolder() / ".." / "share" / "lectern").lexically_normal();
}

}  // namespace lectern
