// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/library_model.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/widgets/symbol_icon.h"

#include <QLocale>

#include <algorithm>
#include <utility>

namespace lectern::gui {

namespace {

// An index of a group has this internal id; that of a document the row of its group.
constexpr quintptr kGroup = ~quintptr{0};

}  // namespace

void LibraryModel::setLibrary(LibraryViewPtr library) {
  library_ = std::move(library);
  rebuild();
}

void LibraryModel::setHidden(std::set<RevisionId> revisions) {
  hidden_ = std::move(revisions);
  rebuild();
}

void LibraryModel::setHiddenShelves(std::set<ShelfId> shelves) {
  hiddenShelves_ = std::move(shelves);
  rebuild();
}

void LibraryModel::setFollowed(std::map<ShelfId, QString> followed) {
  followed_ = std::move(followed);
  rebuild();
}

std::vector<LibraryModel::Group> LibraryModel::groups() const {
  std::vector<Group> result;
  if (library_ == nullptr) return result;
  const auto shown = [this](const std::vector<RevisionId>& revisions) {
    std::vector<RevisionId> rest;
    std::ranges::copy_if(revisions, std::back_inserter(rest),
                         [this](RevisionId id) { return !hidden_.contains(id); });
    return rest;
  };
  std::vector<RevisionId> all;
  for (const RevisionInfo& info : library_->documents) all.push_back(info.id);
  result.push_back({std::nullopt, tr("All documents"), shown(all)});
  for (const ShelfInfo& shelf : library_->shelves) {
    if (hiddenShelves_.contains(shelf.id)) continue;
    result.push_back({shelf.id, toQt(shelf.name), shown(shelf.revisions)});
  }
  return result;
}

void LibraryModel::removeGroup(size_t group) {
  const int row = static_cast<int>(group);
  beginRemoveRows({}, row, row);
  groups_.erase(groups_.begin() + row);
  endRemoveRows();
}

// Groups and rows come and go one by one, so that what is selected and open stays so.
void LibraryModel::rebuild() {
  const std::vector<Group> wanted = groups();
  const auto isWanted = [&](const Group& group) {
    return std::ranges::find(wanted, group.shelf, &Group::shelf) != wanted.end();
  };
  for (size_t g = groups_.size(); g-- > 0;) {
    if (isWanted(groups_[g])) continue;
    removeGroup(g);
  }
  for (size_t g = 0; g < wanted.size(); ++g) {
    if (g < groups_.size() && groups_[g].shelf == wanted[g].shelf) continue;
    // It stands further down where a name has changed, and the order with it.
    const auto old = std::find_if(
        groups_.begin() + static_cast<ptrdiff_t>(std::min(g, groups_.size())), groups_.end(),
        [&](const Group& group) { return group.shelf == wanted[g].shelf; });
    if (old != groups_.end()) removeGroup(static_cast<size_t>(old - groups_.begin()));
    const int row = static_cast<int>(g);
    beginInsertRows({}, row, row);
    groups_.insert(groups_.begin() + row, {wanted[g].shelf, wanted[g].name, {}});
    endInsertRows();
  }
  for (size_t g = 0; g < wanted.size(); ++g) {
    Group& group = groups_[g];
    const QModelIndex groupIndex = index(static_cast<int>(g), 0, {});
    group.name = wanted[g].name;
    for (size_t i = group.documents.size(); i-- > 0;) {
      if (std::ranges::find(wanted[g].documents, group.documents[i]) != wanted[g].documents.end()) {
        continue;
      }
      beginRemoveRows(groupIndex, static_cast<int>(i), static_cast<int>(i));
      group.documents.erase(group.documents.begin() + static_cast<ptrdiff_t>(i));
      endRemoveRows();
    }
    for (size_t i = 0; i < wanted[g].documents.size(); ++i) {
      if (i < group.documents.size() && group.documents[i] == wanted[g].documents[i]) continue;
      beginInsertRows(groupIndex, static_cast<int>(i), static_cast<int>(i));
      group.documents.insert(group.documents.begin() + static_cast<ptrdiff_t>(i),
                             wanted[g].documents[i]);
      endInsertRows();
      // It stood further down before: a change of order.
      const auto again = std::find(group.documents.begin() + static_cast<ptrdiff_t>(i) + 1,
                                   group.documents.end(), wanted[g].documents[i]);
      if (again == group.documents.end()) continue;
      const auto old = static_cast<int>(again - group.documents.begin());
      beginRemoveRows(groupIndex, old, old);
      group.documents.erase(again);
      endRemoveRows();
    }
    emit dataChanged(groupIndex, groupIndex);
    if (group.documents.empty()) continue;
    emit dataChanged(index(0, 0, groupIndex),
                     index(static_cast<int>(group.documents.size()) - 1, 0, groupIndex));
  }
}

const RevisionInfo* LibraryModel::info(RevisionId revision) const {
  if (library_ == nullptr) return nullptr;
  const auto found = std::ranges::find(library_->documents, revision, &RevisionInfo::id);
  return found == library_->documents.end() ? nullptr : &*found;
}

std::optional<RevisionId> LibraryModel::document(const QModelIndex& index) const {
  if (!index.isValid() || index.internalId() == kGroup) return std::nullopt;
  return groups_[index.internalId()].documents[static_cast<size_t>(index.row())];
}

std::vector<RevisionId> LibraryModel::scope(const QModelIndex& index) const {
  if (const auto single = document(index)) return {*single};
  if (groups_.empty()) return {};
  std::vector<RevisionId> all =
      groups_[index.isValid() ? static_cast<size_t>(index.row()) : 0].documents;
  std::erase_if(all, [this](RevisionId id) { return info(id) == nullptr; });
  return all;
}

// A document without the sign of its state.
QString LibraryModel::scopeName(const QModelIndex& index) const {
  const std::optional<RevisionId> id = document(index);
  // Null while the row of a document that is gone is taken out.
  if (const RevisionInfo* info = id ? this->info(*id) : nullptr) return toQt(info->document.title);
  return index.isValid() ? index.data(Qt::DisplayRole).toString() : tr("All documents");
}

QModelIndex LibraryModel::indexOf(RevisionId revision) const {
  for (size_t g = 0; g < groups_.size(); ++g) {
    const auto& documents = groups_[g].documents;
    const auto found = std::ranges::find(documents, revision);
    if (found == documents.end()) continue;
    return createIndex(static_cast<int>(found - documents.begin()), 0, g);
  }
  return {};
}

std::optional<ShelfId> LibraryModel::shelf(const QModelIndex& index) const {
  if (!index.isValid()) return std::nullopt;
  const QModelIndex group = index.internalId() == kGroup ? index : index.parent();
  return groups_[static_cast<size_t>(group.row())].shelf;
}

const ShelfInfo* LibraryModel::shelfInfo(ShelfId shelf) const {
  if (library_ == nullptr) return nullptr;
  const auto found = std::ranges::find(library_->shelves, shelf, &ShelfInfo::id);
  return found == library_->shelves.end() ? nullptr : &*found;
}

QModelIndex LibraryModel::indexOf(ShelfId shelf) const {
  const auto found = std::ranges::find(groups_, std::optional(shelf), &Group::shelf);
  return found == groups_.end() ? QModelIndex()
                                : index(static_cast<int>(found - groups_.begin()), 0, {});
}

QModelIndex LibraryModel::index(int row, int column, const QModelIndex& parent) const {
  if (!hasIndex(row, column, parent)) return {};
  return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row()) : kGroup);
}

QModelIndex LibraryModel::parent(const QModelIndex& index) const {
  if (!index.isValid() || index.internalId() == kGroup) return {};
  return createIndex(static_cast<int>(index.internalId()), 0, kGroup);
}

int LibraryModel::rowCount(const QModelIndex& parent) const {
  if (!parent.isValid()) return static_cast<int>(groups_.size());
  if (parent.internalId() != kGroup || parent.column() != 0) return 0;
  return static_cast<int>(groups_[static_cast<size_t>(parent.row())].documents.size());
}

int LibraryModel::columnCount(const QModelIndex& /*parent*/) const {
  return 1;
}

QString LibraryModel::describe(const RevisionInfo& info) const {
  QStringList parts;
  if (!info.sealed) {
    parts << tr("read up to page %1 of %2")
                 .arg(QLocale().toString(info.pagesStored),
                      QLocale().toString(info.document.pageCount));
  } else {
    parts << tr("%n page(s)", nullptr, info.document.pageCount);
  }
  if (info.pagesSkipped > 0)
    parts << tr("%n page(s) could not be read", nullptr, info.pagesSkipped);
  if (info.pagesImageOnly > 0) {
    parts << tr("%n page(s) without text", nullptr, info.pagesImageOnly);
  }
  for (const std::string& notice : info.document.notices) parts << toQt(notice);
  return parts.join(tr(", ", "between parts of a description"));
}

QVariant LibraryModel::groupData(const Group& group, int role) const {
  const auto followed = group.shelf ? followed_.find(*group.shelf) : followed_.end();
  switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole:
      return group.name;
    case Qt::AccessibleTextRole:
      return tr("%1, %n document(s)", nullptr, static_cast<int>(group.documents.size()))
          .arg(group.name);
    case Qt::DecorationRole:
      return followed == followed_.end() ? QVariant() : symbolIcon(Symbol::Follow);
    case Qt::ToolTipRole:
    case Qt::AccessibleDescriptionRole:
      return followed == followed_.end()
                 ? QVariant()
                 : tr("Follows the folder %1").arg(isolated(followed->second));
    default:
      return {};
  }
}

QVariant LibraryModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const std::optional<RevisionId> revision = document(index);
  if (!revision) return groupData(groups_[static_cast<size_t>(index.row())], role);
  const RevisionInfo* document = info(*revision);
  if (document == nullptr) return {};
  const QString title = toQt(document->document.title);
  const bool attention = document->pagesSkipped + document->pagesImageOnly > 0;
  switch (role) {
    case Qt::DisplayRole:
      // The state is a sign as well as a word in the description: ready, being read, look here.
      return (attention           ? QStringLiteral("⚠ ")
              : !document->sealed ? QStringLiteral("◐ ")
                                  : QStringLiteral("● ")) +
             isolated(title);
    case Qt::ToolTipRole:
      return title + QLatin1Char('\n') + describe(*document);
    case Qt::AccessibleTextRole:
      return title;
    case Qt::AccessibleDescriptionRole:
      return describe(*document);
    default:
      return {};
  }
}

}  // namespace lectern::gui
