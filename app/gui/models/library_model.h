// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"

#include <QAbstractItemModel>

#include <optional>
#include <set>
#include <vector>

namespace lectern::gui {

/// The library pane: "All documents", then each shelf, with their documents below. Rows keep their
/// place in a view when the library changes. Thread: the window's.
class LibraryModel : public QAbstractItemModel {
  Q_OBJECT
 public:
  explicit LibraryModel(QObject* parent = nullptr) : QAbstractItemModel(parent) {}

  void setLibrary(LibraryViewPtr library);
  /// Documents that are on their way out: not shown, and still there until the undo is over.
  void setHidden(std::set<RevisionId> revisions);

  /// The document of a row; nothing for a group.
  [[nodiscard]] std::optional<RevisionId> document(const QModelIndex& index) const;
  /// What a question about the row reads: the document, or the documents of the group.
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

 private:
  struct Group {
    QString name;
    std::vector<RevisionId> documents;
    friend bool operator==(const Group&, const Group&) = default;
  };

  void rebuild();
  [[nodiscard]] std::vector<Group> groups() const;
  [[nodiscard]] QString describe(const RevisionInfo& info) const;

  LibraryViewPtr library_;
  std::set<RevisionId> hidden_;
  std::vector<Group> groups_;
};

}  // namespace lectern::gui
