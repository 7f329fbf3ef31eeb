// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/page_texts.h"

namespace lectern::gui {

namespace {

// A page of text with its glyphs takes some hundred kilobytes.
constexpr int kKeptAround = 8;

}  // namespace

void PageTexts::setRevision(RevisionId revision) {
  if (revision == revision_) return;
  clear();
  revision_ = revision;
}

void PageTexts::clear() {
  for (auto& [page, stop] : pending_) stop.request_stop();
  pending_.clear();
  pages_.clear();
  starts_.clear();
  revision_ = {};
}

void PageTexts::want(int first, int last) {
  std::erase_if(pages_, [&](const auto& entry) {
    return entry.first < first - kKeptAround || entry.first > last + kKeptAround;
  });
  std::erase_if(pending_, [&](auto& entry) {
    const bool gone = entry.first < first || entry.first > last;
    if (gone) entry.second.request_stop();
    return gone;
  });
  for (int page = first; page <= last; ++page) {
    if (pages_.contains(page) || pending_.contains(page)) continue;
    emit readWanted(revision_, page, pending_[page].get_token());
  }
}

StoredPagePtr PageTexts::page(int number) const {
  const auto found = pages_.find(number);
  return found == pages_.end() ? nullptr : found->second;
}

std::optional<int64_t> PageTexts::byteStart(int page) const {
  const auto found = starts_.find(page);
  return found == starts_.end() ? std::nullopt : std::optional(found->second);
}

void PageTexts::take(RevisionId revision, int number, const StoredPagePtr& page) {
  if (revision != revision_ || pending_.erase(number) == 0) return;
  pages_[number] = page;
  if (page) starts_[number] = page->byteStart;
  emit arrived(number);
}

}  // namespace lectern::gui
