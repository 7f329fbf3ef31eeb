// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/page_layout.h"

#include <algorithm>

namespace lectern::gui {

void PageLayout::setPages(const std::vector<PageShape>& pages) {
  sizes_.clear();
  widest_ = {0, 0};
  for (const PageShape& page : pages) {
    // A page that could not be read has no size of its own.
    const QSizeF size = page.widthPt > 0 && page.heightPt > 0
                            ? QSizeF(page.widthPt, page.heightPt)
                            : (sizes_.empty() ? QSizeF(595, 842) : sizes_.back());
    sizes_.push_back(size);
    widest_ = widest_.expandedTo(size);
  }
  update();
}

void PageLayout::setView(QSizeF view) {
  view_ = view;
  update();
}

void PageLayout::setFit(Fit fit) {
  fit_ = fit;
  update();
}

void PageLayout::setScale(double scale) {
  fit_ = Fit::None;
  scale_ = std::clamp(scale, kLeastScale, kMostScale);
  update();
}

void PageLayout::update() {
  if (!sizes_.empty() && fit_ != Fit::None && view_.width() > 0) {
    double scale = (view_.width() - 2 * kMargin) / widest_.width();
    if (fit_ == Fit::Page) {
      scale = std::min(scale, (view_.height() - 2 * kMargin) / widest_.height());
    }
    scale_ = std::clamp(scale, kLeastScale, kMostScale);
  }
  tops_.clear();
  double y = kMargin;
  for (const QSizeF& size : sizes_) {
    tops_.push_back(y);
    y += size.height() * scale_ + kMargin;
  }
  size_ = {widest_.width() * scale_ + 2 * kMargin, y};
}

QRectF PageLayout::page(int number) const {
  if (number < 1 || number > pageCount()) return {};
  const QSizeF size = sizes_[static_cast<size_t>(number - 1)] * scale_;
  const double across = std::max(size_.width(), view_.width());
  return {{(across - size.width()) / 2, tops_[static_cast<size_t>(number - 1)]}, size};
}

int PageLayout::pageAt(double y) const {
  const auto after = std::upper_bound(tops_.begin(), tops_.end(), y);
  return std::max(1, static_cast<int>(after - tops_.begin()));
}

std::pair<int, int> PageLayout::pagesBetween(double top, double bottom) const {
  if (sizes_.empty() || bottom < tops_.front()) return {1, 0};
  int first = pageAt(top);
  if (page(first).bottom() < top && first < pageCount()) ++first;
  return {first, pageAt(bottom)};
}

}  // namespace lectern::gui
