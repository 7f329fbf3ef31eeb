// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/conversation_model.h"

#include "app/gui/bridge/strings.h"

#include <QDateTime>
#include <QLocale>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace lectern::gui {

void ConversationModel::setConversations(const std::vector<ConversationInfo>& conversations) {
  all_ = conversations;
  rebuild();
}

void ConversationModel::setHits(const std::vector<ConversationHit>& hits) {
  hits_ = hits;
  rebuild();
}

void ConversationModel::clearHits() {
  if (!hits_) return;
  hits_.reset();
  rebuild();
}

void ConversationModel::setHidden(std::set<ConversationId> conversations) {
  hidden_ = std::move(conversations);
  rebuild();
}

// What goes, goes first; what comes is put in its place; one that moved up leaves its old place. A
// conversation that is gone on with moves up alone, and so one row changes.
void ConversationModel::rebuild() {
  std::vector<Row> wanted;
  std::unordered_map<int64_t, const ConversationInfo*> known;
  for (const ConversationInfo& info : all_) known[static_cast<int64_t>(info.id)] = &info;
  const auto want = [&](ConversationId id, const QString& excerpt) {
    const auto found = known.find(static_cast<int64_t>(id));
    if (found != known.end() && !hidden_.contains(id)) wanted.push_back({*found->second, excerpt});
  };
  if (hits_) {
    for (const ConversationHit& hit : *hits_) {
      want(hit.found.id, toQt(hit.excerpt).simplified());
    }
  } else {
    for (const ConversationInfo& info : all_) want(info.id, {});
  }
  const auto idOf = [](const Row& row) { return row.info.id; };
  std::set<ConversationId> staying;
  for (const Row& row : wanted) staying.insert(row.info.id);
  for (size_t i = rows_.size(); i-- > 0;) {
    if (staying.contains(rows_[i].info.id)) continue;
    beginRemoveRows({}, static_cast<int>(i), static_cast<int>(i));
    rows_.erase(rows_.begin() + static_cast<ptrdiff_t>(i));
    endRemoveRows();
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    const auto at = rows_.begin() + static_cast<ptrdiff_t>(i);
    const auto old = std::ranges::find(at, rows_.end(), wanted[i].info.id, idOf);
    const auto row = static_cast<int>(i);
    if (old == rows_.end()) {
      beginInsertRows({}, row, row);
      rows_.insert(at, wanted[i]);
      endInsertRows();
    } else if (old != at) {
      const auto from = static_cast<int>(old - rows_.begin());
      beginMoveRows({}, from, from, {}, row);
      std::rotate(at, old, old + 1);
      endMoveRows();
    }
  }
  rows_ = std::move(wanted);
  if (!rows_.empty()) emit dataChanged(index(0), index(static_cast<int>(rows_.size()) - 1));
}

std::optional<ConversationId> ConversationModel::conversation(const QModelIndex& index) const {
  if (!index.isValid()) return std::nullopt;
  return rows_[static_cast<size_t>(index.row())].info.id;
}

QModelIndex ConversationModel::indexOf(ConversationId conversation) const {
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].info.id == conversation) return index(static_cast<int>(i));
  }
  return {};
}

QString ConversationModel::titleOf(ConversationId conversation) const {
  const auto found = std::ranges::find(all_, conversation, &ConversationInfo::id);
  return found == all_.end() ? QString() : toQt(found->title).simplified();
}

int ConversationModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(rows_.size());
}

QVariant ConversationModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const Row& row = rows_[static_cast<size_t>(index.row())];
  const QString title = toQt(row.info.title).simplified();
  const QString used =
      tr("%n message(s), last used %1", nullptr, row.info.messages)
          .arg(QLocale().toString(QDateTime::fromMSecsSinceEpoch(row.info.lastUsedAtMs),
                                  QLocale::ShortFormat));
  switch (role) {
    case Qt::DisplayRole:
      // Each in its own direction, whatever that of the window is.
      return row.excerpt.isEmpty() ? isolated(title)
                                   : isolated(title) + QLatin1Char('\n') + isolated(row.excerpt);
    case Qt::EditRole:
    case Qt::AccessibleTextRole:
      return title;
    case Qt::ToolTipRole:
      return title + QLatin1Char('\n') + used;
    case Qt::AccessibleDescriptionRole:
      return row.excerpt.isEmpty() ? used : row.excerpt;
    default:
      return {};
  }
}

Qt::ItemFlags ConversationModel::flags(const QModelIndex& index) const {
  return QAbstractListModel::flags(index) |
         (index.isValid() ? Qt::ItemIsEditable : Qt::NoItemFlags);
}

bool ConversationModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  const QString title = value.toString().simplified();
  if (!index.isValid() || role != Qt::EditRole || title.isEmpty()) return false;
  if (title != data(index, Qt::EditRole)) emit renameWanted(*conversation(index), title);
  return true;
}

}  // namespace lectern::gui
