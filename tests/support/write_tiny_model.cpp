// SPDX-License-Identifier: GPL-3.0-or-later
//
//   write_tiny_model FOLDER TOKENS
// Writes a chat model with random weights and a window of so many tokens, for programs that test
// from outside.
#include "tests/support/answer_model_fixture.h"

#include <iostream>
#include <string>

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const auto written = lectern::test::writeTinyAnswerModel(
      arguments[1], lectern::test::TinyFamily::Jamba2, std::stoll(arguments[2]));
  if (!written) std::cerr << written.error().message << '\n';
  return written ? 0 : 1;
}
