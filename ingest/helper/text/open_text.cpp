// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/document_reader.h"
#include "ingest/helper/flow/flow_reader.h"
#include "ingest/helper/text/charset.h"
#include "ingest/helper/text/plain_text.h"

namespace lectern::helper {

Result<std::unique_ptr<DocumentReader>> openText(std::string_view bytes,
                                                 std::string_view fileName) {
  DecodedText decoded = TRY(decodeText(bytes, fileName));
  FlowDocument document = parsePlainText(decoded.text);
  decoded.text = {};
  DocumentInfo info;
  info.mediaType = "text/plain";
  info.extractor = "text/1";
  info.notices = std::move(decoded.notices);
  return openFlow(std::move(document), std::move(info), fileName);
}

}  // namespace lectern::helper
