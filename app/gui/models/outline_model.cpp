// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/outline_model.h"

#include "app/gui/bridge/strings.h"

#include <QLocale>

#include <utility>

namespace lectern::gui {

namespace {

int nodeOf(const QModelIndex& index) {
  return index.isValid() ? static_cast<int>(index.internalId()) : 0;
}

}  // namespace

// An entry hangs below the last one of a higher level: a file may leave levels out.
void OutlineModel::setOutline(std::vector<OutlineItem> outline) {
  beginResetModel();
  items_ = std::move(outline);
  nodes_.assign(1, Node());
  nodes_.reserve(items_.size() + 1);
  std::vector<int> open{0};
  for (size_t i = 0; i < items_.size(); ++i) {
    const auto levelOf = [this](int node) { return items_[static_cast<size_t>(node - 1)].level; };
    while (open.back() != 0 && levelOf(open.back()) >= items_[i].level) open.pop_back();
    const auto node = static_cast<int>(nodes_.size());
    auto& siblings = nodes_[static_cast<size_t>(open.back())].children;
    const auto row = static_cast<int>(siblings.size());
    siblings.push_back(node);
    nodes_.push_back({open.back(), row, {}});
    open.push_back(node);
  }
  endResetModel();
}

const OutlineItem& OutlineModel::item(const QModelIndex& index) const {
  return items_[static_cast<size_t>(nodeOf(index) - 1)];
}

QModelIndex OutlineModel::sectionAt(int page) const {
  int found = 0;
  for (size_t i = 0; i < items_.size(); ++i) {
    if (items_[i].page > 0 && items_[i].page <= page) found = static_cast<int>(i) + 1;
  }
  return indexOf(found);
}

QModelIndex OutlineModel::indexOf(int node) const {
  if (node == 0) return {};
  return createIndex(nodes_[static_cast<size_t>(node)].row, 0, static_cast<quintptr>(node));
}

QModelIndex OutlineModel::index(int row, int column, const QModelIndex& parent) const {
  if (!hasIndex(row, column, parent)) return {};
  return indexOf(nodes_[static_cast<size_t>(nodeOf(parent))].children[static_cast<size_t>(row)]);
}

QModelIndex OutlineModel::parent(const QModelIndex& index) const {
  return index.isValid() ? indexOf(nodes_[static_cast<size_t>(nodeOf(index))].parent)
                         : QModelIndex();
}

int OutlineModel::rowCount(const QModelIndex& parent) const {
  if (parent.column() > 0) return 0;
  return static_cast<int>(nodes_[static_cast<size_t>(nodeOf(parent))].children.size());
}

int OutlineModel::columnCount(const QModelIndex& /*parent*/) const {
  return 1;
}

QVariant OutlineModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const OutlineItem& entry = item(index);
  // A heading keeps its number in front, whatever the direction of the window is.
  if (role == Qt::DisplayRole) return isolated(toQt(entry.title));
  if (role == Qt::AccessibleTextRole) return toQt(entry.title);
  if (role == Qt::ToolTipRole || role == Qt::AccessibleDescriptionRole) {
    return entry.page > 0 ? tr("Page %1").arg(QLocale().toString(entry.page))
                          : tr("Leads nowhere in this document");
  }
  return {};
}

}  // namespace lectern::gui
