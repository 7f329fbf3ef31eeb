// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ingest/helper/flow/flow_document.h"

#include <string_view>

namespace lectern::helper {

/// The blocks of a plain text, told by its blank lines, its indentation and the length of its
/// lines:
///
///   paragraph   lines of one length are wrapped: joined by a space; much longer ones are a
///               paragraph each, but for those that break off within a sentence
///   list item   begins with "- ", "* ", "• ", "1. ", "(a) " and such; goes on until the next
///   heading     a short line alone, without an end mark, in front of a paragraph
///   code        an indented block, or one with columns: lines and spaces stay
///
/// `text` is UTF-8 with "\n" at line ends.
FlowDocument parsePlainText(std::string_view text);

}  // namespace lectern::helper
