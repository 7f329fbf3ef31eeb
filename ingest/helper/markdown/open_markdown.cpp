// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/document_reader.h"
#include "ingest/helper/flow/flow_reader.h"
#include "ingest/helper/markdown/markdown.h"
#include "ingest/helper/text/charset.h"

namespace lectern::helper {

Result<std::unique_ptr<DocumentReader>> openMarkdown(std::string_view bytes,
                                                     std::string_view fileName) {
  DecodedText decoded = TRY(decodeText(bytes, fileName));
  MarkdownDocument document = parseMarkdown(decoded.text);
  decoded.text = {};
  DocumentInfo info;
  info.title = std::move(document.title);
  info.mediaType = "text/markdown";
  info.extractor = "markdown/1";
  info.notices = std::move(decoded.notices);
  return openFlow(std::move(document.flow), std::move(info), fileName);
}

}  // namespace lectern::helper
