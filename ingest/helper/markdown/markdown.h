// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ingest/helper/flow/flow_document.h"

#include <string>
#include <string_view>

namespace lectern::helper {

struct MarkdownDocument {
  FlowDocument flow;
  std::string title;  ///< of the front matter, else the first heading
};

/// GitHub's Markdown with tables, strikethrough, bare links, task lists and footnotes, as a reader
/// sees it: markers of lists stay ("• ", "3. ", "☑ "), links keep their words, pictures their
/// description, HTML its source; comments go. `text` is UTF-8 with "\n" at line ends.
MarkdownDocument parseMarkdown(std::string_view text);

}  // namespace lectern::helper
