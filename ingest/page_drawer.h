// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/base/result.h"
#include "ingest/helper_client.h"
#include "ingest/importer.h"
#include "ingest/page_image.h"
#include "ingest/protocol.h"

#include <filesystem>
#include <memory>
#include <stop_token>
#include <variant>

namespace lectern {

/// Draws pages of one document through a helper that keeps the document open from page to page, for
/// as long as this object lives. Thread: one; the helper ends with it.
class PageDrawer {
 public:
  /// Starts nothing yet. `path` serves messages and the choice of the format.
  PageDrawer(FileDescriptor file, std::filesystem::path path, ImportOptions options);

  /// Draws a page as displayed at `dotsPerInch` (72 is one pixel a point). Errors: those of
  /// importDocument, DoesNotFit for more than 64 million pixels. Cancelled comes within 50 ms, and
  /// what was begun goes on beside: opening a large document is not begun anew with each page that
  /// somebody scrolls past.
  Result<PageImage> draw(int page, double dotsPerInch, const std::stop_token& stop);

 private:
  using Outcome = std::variant<protocol::Rendered, HelperLoss>;

  Result<void> start();
  Result<void> settle(const std::stop_token& stop);
  Result<Outcome> attempt(const protocol::Wish& wish, const std::stop_token& stop);
  Result<Outcome> await(const std::stop_token& stop);
  Result<PageImage> takePicture(protocol::Rendered size);

  FileDescriptor file_;
  std::filesystem::path path_;
  ImportOptions options_;

  std::unique_ptr<HelperClient> client_;  // none: the next page starts one
  FileDescriptor pixels_;                 // of the client, as the next
  HelperBudget budget_;
  bool isOpen_ = false;  // it has the document open
  bool owes_ = false;    // it works on a page that nobody waits for any more
};

}  // namespace lectern
