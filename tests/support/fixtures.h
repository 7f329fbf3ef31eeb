// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace lectern::test {

/// A committed input: "pdf/layout/hebrew.pdf". What each file proves stands in
/// tests/fixtures/README.md.
inline std::filesystem::path fixture(std::string_view name) {
  return std::filesystem::path(LECTERN_SOURCE_DIR) / "tests/fixtures" / name;
}

inline std::optional<std::filesystem::path> existing(std::filesystem::path path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::nullopt;
  return path;
}

inline std::filesystem::path folderFromEnvironment(const char* variable,
                                                   std::filesystem::path otherwise) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? std::filesystem::path(value) : std::move(otherwise);
}

/// A real document, "pdf/manual-en.pdf", from $LECTERN_SAMPLES, else ../shared/samples beside the
/// source. Never committed: a test that gets nothing skips and says so.
inline std::optional<std::filesystem::path> sample(std::string_view name) {
  return existing(
      folderFromEnvironment("LECTERN_SAMPLES",
                            std::filesystem::path(LECTERN_SOURCE_DIR) / "../shared/samples") /
      name);
}

/// A manual out of a Debian package: "debian-reference.pdf", "bash-reference.pdf",
/// "developers-reference.pdf", "r-reference.pdf", as packaging/test.sh leaves them: from
/// $LECTERN_DEBIAN_MANUALS, else build/debian-manuals. A test that gets nothing skips and says so.
inline std::optional<std::filesystem::path> debianManual(std::string_view name) {
  return existing(
      folderFromEnvironment("LECTERN_DEBIAN_MANUALS",
                            std::filesystem::path(LECTERN_SOURCE_DIR) / "build/debian-manuals") /
      name);
}

}  // namespace lectern::test
