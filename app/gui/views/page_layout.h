// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/library/library.h"

#include <QPointF>
#include <QRectF>
#include <QSizeF>

#include <cstdint>
#include <utility>
#include <vector>

namespace lectern::gui {

/// Where pages lie when they stand one under the other, in pixels of the screen that do not know of
/// its density. Pages count from 1. A value.
class PageLayout {
 public:
  enum class Fit : uint8_t { Width, Page, None };

  static constexpr double kMargin = 12;
  static constexpr double kLeastScale = 0.1;
  static constexpr double kMostScale = 8;

  void setPages(const std::vector<PageShape>& pages);
  void setView(QSizeF view);
  void setFit(Fit fit);
  /// Pixels a point; ends the fitting.
  void setScale(double scale);
  /// Turns all pages to the right, by quarters of a circle.
  void turn(int quarters);

  [[nodiscard]] Fit fit() const { return fit_; }
  [[nodiscard]] double scale() const { return scale_; }
  /// 0..3
  [[nodiscard]] int quarters() const { return quarters_; }
  [[nodiscard]] int pageCount() const { return static_cast<int>(sizes_.size()); }
  [[nodiscard]] QSizeF size() const { return size_; }
  [[nodiscard]] QRectF page(int number) const;
  /// Where a place on a page lies once that page is turned and shown at `page`.
  [[nodiscard]] QRectF onPage(const Rect& rect, const QRectF& page) const;
  /// The way back: shares of the width and the height of the page as the document has it.
  [[nodiscard]] QPointF shareAt(QPointF point, const QRectF& page) const;
  /// The page at that height, or the one above it.
  [[nodiscard]] int pageAt(double y) const;
  /// First and last page that touch [top, bottom]; {1, 0} where there is none.
  [[nodiscard]] std::pair<int, int> pagesBetween(double top, double bottom) const;

 private:
  void transpose();
  void update();

  std::vector<QSizeF> sizes_;  // in points, as turned
  std::vector<double> tops_;   // of each page, in pixels
  QSizeF view_;
  QSizeF size_;
  QSizeF widest_;
  Fit fit_ = Fit::Width;
  int quarters_ = 0;
  double scale_ = 1;
};

}  // namespace lectern::gui
