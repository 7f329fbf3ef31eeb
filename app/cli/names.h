// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/document/ids.h"
#include "core/document/page.h"
#include "core/library/library.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::cli {

/// Documents are named d1, d2, …, citations c1, c2, …, conversations t1, t2, … (talks), on the
/// command line and in JSON.
std::string nameOf(RevisionId id);
std::string nameOf(CitationId id);
std::string nameOf(ConversationId id);
std::optional<RevisionId> revisionNamed(std::string_view name);
/// Errors: Usage.
Result<CitationId> citationNamed(std::string_view name);
/// Errors: Usage.
Result<ConversationId> conversationNamed(std::string_view name);

/// "page 47", or "page 47 (xlv)" where the document calls it otherwise.
std::string pageName(int number, std::string_view label);

/// Gives out stored names in the order of an answer's citations; none where nothing was stored.
class CitationNames {
 public:
  explicit CitationNames(const std::vector<CitationId>& ids) : ids_(ids) {}
  std::optional<CitationId> next() {
    return next_ < ids_.size() ? std::optional(ids_[next_++]) : std::nullopt;
  }

 private:
  const std::vector<CitationId>& ids_;
  size_t next_ = 0;
};

/// The shelf of that name. Errors: NotFound, with the names that there are.
Result<ShelfInfo> findShelf(Library& library, std::string_view name);

/// The document of that name (d3), or the one that a file's path is a location of, whatever the
/// file holds now. Errors: NotFound.
Result<RevisionId> findDocument(Library& library, std::string_view nameOrPath);

}  // namespace lectern::cli
