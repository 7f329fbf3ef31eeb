// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/thumbnail_model.h"

#include "app/gui/bridge/strings.h"

#include <QLocale>

#include <algorithm>
#include <utility>

namespace lectern::gui {

namespace {

constexpr int kCacheKib = 32 * 1024;  // some five hundred of them

}  // namespace

ThumbnailModel::ThumbnailModel(QObject* parent) : QAbstractListModel(parent) {
  pictures_.setMaxCost(kCacheKib);
}

void ThumbnailModel::setDocument(DocumentViewPtr document) {
  beginResetModel();
  stop();
  if (document == nullptr || document_ == nullptr || document->info.id != document_->info.id) {
    pictures_.clear();
  }
  document_ = std::move(document);
  first_ = 1;
  last_ = 0;
  endResetModel();
}

void ThumbnailModel::stop() {
  for (auto& [page, stop] : pending_) stop.request_stop();
  pending_.clear();
}

void ThumbnailModel::want(int first, int last) {
  first_ = first;
  last_ = last;
  std::erase_if(pending_, [&](auto& entry) {
    const bool gone = entry.first < first || entry.first > last;
    if (gone) entry.second.request_stop();
    return gone;
  });
  requestNext();
}

void ThumbnailModel::requestNext() {
  if (document_ == nullptr || !pending_.empty()) return;
  const int last = std::min(last_, static_cast<int>(document_->pages.size()));
  for (int page = std::max(first_, 1); page <= last; ++page) {
    if (isDrawn(page)) continue;
    emit drawWanted(document_->info.id, page, dotsPerInch(page), pending_[page].get_token());
    return;
  }
}

void ThumbnailModel::take(RevisionId revision, int page, const QImage& image) {
  if (document_ == nullptr || document_->info.id != revision || pending_.erase(page) == 0) return;
  // A page that cannot be drawn stays blank, and is not tried over and over.
  auto* picture = new QImage(image.isNull() ? blank(page) : image);
  picture->setDevicePixelRatio(image.isNull() ? 1 : pixelRatio_);
  pictures_.insert(page, picture, static_cast<int>(picture->sizeInBytes() / 1024) + 1);
  const QModelIndex row = index(page - 1);
  emit dataChanged(row, row, {Qt::DecorationRole});
  requestNext();
}

double ThumbnailModel::dotsPerInch(int page) const {
  const PageShape& shape = document_->pages[static_cast<size_t>(page - 1)];
  const double wide = shape.widthPt > 0 ? shape.widthPt : 595;
  const double high = shape.heightPt > 0 ? shape.heightPt : 842;
  return 72 * pixelRatio_ * std::min(kWidth / wide, kHeight / high);
}

QImage ThumbnailModel::blank(int page) const {
  const PageShape& shape = document_->pages[static_cast<size_t>(page - 1)];
  const QSize size = QSizeF(std::max(shape.widthPt, 1.0), std::max(shape.heightPt, 1.0))
                         .scaled(kWidth, kHeight, Qt::KeepAspectRatio)
                         .toSize()
                         .expandedTo({1, 1});
  QImage image(size, QImage::Format_RGB32);
  image.fill(Qt::white);
  return image;
}

int ThumbnailModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() || document_ == nullptr ? 0 : static_cast<int>(document_->pages.size());
}

QVariant ThumbnailModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || document_ == nullptr) return {};
  const int page = index.row() + 1;
  const std::string& label = document_->pages[static_cast<size_t>(index.row())].label;
  switch (role) {
    case Qt::DisplayRole:
      if (label.empty() || label == std::to_string(page)) return QLocale().toString(page);
      return tr("%1 (%2)").arg(QLocale().toString(page), isolated(toQt(label)));
    case Qt::AccessibleTextRole:
      return tr("Page %1").arg(QLocale().toString(page));
    case Qt::DecorationRole:
      if (const QImage* picture = pictures_.object(page)) return *picture;
      return blank(page);
    default:
      return {};
  }
}

}  // namespace lectern::gui
