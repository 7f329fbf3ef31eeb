// SPDX-License-Identifier: GPL-3.0-or-later
// Fontconfig keeps what it found until the process ends, where the leak sanitizer does not look.
// Linked into tests that lay out text in their own process.
extern "C" const char* __lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier)

extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:libfontconfig.so\n";
}
