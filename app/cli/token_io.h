// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "core/base/result.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace lectern::cli {

/// All of a file, or of standard input where `file` is "-". Errors: InputRefused; DoesNotFit where
/// it is larger than `maxBytes`.
Result<std::string> readInput(const CommandContext& context,
                              const std::string& file,
                              int64_t maxBytes);

/// The same of a file that must be UTF-8 text. Errors: besides, InputRefused with the place of the
/// first byte that is none.
Result<std::string> readText(const CommandContext& context, const std::string& file);

/// Token ids as text: numbers separated by white space or commas, in brackets or not, so that what
/// tokenize prints and a JSON list are both read. Errors: those of readInput; InputRefused with the
/// place of what is no number, or no token of a model with so many.
Result<std::vector<int32_t>> readTokenIds(const CommandContext& context,
                                          const std::string& file,
                                          int64_t vocabSize);

/// In one line, as readTokenIds reads them.
void writeTokenIds(std::ostream& out, const std::vector<text::Token>& tokens);

}  // namespace lectern::cli
