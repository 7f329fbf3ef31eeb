// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"
#include "app/gui/views/answer_text.h"

#include <QWidget>

#include <stop_token>
#include <vector>

class QAction;
class QLabel;
class QMenu;
class QSettings;
class QSplitter;
class QToolBar;

namespace lectern::gui {

class FindBar;
class PageBox;
class ReaderView;
class SidePanel;

/// The middle of the window: the pages, the bar above them, the panel beside them, the search below
/// them, and what can be done with all of it. Thread: the window's.
class ReaderPane : public QWidget {
  Q_OBJECT
 public:
  /// The bridge must live until the first call after it is gone would be made.
  ReaderPane(DeskBridge* bridge, QWidget* parent);
  ~ReaderPane() override;

  void setDocument(const DocumentViewPtr& document);
  void clear();
  /// The evidence of an answer; `current` is the one that is looked at, -1: none.
  void setEvidence(std::vector<Evidence> evidence, int current);
  /// Marks all of it, or the current one alone.
  void markAllEvidence(bool all);

  // What the pane can do, for the menus of its window.
  void addEditActions(QMenu* menu);
  void addViewActions(QMenu* menu);
  void addGoActions(QMenu* menu);
  /// And for its toolbar.
  void addTools(QToolBar* bar);

  void restoreState(const QSettings& state);
  void saveState(QSettings& state) const;

  [[nodiscard]] ReaderView* view() const { return view_; }
  [[nodiscard]] FindBar* findBar() const { return findBar_; }
  [[nodiscard]] PageBox* pageBox() const { return pageBox_; }
  [[nodiscard]] SidePanel* sidePanel() const { return panel_; }

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 signals:
  /// The place in view is about to be left for another one.
  void leavingPlace();
  /// A sentence that tells of a change which eyes see and ears do not.
  void announced(const QString& sentence);

 private:
  void makeActions();
  void makeZoomActions();
  void connectBridge(DeskBridge* bridge);
  void connectParts();
  void updateEvidence();
  void showEvidenceText();
  [[nodiscard]] QString nameOf(int citation) const;
  void announce(const QString& sentence);
  void goTo(int page, int top);

  void startFinding();
  void search(const QString& text, bool matchCase);
  void stepHit(bool forward);
  void takeHits(int search, const FindProgress& progress);
  void showHits();
  void stopSearch();

  void copy(bool withReference);
  [[nodiscard]] QString withReference(const QString& quote, int page) const;

  DeskBridge* bridge_;
  ReaderView* view_;
  FindBar* findBar_;
  PageBox* pageBox_;
  SidePanel* panel_;
  QSplitter* splitter_;
  QLabel* evidenceText_;

  QAction* find_ = nullptr;
  QAction* findNext_ = nullptr;
  QAction* findPrevious_ = nullptr;
  QAction* copy_ = nullptr;
  QAction* copyWithReference_ = nullptr;
  QAction* selectAll_ = nullptr;
  QAction* showPanel_ = nullptr;
  QAction* zoomIn_ = nullptr;
  QAction* zoomOut_ = nullptr;
  QAction* fitWidth_ = nullptr;
  QAction* fitPage_ = nullptr;
  QAction* turnRight_ = nullptr;
  QAction* turnLeft_ = nullptr;

  std::vector<Evidence> evidence_;
  int citation_ = -1;
  bool allEvidence_ = false;
  int search_ = 0;  // the last one that was started
  bool searching_ = false;
  std::stop_source stopSearch_;
};

}  // namespace lectern::gui
