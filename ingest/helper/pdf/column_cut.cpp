// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/pdf/column_cut.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <utility>

namespace lectern::helper::pdf {

namespace {

constexpr int kMaxDepth = 12;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
// A gutter's width, and a white band's height, in body font sizes.
constexpr double kGutterWidth = 0.8;
constexpr double kWideGutter = 2.5;  // no width beyond this makes a gutter better
constexpr double kWhiteBand = 0.9;
// What crosses a gutter may be this share of the smaller side's height: a page's title and
// abstract, a wide table.
constexpr double kMaxCrossing = 0.6;
// Text that flows in columns has at least so many glyphs a line of each, and fills so much of their
// width.
constexpr double kFlowingGlyphs = 18;
constexpr double kFlowingFill = 0.55;

double height(const BoxPt& box) {
  return box.bottom - box.top;
}

double middle(const BoxPt& box) {
  return (box.top + box.bottom) / 2;
}

// The rows of one side of a gutter, as far as the decision "columns or cells" needs them.
struct Side {
  std::vector<double> middles;  // rising
  double medianGlyphs = 0;
  double medianFill = 0;
  double medianFragments = 0;
  double rowHeight = 0;
};

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto mid = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), mid, values.end());
  return *mid;
}

Side describe(const std::vector<Fragment>& fragments) {
  Side side;
  double left = fragments.front().box.left;
  double right = fragments.front().box.right;
  for (const Fragment& fragment : fragments) {
    left = std::min(left, fragment.box.left);
    right = std::max(right, fragment.box.right);
  }
  const double width = std::max(right - left, 1e-6);
  std::vector<double> glyphs;
  std::vector<double> fills;
  std::vector<double> fragmentCounts;
  std::vector<double> heights;
  for (const FragmentRow& row : groupRows(fragments)) {
    int count = 0;
    for (const Fragment& fragment : row.fragments) count += fragment.glyphs;
    glyphs.push_back(count);
    fragmentCounts.push_back(static_cast<double>(row.fragments.size()));
    fills.push_back((row.box.right - row.box.left) / width);
    heights.push_back(height(row.band));
    side.middles.push_back(row.middle());
  }
  side.medianGlyphs = median(std::move(glyphs));
  side.medianFill = median(std::move(fills));
  side.medianFragments = median(std::move(fragmentCounts));
  side.rowHeight = median(std::move(heights));
  return side;
}

// The share of the shorter side's rows that stand on a line of the other side.
double alignedShare(const Side& a, const Side& b) {
  const Side& fewer = a.middles.size() <= b.middles.size() ? a : b;
  const Side& more = a.middles.size() <= b.middles.size() ? b : a;
  const double tolerance = 0.1 * std::max(fewer.rowHeight, more.rowHeight);
  size_t aligned = 0;
  size_t other = 0;
  for (const double mid : fewer.middles) {
    while (other < more.middles.size() && more.middles[other] < mid - tolerance) ++other;
    if (other < more.middles.size() && more.middles[other] <= mid + tolerance) ++aligned;
  }
  return static_cast<double>(aligned) / static_cast<double>(fewer.middles.size());
}

bool isFlowing(const Side& side) {
  return side.medianGlyphs >= kFlowingGlyphs * side.medianFragments &&
         side.medianFill >= kFlowingFill;
}

using Intervals = std::vector<std::pair<double, double>>;

void mergeIntervals(Intervals& intervals) {
  std::sort(intervals.begin(), intervals.end());
  size_t kept = 0;
  for (const auto& interval : intervals) {
    if (kept > 0 && interval.first <= intervals[kept - 1].second) {
      intervals[kept - 1].second = std::max(intervals[kept - 1].second, interval.second);
    } else {
      intervals[kept++] = interval;
    }
  }
  intervals.resize(kept);
}

struct Gutter {
  double left = 0;
  double right = 0;
  double score = 0;
};

class Cutter {
 public:
  explicit Cutter(double bodySize) : bodySize_(std::max(bodySize, 1.0)) {}

  void order(std::vector<Fragment> fragments, double left, double right, int depth) {
    if (fragments.empty()) return;
    if (depth < kMaxDepth && fragments.size() > 3) {
      for (const Gutter& gutter : findGutters(fragments)) {
        if (cutAt(gutter, fragments, left, right, depth)) return;
      }
      if (cutAtWhiteBands(fragments, left, right, depth)) return;
    }
    emit(std::move(fragments), left, right);
  }

  std::vector<CutColumn> take() { return std::move(columns_); }

 private:
  // Rows between the edges of the last column go on with it.
  void emit(std::vector<Fragment> fragments, double left, double right) {
    if (columns_.empty() || columns_.back().left != left || columns_.back().right != right) {
      columns_.push_back({left, right, {}});
    }
    for (FragmentRow& row : groupRows(std::move(fragments))) {
      columns_.back().rows.push_back(std::move(row));
    }
  }

  // The empty stretches of x with most text on both sides and least across them, best first. A wide
  // one is better: columns of short lines hold narrow gaps of their own.
  std::vector<Gutter> findGutters(const std::vector<Fragment>& fragments) const {
    constexpr size_t kMostGutters = 6;
    struct Edge {
      double x;
      double begins;  // height of the fragments that begin here, or
      double ends;    // end here
    };
    std::vector<Edge> edges;
    edges.reserve(fragments.size() * 2);
    double after = 0;
    for (const Fragment& fragment : fragments) {
      const double h = std::max(height(fragment.box), 0.1);
      edges.push_back({fragment.box.left, h, 0});
      edges.push_back({fragment.box.right, 0, h});
      after += h;
    }
    std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.x < b.x; });
    double before = 0;
    double crossing = 0;
    std::vector<Gutter> gutters;
    for (size_t i = 0; i + 1 < edges.size(); ++i) {
      before += edges[i].ends;
      crossing += edges[i].begins - edges[i].ends;
      after -= edges[i].begins;
      const double sides = std::min(before, after);
      const double width = edges[i + 1].x - edges[i].x;
      if (width < kGutterWidth * bodySize_ || crossing > kMaxCrossing * sides) continue;
      const double score = (sides - crossing) * std::min(width, kWideGutter * bodySize_);
      if (score > 0) gutters.push_back({edges[i].x, edges[i + 1].x, score});
    }
    std::sort(gutters.begin(), gutters.end(),
              [](const Gutter& a, const Gutter& b) { return a.score > b.score; });
    gutters.resize(std::min(gutters.size(), kMostGutters));
    return gutters;
  }

  // Bands of what crosses the gutter (with all that shares its lines) and of what stands beside it.
  struct Band {
    bool spans = false;
    std::vector<Fragment> left;  // all of a spanning band
    std::vector<Fragment> right;
  };

  std::vector<Band> bandsOf(const Gutter& gutter, std::vector<Fragment>& fragments) const {
    const double x = (gutter.left + gutter.right) / 2;
    std::sort(fragments.begin(), fragments.end(),
              [](const Fragment& a, const Fragment& b) { return middle(a.box) < middle(b.box); });
    // The lines that spanning fragments take, merged and rising.
    Intervals taken;
    for (const Fragment& fragment : fragments) {
      if (fragment.box.left < x && fragment.box.right > x) {
        taken.emplace_back(fragment.box.top, fragment.box.bottom);
      }
    }
    mergeIntervals(taken);
    const auto isTaken = [&](const Fragment& fragment) {
      const double mid = middle(fragment.box);
      const auto behind = std::upper_bound(taken.begin(), taken.end(), std::pair{mid, kInfinity});
      return behind != taken.begin() && mid <= std::prev(behind)->second;
    };
    std::vector<Band> bands;
    for (Fragment& fragment : fragments) {
      const bool spans = isTaken(fragment);
      if (bands.empty() || bands.back().spans != spans) bands.push_back({spans, {}, {}});
      auto& side = !spans && fragment.box.left >= x ? bands.back().right : bands.back().left;
      side.push_back(std::move(fragment));
    }
    return bands;
  }

  // True where the two sides of a gutter are columns of text rather than cells of a table.
  bool areColumns(const std::vector<Fragment>& left,
                  const std::vector<Fragment>& right,
                  const Gutter& gutter,
                  double regionLeft,
                  double regionRight) const {
    if (left.empty() || right.empty()) return true;
    const Side a = describe(left);
    const Side b = describe(right);
    const size_t fewer = std::min(a.middles.size(), b.middles.size());
    if (a.middles.size() + b.middles.size() < 4) return false;
    if (isFlowing(a) && isFlowing(b)) return true;
    const bool tooShort = std::min(a.medianGlyphs, b.medianGlyphs) < 6;
    if (fewer >= 3 && !tooShort && alignedShare(a, b) < 0.5) return true;
    // An index: many short lines in columns of one width.
    const double centre = (gutter.left + gutter.right) / 2 - regionLeft;
    const double width = std::max(regionRight - regionLeft, 1e-6);
    return fewer >= 15 && !tooShort && std::abs(centre / width - 0.5) < 0.05;
  }

  bool cutAt(const Gutter& gutter,
             std::vector<Fragment>& fragments,
             double left,
             double right,
             int depth) {
    std::vector<Band> bands = bandsOf(gutter, fragments);
    std::vector<Fragment> allLeft;
    std::vector<Fragment> allRight;
    for (const Band& band : bands) {
      if (band.spans) continue;
      allLeft.insert(allLeft.end(), band.left.begin(), band.left.end());
      allRight.insert(allRight.end(), band.right.begin(), band.right.end());
    }
    const bool columns = areColumns(allLeft, allRight, gutter, left, right);
    fragments.clear();
    if (!columns) {
      for (Band& band : bands) {
        std::move(band.left.begin(), band.left.end(), std::back_inserter(fragments));
        std::move(band.right.begin(), band.right.end(), std::back_inserter(fragments));
      }
      return false;
    }
    std::vector<Fragment> across;
    for (Band& band : bands) {
      if (!band.spans && isTableBand(band, gutter, left, right)) {
        std::move(band.right.begin(), band.right.end(), std::back_inserter(band.left));
        band.spans = true;
      }
      if (band.spans) {
        std::move(band.left.begin(), band.left.end(), std::back_inserter(across));
        continue;
      }
      order(std::move(across), left, right, depth + 1);
      across.clear();
      order(std::move(band.left), left, gutter.left, depth + 1);
      order(std::move(band.right), gutter.right, right, depth + 1);
    }
    order(std::move(across), left, right, depth + 1);
    return true;
  }

  // A band of short cells between lines that span the columns of a page.
  bool isTableBand(const Band& band, const Gutter& gutter, double left, double right) const {
    if (band.left.empty() || band.right.empty()) return false;
    const Side a = describe(band.left);
    const Side b = describe(band.right);
    if (std::min(a.middles.size(), b.middles.size()) < 2) return false;
    if (std::max(a.medianGlyphs, b.medianGlyphs) >= kFlowingGlyphs) return false;
    return !areColumns(band.left, band.right, gutter, left, right);
  }

  bool cutAtWhiteBands(std::vector<Fragment>& fragments, double left, double right, int depth) {
    std::sort(fragments.begin(), fragments.end(),
              [](const Fragment& a, const Fragment& b) { return a.box.top < b.box.top; });
    std::vector<size_t> cuts;
    double bottom = fragments.front().box.bottom;
    for (size_t i = 1; i < fragments.size(); ++i) {
      if (fragments[i].box.top - bottom > kWhiteBand * bodySize_) cuts.push_back(i);
      bottom = std::max(bottom, fragments[i].box.bottom);
    }
    if (cuts.empty()) return false;
    cuts.push_back(fragments.size());
    size_t begin = 0;
    for (const size_t end : cuts) {
      order({std::make_move_iterator(fragments.begin() + static_cast<ptrdiff_t>(begin)),
             std::make_move_iterator(fragments.begin() + static_cast<ptrdiff_t>(end))},
            left, right, depth + 1);
      begin = end;
    }
    return true;
  }

  double bodySize_;
  std::vector<CutColumn> columns_;
};

}  // namespace

double overlapShare(const BoxPt& a, const BoxPt& b) {
  const double shared = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  const double lower = std::min(height(a), height(b));
  return lower > 0 ? shared / lower : (shared >= 0 ? 1 : 0);
}

BoxPt united(const BoxPt& a, const BoxPt& b) {
  return {std::min(a.left, b.left), std::min(a.top, b.top), std::max(a.right, b.right),
          std::max(a.bottom, b.bottom)};
}

std::vector<FragmentRow> groupRows(std::vector<Fragment> fragments) {
  std::sort(fragments.begin(), fragments.end(), [](const Fragment& a, const Fragment& b) {
    return middle(a.box) != middle(b.box) ? middle(a.box) < middle(b.box) : a.box.left < b.box.left;
  });
  std::vector<FragmentRow> rows;
  int most = 0;
  for (Fragment& fragment : fragments) {
    if (rows.empty() || overlapShare(rows.back().band, fragment.box) < kSameLineOverlap) {
      rows.push_back({{}, fragment.box, fragment.box});
      most = 0;
    }
    FragmentRow& row = rows.back();
    row.box = united(row.box, fragment.box);
    if (fragment.glyphs > most) {
      most = fragment.glyphs;
      row.band = fragment.box;
    }
    row.fragments.push_back(std::move(fragment));
  }
  return rows;
}

std::vector<CutColumn> cutColumns(std::vector<Fragment> fragments,
                                  double left,
                                  double right,
                                  double bodySize) {
  Cutter cutter(bodySize);
  cutter.order(std::move(fragments), left, right, 0);
  return cutter.take();
}

}  // namespace lectern::helper::pdf
