// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/library/library.h"

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

  [[nodiscard]] Fit fit() const { return fit_; }
  [[nodiscard]] double scale() const { return scale_; }
  [[nodiscard]] int pageCount() const { return static_cast<int>(sizes_.size()); }
  [[nodiscard]] QSizeF size() const { return size_; }
  [[nodiscard]] QRectF page(int number) const;
  /// The page at that height, or the one above it.
  [[nodiscard]] int pageAt(double y) const;
  /// First and last page that touch [top, bottom]; {1, 0} where there is none.
  [[nodiscard]] std::pair<int, int> pagesBetween(double top, double bottom) const;

 private:
  void update();

  std::vector<QSizeF> sizes_;  // in points
  std::vector<double> tops_;   // of each page, in pixels
  QSizeF view_;
  QSizeF size_;
  QSizeF widest_;
  Fit fit_ = Fit::Width;
  double scale_ = 1;
};

}  // namespace lectern::gui
