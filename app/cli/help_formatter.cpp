// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/help_formatter.h"

#include "app/cli/terminal_text.h"

namespace lectern::cli {

namespace {

constexpr int kColumns = 80;
constexpr int kNameColumns = 26;

}  // namespace

HelpFormatter::HelpFormatter() {
  column_width(kNameColumns);
}

std::string HelpFormatter::make_option_name(const CLI::Option* option, bool isPositional) const {
  return isPositional ? option->get_name(true) : option->get_name(false, true);
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  if (option->get_positional() || option->get_option_text().empty()) return {};
  return " " + option->get_option_text();
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  std::string lines = wrapped(option->get_description(), kColumns - kNameColumns, 0);
  lines.pop_back();
  return lines;
}

std::string HelpFormatter::make_option_usage(const CLI::Option* option) const {
  return option->get_option_text().empty() ? option->get_name(true) : option->get_option_text();
}

}  // namespace lectern::cli
