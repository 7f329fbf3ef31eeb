// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"

#include <QTabWidget>

class QLabel;
class QListView;
class QStackedWidget;
class QTreeView;

namespace lectern::gui {

class OutlineModel;
class ThumbnailModel;

/// Beside the pages: the document's table of contents, and its pages as small pictures. Both follow
/// the page in view, and lead to others. Thread: the window's.
class SidePanel : public QTabWidget {
  Q_OBJECT
 public:
  explicit SidePanel(QWidget* parent = nullptr);

  /// Null: no document.
  void setDocument(const DocumentViewPtr& document);
  void showPage(int page);

  // Parts, for tests.
  [[nodiscard]] QTreeView* contents() const { return contents_; }
  [[nodiscard]] QListView* thumbnails() const { return thumbnails_; }
  [[nodiscard]] OutlineModel* outlineModel() const { return outline_; }
  [[nodiscard]] ThumbnailModel* thumbnailModel() const { return pictures_; }
  [[nodiscard]] bool saysThatThereAreNoContents() const;

 signals:
  /// `top` in `Rect`'s unit.
  void placeWanted(int page, int top);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void wantThumbnails();

  OutlineModel* outline_;
  ThumbnailModel* pictures_;
  QStackedWidget* contentsPage_;
  QTreeView* contents_;
  QLabel* noContents_;
  QListView* thumbnails_;
};

}  // namespace lectern::gui
