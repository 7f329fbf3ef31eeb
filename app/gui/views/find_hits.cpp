// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/find_hits.h"

#include <iterator>

namespace lectern::gui {

int FindHits::currentNumber() const {
  if (!current_) return 0;
  size_t number = current_->index + 1;
  for (auto it = pages_.begin(); it->first != current_->page; ++it) number += it->second.size();
  return static_cast<int>(number);
}

void FindHits::setCurrentFrom(int page) {
  if (pages_.empty()) return;
  auto found = pages_.lower_bound(page);
  if (found == pages_.end()) found = pages_.begin();
  current_ = Place{found->first, 0};
}

void FindHits::step(bool forward) {
  if (!current_) return;
  auto found = pages_.find(current_->page);
  if (forward) {
    if (++current_->index < found->second.size()) return;
    if (++found == pages_.end()) found = pages_.begin();
    current_ = Place{found->first, 0};
  } else {
    if (current_->index-- > 0) return;
    found = found == pages_.begin() ? std::prev(pages_.end()) : std::prev(found);
    current_ = Place{found->first, found->second.size() - 1};
  }
}

}  // namespace lectern::gui
