// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/document_info.h"

#include <QAbstractItemModel>

#include <vector>

namespace lectern::gui {

/// A document's own table of contents as a tree. Thread: the window's.
class OutlineModel : public QAbstractItemModel {
  Q_OBJECT
 public:
  using QAbstractItemModel::QAbstractItemModel;

  void setOutline(std::vector<OutlineItem> outline);
  [[nodiscard]] const OutlineItem& item(const QModelIndex& index) const;
  /// The last entry, in the document's order, that begins on that page or before it.
  [[nodiscard]] QModelIndex sectionAt(int page) const;

  [[nodiscard]] QModelIndex index(int row, int column, const QModelIndex& parent) const override;
  [[nodiscard]] QModelIndex parent(const QModelIndex& index) const override;
  [[nodiscard]] int rowCount(const QModelIndex& parent) const override;
  [[nodiscard]] int columnCount(const QModelIndex& parent) const override;
  [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;

 private:
  /// An entry's place in the tree; node 0 is the root, which no index shows.
  struct Node {
    int parent = 0;
    int row = 0;
    std::vector<int> children;
  };

  [[nodiscard]] QModelIndex indexOf(int node) const;

  std::vector<OutlineItem> items_;
  std::vector<Node> nodes_{1};  // node i + 1 is item i
};

}  // namespace lectern::gui
