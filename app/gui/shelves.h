// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"

#include <QObject>
#include <QString>

#include <optional>
#include <set>
#include <string>
#include <vector>

class QTreeView;

namespace lectern::gui {

class JobStrip;
class LibraryModel;

/// What is done to shelves in the library pane, and what of it is selected: the scope of the next
/// question. Thread: the window's.
class Shelves : public QObject {
  Q_OBJECT
 public:
  Shelves(DeskBridge* bridge, QTreeView* tree, LibraryModel* model, JobStrip* jobs);

  /// Called once the model has it.
  void setLibrary(const LibraryView& library);

  /// All documents that are selected, each once, also through their shelf.
  [[nodiscard]] std::vector<RevisionId> scope() const;
  [[nodiscard]] QString scopeName() const;
  /// Selects these documents: their group, where one has just them. Those that are gone are not
  /// missed; where all are, the selection stays.
  void select(const std::vector<RevisionId>& scope);

  /// The shelf that the current row is or stands on; null: none.
  [[nodiscard]] const ShelfInfo* current() const;
  /// The current row is a shelf, or all documents.
  [[nodiscard]] bool isGroupCurrent() const;
  /// This name, or one with a number behind it that no shelf has.
  [[nodiscard]] QString freeName(const QString& base) const;

  /// A new shelf with the selected documents; its name can be typed at once.
  void make();
  void rename();
  /// Takes the selected shelf away, or the selected documents off their shelf; undone on demand.
  /// False: neither is selected.
  bool removeSelected();
  /// No undo is left: the window goes.
  void finish();

 signals:
  void scopeChanged();

 private:
  void removeShelf(ShelfId shelf);
  void takeOff(ShelfId shelf, const std::vector<RevisionId>& revisions);

  DeskBridge* bridge_;
  QTreeView* tree_;
  LibraryModel* model_;
  JobStrip* jobs_;
  std::set<ShelfId> leaving_;    // taken away, and still to be had back
  std::set<std::string> names_;  // of all shelves, the leaving ones too
  std::string made_;             // the name of a shelf that is on its way
};

}  // namespace lectern::gui
