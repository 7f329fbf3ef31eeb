// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace lectern {

/// An entry of a document's own table of contents, in document order.
struct OutlineItem {
  int level = 1;      ///< 1 is the highest
  std::string title;  ///< UTF-8
  int page = 0;       ///< counted from 1; 0 where the entry leads nowhere in this document
  /// How far down that page, in 1/65,535 of its height (`Rect`'s unit); 0 where the entry names
  /// only the page.
  int top = 0;
  friend bool operator==(const OutlineItem&, const OutlineItem&) = default;
};

/// What is known of a document before its pages.
struct DocumentInfo {
  std::string title;  ///< from the file's metadata or first heading; empty where neither names one
  std::string mediaType;  ///< "application/pdf", "text/plain", "text/markdown"
  /// Which reader made the text, and its version: "pdf/1". Another version makes another revision.
  std::string extractor;
  int pageCount = 0;
  std::vector<OutlineItem> outline;
  /// Sentences the reader should see: "Its author forbids copying text.", "The file is damaged; it
  /// was repaired."
  std::vector<std::string> notices;
};

}  // namespace lectern
