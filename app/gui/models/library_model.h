// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"

#include <QAbstractItemModel>

#include <map>
#include <optional>
#include <set>
#include <vector>

namespace lectern::gui {

/// The library pane: "All documents", then each shelf, with their documents below. Rows keep their
/// place in a view when the library changes. Documents are dragged onto shelves and within them;
/// shelves are renamed in place. What that asks for is signalled, and shown once the library has
/// it. Thread: the window's.
class LibraryModel : public QAbstractItemModel {
  Q_OBJECT
 public:
  explicit LibraryModel(QObject* parent = nullptr) : QAbstractItemModel(parent) {}

  void setLibrary(LibraryViewPtr library);
  /// Documents that are on their way out: not shown, and still there until the undo is over.
  void setHidden(std::set<RevisionId> revisions);
  /// Shelves likewise.
  void setHiddenShelves(std::set<ShelfId> shelves);
  /// Shelves that follow folders, and which.
  void setFollowed(std::map<ShelfId, QString> followed);

  /// The shelf that a row is or stands on; nothing below "All documents".
  [[nodiscard]] std::optional<ShelfId> shelf(const QModelIndex& index) const;
  [[nodiscard]] const ShelfInfo* shelfInfo(ShelfId shelf) const;
  [[nodiscard]] QModelIndex indexOf(ShelfId shelf) const;
  /// The document of a row; nothing for a group.
  [[nodiscard]] std::optional<RevisionId> document(const QModelIndex& index) const;
  /// What a question about the row is about: the document, or the documents of the group. Those
  /// that are not read to their end are not searched, and the answer says so.
  [[nodiscard]] std::vector<RevisionId> scope(const QModelIndex& index) const;
  /// The first row of a document.
  [[nodiscard]] QModelIndex indexOf(RevisionId revision) const;
  [[nodiscard]] const RevisionInfo* info(RevisionId revision) const;
  [[nodiscard]] QString scopeName(const QModelIndex& index) const;

  [[nodiscard]] QModelIndex index(int row, int column, const QModelIndex& parent) const override;
  [[nodiscard]] QModelIndex parent(const QModelIndex& index) const override;
  [[nodiscard]] int rowCount(const QModelIndex& parent) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
  [[nodiscard]] Qt::DropActions supportedDropActions() const override;
  [[nodiscard]] QStringList mimeTypes() const override;
  [[nodiscard]] QMimeData* mimeData(const QModelIndexList& indexes) const override;
  [[nodiscard]] bool canDropMimeData(const QMimeData* data,
                                     Qt::DropAction action,
                                     int row,
                                     int column,
                                     const QModelIndex& parent) const override;
  bool dropMimeData(const QMimeData* data,
                    Qt::DropAction action,
                    int row,
                    int column,
                    const QModelIndex& parent) override;

 signals:
  void shelfChangeWanted(lectern::ShelfId shelf, const std::vector<lectern::RevisionId>& revisions);
  void shelfRenameWanted(lectern::ShelfId shelf, const QString& name);

 private:
  struct Group {
    std::optional<ShelfId> shelf;  // none: all documents
    QString name;
    std::vector<RevisionId> documents;
    friend bool operator==(const Group&, const Group&) = default;
  };

  void rebuild();
  void removeGroup(size_t group);
  [[nodiscard]] std::vector<Group> groups() const;
  [[nodiscard]] QString describe(const RevisionInfo& info) const;
  [[nodiscard]] QVariant groupData(const Group& group, int role) const;

  LibraryViewPtr library_;
  std::set<RevisionId> hidden_;
  std::set<ShelfId> hiddenShelves_;
  std::map<ShelfId, QString> followed_;
  std::vector<Group> groups_;
};

}  // namespace lectern::gui
