// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/find.h"

#include <map>
#include <optional>
#include <vector>

namespace lectern::gui {

/// Hits of a search as they come in, and the one that is looked at. A value.
class FindHits {
 public:
  struct Place {
    int page = 0;
    size_t index = 0;  // among those of the page
    friend auto operator<=>(const Place&, const Place&) = default;
  };

  void add(const PageHits& hits) {
    count_ += static_cast<int>(hits.spans.size());
    pages_[hits.page] = hits.spans;
  }
  void clear() { *this = FindHits(); }

  [[nodiscard]] int count() const { return count_; }
  /// In order; null where a page has none.
  [[nodiscard]] const std::vector<TextSpan>* on(int page) const {
    const auto found = pages_.find(page);
    return found == pages_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::optional<Place> current() const { return current_; }
  [[nodiscard]] TextSpan currentSpan() const {
    return current_ ? pages_.at(current_->page)[current_->index] : TextSpan{};
  }
  /// Counted from 1 among all that are known; 0 where none is current.
  [[nodiscard]] int currentNumber() const;

  /// Makes the first hit on or behind a page the current one, or the first of all.
  void setCurrentFrom(int page);
  /// Goes on by one, around the end.
  void step(bool forward);

 private:
  std::map<int, std::vector<TextSpan>> pages_;
  int count_ = 0;
  std::optional<Place> current_;
};

}  // namespace lectern::gui
