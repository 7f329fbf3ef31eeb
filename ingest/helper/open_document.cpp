// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/open_document.h"

#include "ingest/helper/text/charset.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>

namespace lectern::helper {

namespace {

constexpr std::string_view kSupported = "Lectern reads PDF, plain text and Markdown.";

// ISO 32000-1, Annex H.3, note 13: readers accept the header anywhere in the first 1,024 bytes.
constexpr size_t kPdfHeaderWithin = 1024;

bool endsWith(std::string_view fileName, std::string_view extension) {
  if (fileName.size() < extension.size()) return false;
  return std::equal(extension.begin(), extension.end(), fileName.end() - extension.size(),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
}

bool isPdf(std::string_view bytes, std::string_view fileName) {
  return bytes.substr(0, kPdfHeaderWithin).find("%PDF-") != std::string_view::npos ||
         endsWith(fileName, ".pdf");
}

struct KnownKind {
  std::string_view start;
  std::string_view name;
};

// What people drop on a reader most, so that the refusal can name it and a way out.
constexpr std::array<KnownKind, 7> kKnownKinds = {
    {{"PK\x03\x04", "an archive or an office document; save it as PDF first"},
     {"\xD0\xCF\x11\xE0", "an old office document; save it as PDF first"},
     {"{\\rtf", "a rich text document; save it as PDF first"},
     {"\x89PNG", "a picture; turn it into a PDF with a text layer first"},
     {"\xFF\xD8\xFF", "a picture; turn it into a PDF with a text layer first"},
     {"GIF8", "a picture; turn it into a PDF with a text layer first"},
     {"\x1F\x8B", "a compressed file; unpack it first"}}};

Error unsupported(std::string_view bytes, std::string_view fileName) {
  for (const KnownKind& kind : kKnownKinds) {
    if (bytes.starts_with(kind.start)) {
      return {ErrorCode::InputRefused,
              fmt::format("{} is {}. {}", fileName, kind.name, kSupported)};
    }
  }
  return {ErrorCode::InputRefused, fmt::format("{} is not a text. {}", fileName, kSupported)};
}

bool isKnownKind(std::string_view bytes) {
  return std::any_of(kKnownKinds.begin(), kKnownKinds.end(),
                     [&](const KnownKind& kind) { return bytes.starts_with(kind.start); });
}

}  // namespace

Result<std::unique_ptr<DocumentReader>> openDocument(std::string_view bytes,
                                                     std::string_view fileName,
                                                     std::string_view password) {
  if (bytes.empty()) {
    return Error{ErrorCode::InputRefused, fmt::format("{} is empty.", fileName)};
  }
  if (isPdf(bytes, fileName)) return openPdf(bytes, fileName, password);
  if (isKnownKind(bytes) || !looksLikeText(bytes)) return unsupported(bytes, fileName);
  if (endsWith(fileName, ".md") || endsWith(fileName, ".markdown")) {
    return openMarkdown(bytes, fileName);
  }
  return openText(bytes, fileName);
}

}  // namespace lectern::helper
