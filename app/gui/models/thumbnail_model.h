// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"

#include <QAbstractListModel>
#include <QCache>
#include <QImage>

#include <map>
#include <stop_token>

namespace lectern::gui {

/// The pages of a document as small pictures, a row a page. Only those that `want` names are drawn,
/// elsewhere and one at a time: `drawWanted` asks for one, `take` brings it. Thread: the window's.
class ThumbnailModel : public QAbstractListModel {
  Q_OBJECT
 public:
  static constexpr int kWidth = 112;
  static constexpr int kHeight = 144;

  explicit ThumbnailModel(QObject* parent = nullptr);
  ~ThumbnailModel() override { stop(); }

  /// Null: no document.
  void setDocument(DocumentViewPtr document);
  void setPixelRatio(double ratio) { pixelRatio_ = ratio; }
  /// Says which pages are seen; none: {1, 0}. What is seen no more is not drawn any more.
  void want(int first, int last);
  [[nodiscard]] bool isDrawn(int page) const { return pictures_.contains(page); }
  /// Pages that are being drawn.
  [[nodiscard]] int pendingCount() const { return static_cast<int>(pending_.size()); }

  [[nodiscard]] int rowCount(const QModelIndex& parent) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;

 public slots:
  void take(lectern::RevisionId revision, int page, const QImage& image);

 signals:
  void drawWanted(lectern::RevisionId revision,
                  int page,
                  double dotsPerInch,
                  const std::stop_token& stop);

 private:
  void stop();
  void requestNext();
  [[nodiscard]] double dotsPerInch(int page) const;
  [[nodiscard]] QImage blank(int page) const;

  DocumentViewPtr document_;
  double pixelRatio_ = 1;
  int first_ = 1;
  int last_ = 0;
  QCache<int, QImage> pictures_;             // by page; cost in KiB
  std::map<int, std::stop_source> pending_;  // by page
};

}  // namespace lectern::gui
