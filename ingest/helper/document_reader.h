// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/document/document_info.h"
#include "core/document/page.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace lectern::helper {

/// A page as displayed, in points.
struct PageSize {
  double widthPt = 0;
  double heightPt = 0;
};

/// A document of one format, opened inside the helper process. Third-party types stay behind it. It
/// may be slow, run out of memory or crash on a hostile file: the parent watches. Thread: the
/// helper's only one.
class DocumentReader {
 public:
  virtual ~DocumentReader() = default;

  virtual DocumentInfo info() = 0;
  /// Of `info`, for drawing; worth overriding where it comes cheaper.
  virtual int pageCount() { return info().pageCount; }
  /// Reads one page, counted from 1. Errors: InputRefused, with the page's own trouble; the caller
  /// reports the page as skipped and goes on.
  virtual Result<Page> readPage(int number) = 0;
  /// The measures that `readPage` gives, for drawing; worth overriding where they come cheaper.
  virtual Result<PageSize> pageSize(int number) {
    const Page page = TRY(readPage(number));
    return PageSize{page.widthPt, page.heightPt};
  }
  /// Draws a page as displayed into `pixels` (row by row from the top, `width` × `height`,
  /// 0xffRRGGBB).
  virtual Result<void> renderPage(int number,
                                  int width,
                                  int height,
                                  std::span<uint32_t> pixels) = 0;
};

/// `bytes` is the whole file, mapped; it outlives the reader. `fileName` serves messages and titles
/// only. Errors: InputRefused (not of that format, damaged beyond repair, no pages),
/// PasswordNeeded.
Result<std::unique_ptr<DocumentReader>> openPdf(std::string_view bytes,
                                                std::string_view fileName,
                                                std::string_view password);
Result<std::unique_ptr<DocumentReader>> openText(std::string_view bytes, std::string_view fileName);
Result<std::unique_ptr<DocumentReader>> openMarkdown(std::string_view bytes,
                                                     std::string_view fileName);

}  // namespace lectern::helper
