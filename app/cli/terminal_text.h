// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lectern::cli {

/// Foreign text made fit for a terminal: escape sequences and other control characters become
/// U+FFFD, bidi controls go, ill-formed UTF-8 is repaired; line ends and tabs stay.
std::string harmless(std::string_view text);

/// The same in one line: each run of white space becomes a space.
std::string oneLine(std::string_view text);

/// In one line and in quotation marks.
std::string inQuotes(std::string_view text);

/// The cells that a harmless text takes on a terminal.
int columnsOf(std::string_view text);

/// Breaks a harmless line between words so that no line is wider than `columns` (0: never); each
/// begins with `indent` spaces. A word that is too wide stands on a line of its own. Ends with a
/// line end.
std::string wrapped(std::string_view line, int columns, int indent);

/// Cut at `columns` cells, with an ellipsis where something is missing.
std::string clipped(std::string_view line, int columns);

/// "1 page", "2 pages".
std::string counted(int64_t number, std::string_view noun);

/// "512 bytes", "1.3 GB": the unit (of 1000s) that fits, with two to three digits.
std::string sizeText(int64_t bytes);

/// "2026-11-27 20:15", the time here, of a Unix time in milliseconds.
std::string timeText(int64_t unixMs);

/// "8 s", "12 min", "2 h 5 min".
std::string durationText(int64_t ms);

std::string withoutFullStop(std::string_view sentence);

/// Bold and faint letters where a terminal is behind, and nothing where none is.
class Style {
 public:
  explicit Style(bool on) : on_(on) {}
  [[nodiscard]] std::string bold(std::string_view text) const;
  [[nodiscard]] std::string faint(std::string_view text) const;

 private:
  bool on_;
};

}  // namespace lectern::cli
