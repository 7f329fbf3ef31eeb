// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/library/library_impl.h"

namespace lectern {

Result<std::optional<int64_t>> Library::tokenCount(RevisionId revision, const Sha256& counter) {
  return impl_->database.integer(
      "SELECT tokens FROM token_count WHERE revision = ?1 AND counter = ?2",
      static_cast<int64_t>(revision), blobOf(counter));
}

Result<void> Library::setTokenCount(RevisionId revision, const Sha256& counter, int64_t tokens) {
  TRY(impl_->requireWriting());
  const auto id = static_cast<int64_t>(revision);
  if (!TRY(impl_->database.integer("SELECT 1 FROM revision WHERE id = ?1 AND state = 'sealed'",
                                   id))) {
    return notFound("revision", id);
  }
  return impl_->database.run(
      "INSERT OR REPLACE INTO token_count(revision, counter, tokens) VALUES(?1, ?2, ?3)", id,
      blobOf(counter), tokens);
}

}  // namespace lectern
