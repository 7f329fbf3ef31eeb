// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/page_layout.h"

#include <algorithm>

namespace lectern::gui {

void PageLayout::setPages(const std::vector<PageShape>& pages) {
  sizes_.clear();
  for (const PageShape& page : pages) {
    // A page that could not be read has no size of its own.
    const QSizeF size = page.widthPt > 0 && page.heightPt > 0
                            ? QSizeF(page.widthPt, page.heightPt)
                            : (sizes_.empty() ? QSizeF(595, 842) : sizes_.back());
    sizes_.push_back(size);
  }
  if (quarters_ % 2 != 0) transpose();
  update();
}

void PageLayout::setView(QSizeF view) {
  view_ = view;
  update();
}

void PageLayout::turn(int quarters) {
  quarters_ = ((quarters_ + quarters) % 4 + 4) % 4;
  if (quarters % 2 != 0) transpose();
  update();
}

void PageLayout::transpose() {
  for (QSizeF& size : sizes_) size.transpose();
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
  widest_ = {0, 0};
  for (const QSizeF& size : sizes_) widest_ = widest_.expandedTo(size);
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

QRectF PageLayout::onPage(const Rect& rect, const QRectF& page) const {
  const auto corner = [&](double x, double y) {
    const QPointF share = quarters_ == 0   ? QPointF(x, y)
                          : quarters_ == 1 ? QPointF(1 - y, x)
                          : quarters_ == 2 ? QPointF(1 - x, 1 - y)
                                           : QPointF(y, 1 - x);
    return page.topLeft() + QPointF(share.x() * page.width(), share.y() * page.height());
  };
  constexpr double kUnit = Rect::kUnit;
  return QRectF(corner(rect.left / kUnit, rect.top / kUnit),
                corner(rect.right / kUnit, rect.bottom / kUnit))
      .normalized();
}

QPointF PageLayout::shareAt(QPointF point, const QRectF& page) const {
  const double x = (point.x() - page.left()) / std::max(page.width(), 1.0);
  const double y = (point.y() - page.top()) / std::max(page.height(), 1.0);
  return quarters_ == 0   ? QPointF(x, y)
         : quarters_ == 1 ? QPointF(y, 1 - x)
         : quarters_ == 2 ? QPointF(1 - x, 1 - y)
                          : QPointF(1 - y, x);
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
