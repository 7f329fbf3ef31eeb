// SPDX-License-Identifier: GPL-3.0-or-later
// The library pane's documents in the hand: what can be taken, where it can be put, what that asks
// for.
#include "app/gui/bridge/strings.h"
#include "app/gui/models/library_model.h"

#include <QDataStream>
#include <QIODevice>
#include <QMimeData>

#include <algorithm>
#include <memory>

namespace lectern::gui {

namespace {

QString mimeType() {
  return QStringLiteral("application/x-lectern-documents");
}

std::vector<RevisionId> revisionsOf(const QMimeData& data) {
  std::vector<RevisionId> revisions;
  QDataStream stream(data.data(mimeType()));
  while (!stream.atEnd()) {
    qint64 id = 0;
    stream >> id;
    revisions.push_back(RevisionId(id));
  }
  return revisions;
}

}  // namespace

Qt::ItemFlags LibraryModel::flags(const QModelIndex& index) const {
  Qt::ItemFlags flags = QAbstractItemModel::flags(index);
  if (!index.isValid()) return flags;
  if (document(index)) {
    flags |= Qt::ItemIsDragEnabled;
  } else if (shelf(index)) {
    flags |= Qt::ItemIsEditable;
  }
  if (shelf(index)) flags |= Qt::ItemIsDropEnabled;
  return flags;
}

bool LibraryModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  const auto renamed = shelf(index);
  const QString name = value.toString().simplified();
  if (role != Qt::EditRole || !renamed || document(index) || name.isEmpty()) return false;
  if (name != index.data(Qt::EditRole)) emit shelfRenameWanted(*renamed, name);
  return true;
}

Qt::DropActions LibraryModel::supportedDropActions() const {
  return Qt::CopyAction | Qt::MoveAction;
}

QStringList LibraryModel::mimeTypes() const {
  return {mimeType()};
}

QMimeData* LibraryModel::mimeData(const QModelIndexList& indexes) const {
  QByteArray bytes;
  QDataStream stream(&bytes, QIODevice::WriteOnly);
  for (const QModelIndex& index : indexes) {
    if (const auto revision = document(index)) stream << static_cast<qint64>(*revision);
  }
  auto data = std::make_unique<QMimeData>();
  data->setData(mimeType(), bytes);
  return data.release();
}

bool LibraryModel::canDropMimeData(const QMimeData* data,
                                   Qt::DropAction /*action*/,
                                   int /*row*/,
                                   int /*column*/,
                                   const QModelIndex& parent) const {
  return data != nullptr && data->hasFormat(mimeType()) && shelf(parent).has_value();
}

// On a shelf: to its end. Between its documents, or on one: before that one.
bool LibraryModel::dropMimeData(
    const QMimeData* data, Qt::DropAction action, int row, int column, const QModelIndex& parent) {
  if (!canDropMimeData(data, action, row, column, parent)) return false;
  const ShelfInfo* target = shelfInfo(*shelf(parent));
  if (target == nullptr) return false;
  const QModelIndex before =
      document(parent) ? parent : (row >= 0 ? index(row, 0, parent) : QModelIndex());
  const std::optional<RevisionId> next = document(before);
  std::vector<RevisionId> moved = revisionsOf(*data);
  // The documents that are not shown have places too: all are counted in the shelf itself.
  std::vector<RevisionId> order;
  const auto isMoved = [&](RevisionId id) { return std::ranges::find(moved, id) != moved.end(); };
  bool placed = false;
  for (const RevisionId id : target->revisions) {
    if (next && id == *next) {
      order.insert(order.end(), moved.begin(), moved.end());
      placed = true;
    }
    if (!isMoved(id)) order.push_back(id);
  }
  if (!placed) order.insert(order.end(), moved.begin(), moved.end());
  if (order != target->revisions) emit shelfChangeWanted(target->id, order);
  return true;
}

}  // namespace lectern::gui
