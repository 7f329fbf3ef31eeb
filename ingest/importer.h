// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/base/result.h"
#include "core/document/document_info.h"
#include "core/document/page.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

namespace lectern {

/// What one document, and one page of it, may cost before the helper is ended.
struct ExtractionLimits {
  std::chrono::seconds pageCpu{20};   ///< processor time of one page
  std::chrono::seconds pageWall{60};  ///< time in which it neither computes nor sends
  std::chrono::seconds openWall{60};  ///< either of both, until the document's own data is there
  std::chrono::seconds documentCpu{1800};
  int64_t memoryBytes = int64_t{1} << 30;  ///< address space; in sanitizer builds the resident size
  int64_t pageTextBytes = int64_t{16} << 20;
  int maxPages = 100'000;
};

struct ImportOptions {
  std::filesystem::path helper;  ///< lectern-extract
  ExtractionLimits limits;
  std::string password;  ///< UTF-8 as typed; SASLprep and the raw bytes are both tried
  int firstPage = 1;     ///< goes on behind pages that are already stored
};

/// Receives a document as it is read, on the importing thread. An Error from either ends the import
/// with it.
class ImportSink {
 public:
  virtual ~ImportSink() = default;
  virtual Result<void> onInfo(const DocumentInfo& info) = 0;
  virtual Result<void> onPage(
      Page&& page) = 0;  ///< in order, each number once, also the skipped ones
};

/// Reads a document through a helper process of its own. `path` serves messages and the choice of
/// the format beside the file's first bytes; the bytes come from `file`, so that what is hashed and
/// what is read are the same file. A page that takes the helper down (time, memory, a crash)
/// arrives as PageState::Skipped with the reason (one whose helper was ended from outside is tried
/// once more first), and a new helper goes on behind it; after eight such pages in a row, or once
/// `documentCpu` is used up, all pages of the rest do. Errors: InputRefused, PasswordNeeded,
/// DoesNotFit, OutOfMemory while it is opened, Cancelled, what the sink returned; Internal when the
/// helper itself is missing. Thread: any; blocks.
Result<void> importDocument(const FileDescriptor& file,
                            const std::filesystem::path& path,
                            const ImportOptions& options,
                            ImportSink& sink,
                            std::stop_token stop);

}  // namespace lectern
