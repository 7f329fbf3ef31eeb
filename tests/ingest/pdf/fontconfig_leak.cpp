// SPDX-License-Identifier: GPL-3.0-or-later
// Fontconfig, which Poppler asks for fonts that a file does not embed, keeps some 300 bytes to the
// end of the process. LeakSanitizer asks the program for such exceptions by this name.
extern "C" const char* __lsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier)

const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:libfontconfig\n";
}
