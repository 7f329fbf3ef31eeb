// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/page_pictures.h"

#include <QTransform>

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace lectern::gui {

namespace {

constexpr int kCacheKib = 192 * 1024;

}  // namespace

PagePictures::PagePictures(QObject* parent) : QObject(parent) {
  pictures_.setMaxCost(kCacheKib);
}

void PagePictures::setRevision(RevisionId revision) {
  if (revision == revision_) return;
  clear();
  revision_ = revision;
}

void PagePictures::clear() {
  for (auto& [page, pending] : pending_) pending.stop.request_stop();
  pending_.clear();
  pictures_.clear();
  revision_ = {};
}

const PagePictures::Picture* PagePictures::picture(int page, int quarters) {
  Picture* known = pictures_.object(page);
  if (known == nullptr || known->quarters == quarters) return known;
  known->image = known->image.transformed(QTransform().rotate(90.0 * (quarters - known->quarters)));
  known->quarters = quarters;
  return known;
}

bool PagePictures::has(int page, double dotsPerInch) const {
  const Picture* known = pictures_.object(page);
  return known != nullptr && known->dotsPerInch == dotsPerInch;
}

void PagePictures::want(
    int first, int last, int middle, int pageCount, const std::function<double(int)>& dotsPerInch) {
  std::erase_if(pending_, [&](auto& entry) {
    const bool gone = entry.first < first - 1 || entry.first > last + 1 ||
                      entry.second.dotsPerInch != dotsPerInch(entry.first);
    if (gone) entry.second.stop.request_stop();
    return gone;
  });
  std::vector<int> pages;
  for (int page = first; page <= last; ++page) pages.push_back(page);
  std::stable_sort(pages.begin(), pages.end(),
                   [middle](int a, int b) { return std::abs(a - middle) < std::abs(b - middle); });
  const bool waiting = std::count_if(pages.begin(), pages.end(), [&](int page) {
                         request(page, dotsPerInch(page));
                         return pending_.contains(page);
                       }) > 0;
  if (waiting) return;
  if (last < pageCount) request(last + 1, dotsPerInch(last + 1));
  if (first > 1) request(first - 1, dotsPerInch(first - 1));
}

void PagePictures::request(int page, double dotsPerInch) {
  if (has(page, dotsPerInch) || pending_.contains(page)) return;
  Pending& pending = pending_[page];
  pending.dotsPerInch = dotsPerInch;
  emit drawWanted(revision_, page, dotsPerInch, pending.stop.get_token());
}

void PagePictures::take(RevisionId revision,
                        int page,
                        double dotsPerInch,
                        const QImage& image,
                        const QString& problem) {
  if (revision != revision_) return;
  const auto pending = pending_.find(page);
  if (pending != pending_.end() && pending->second.dotsPerInch == dotsPerInch) {
    pending_.erase(pending);
  }
  const auto kib = static_cast<int>(image.sizeInBytes() / 1024) + 1;
  pictures_.insert(page, new Picture{image, dotsPerInch, problem}, kib);
  emit arrived(page);
}

}  // namespace lectern::gui
