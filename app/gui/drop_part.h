// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/adding.h"
#include "app/gui/bridge/desk_bridge.h"

#include <QObject>

#include <filesystem>
#include <functional>
#include <stop_token>
#include <vector>

class QDragEnterEvent;
class QDropEvent;

namespace lectern::gui {

class DropOverlay;
class JobStrip;

/// Files and folders over a window, and dropped on it: they are counted away from the window's
/// thread, from the moment they hover; a large heap is asked about once more before anything is
/// read. Thread: the window's.
class DropPart : public QObject {
  Q_OBJECT
 public:
  /// More documents than this come in only when their number was seen.
  static constexpr size_t kManyFiles = 50;

  /// `shelfName` names the shelf that files would go to; an empty name: none.
  DropPart(DeskBridge* bridge, JobStrip* jobs, std::function<QString()> shelfName, QWidget* window);
  ~DropPart() override;

  void enter(QDragEnterEvent* event);
  void leave();
  void drop(QDropEvent* event);
  void hideOverlay();

 signals:
  void addWanted(const std::vector<lectern::CountedFile>& files, lectern::gui::AfterAdding after);

 private:
  void count(const std::vector<std::filesystem::path>& named);
  void take(const Result<FileCount>& count);
  void wanted(AfterAdding after);
  void finish();
  void forget();

  DeskBridge* bridge_;
  JobStrip* jobs_;
  std::function<QString()> shelfName_;
  QWidget* window_;
  DropOverlay* overlay_ = nullptr;

  FileCount count_;
  int foreign_ = 0;        // of what was dropped: not on this computer
  std::stop_source stop_;  // of the count that runs
  bool hovering_ = false;
  bool wanted_ = false;  // the user has chosen to add them
  AfterAdding after_ = AfterAdding::Offer;
  QWidget* row_ = nullptr;  // that says how far the count is, and can end it
};

}  // namespace lectern::gui
