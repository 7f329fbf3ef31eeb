// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/shelves.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/models/library_model.h"
#include "app/gui/widgets/job_strip.h"

#include <QItemSelectionModel>
#include <QLocale>
#include <QTreeView>

#include <algorithm>
#include <utility>

namespace lectern::gui {

Shelves::Shelves(DeskBridge* bridge, QTreeView* tree, LibraryModel* model, JobStrip* jobs)
    : QObject(tree), bridge_(bridge), tree_(tree), model_(model), jobs_(jobs) {
  tree->setSelectionMode(QAbstractItemView::ExtendedSelection);
  tree->setEditTriggers(QAbstractItemView::NoEditTriggers);
  tree->setDragDropMode(QAbstractItemView::DragDrop);
  tree->setDefaultDropAction(Qt::MoveAction);
  connect(tree->selectionModel(), &QItemSelectionModel::selectionChanged, this,
          &Shelves::scopeChanged);
  connect(model, &LibraryModel::shelfChangeWanted, this,
          [this](ShelfId shelf, const std::vector<RevisionId>& revisions) {
            bridge_->desk().setShelf(shelf, revisions);
          });
  connect(model, &LibraryModel::shelfRenameWanted, this,
          [this](ShelfId shelf, const QString& name) {
            bridge_->desk().renameShelf(shelf, fromQt(name));
          });
}

void Shelves::setLibrary(const LibraryView& library) {
  // A new shelf may get the number of one that was removed.
  model_->setHiddenShelves(leaving_);
  names_.clear();
  for (const ShelfInfo& shelf : library.shelves) names_.insert(shelf.name);
  if (made_.empty()) return;
  const auto found = std::ranges::find(library.shelves, made_, &ShelfInfo::name);
  if (found == library.shelves.end()) return;
  made_.clear();
  const QModelIndex row = model_->indexOf(found->id);
  tree_->expand(row);
  tree_->setFocus(Qt::OtherFocusReason);
  tree_->setCurrentIndex(row);
  tree_->edit(row);
}

std::vector<RevisionId> Shelves::scope() const {
  const QModelIndexList selected = tree_->selectionModel()->selectedIndexes();
  if (selected.isEmpty()) return model_->scope(tree_->currentIndex());
  std::vector<RevisionId> scope;
  for (const QModelIndex& index : selected) {
    for (const RevisionId id : model_->scope(index)) {
      if (std::ranges::find(scope, id) == scope.end()) scope.push_back(id);
    }
  }
  return scope;
}

QString Shelves::scopeName() const {
  const QModelIndexList selected = tree_->selectionModel()->selectedIndexes();
  if (selected.isEmpty()) return model_->scopeName(tree_->currentIndex());
  return selected.size() == 1 ? model_->scopeName(selected.front()) : tr("Selection");
}

void Shelves::select(const std::vector<RevisionId>& scope) {
  const std::set<RevisionId> wanted(scope.begin(), scope.end());
  for (int row = 0; row < model_->rowCount({}); ++row) {
    const QModelIndex group = model_->index(row, 0, {});
    const std::vector<RevisionId> documents = model_->scope(group);
    if (documents.empty() || std::set(documents.begin(), documents.end()) != wanted) continue;
    tree_->setCurrentIndex(group);
    return;
  }
  bool isFirst = true;
  const QModelIndex all = model_->index(0, 0, {});
  for (int row = 0; row < model_->rowCount(all); ++row) {
    const QModelIndex index = model_->index(row, 0, all);
    if (!wanted.contains(*model_->document(index))) continue;
    if (std::exchange(isFirst, false)) {
      tree_->setCurrentIndex(index);
    } else {
      tree_->selectionModel()->select(index, QItemSelectionModel::Select);
    }
  }
}

const ShelfInfo* Shelves::current() const {
  const auto shelf = model_->shelf(tree_->currentIndex());
  return shelf ? model_->shelfInfo(*shelf) : nullptr;
}

bool Shelves::isGroupCurrent() const {
  return !model_->document(tree_->currentIndex());
}

QString Shelves::freeName(const QString& base) const {
  QString name = base;
  for (int n = 2; names_.contains(fromQt(name)); ++n) {
    name = tr("%1 %2").arg(base, QLocale().toString(n));
  }
  return name;
}

void Shelves::make() {
  std::vector<RevisionId> documents;
  for (const QModelIndex& index : tree_->selectionModel()->selectedIndexes()) {
    if (const auto id = model_->document(index)) documents.push_back(*id);
  }
  made_ = fromQt(freeName(tr("New shelf")));
  bridge_->desk().makeShelf(made_, documents);
}

void Shelves::rename() {
  const QModelIndex current = tree_->currentIndex();
  if (model_->shelf(current) && !model_->document(current)) tree_->edit(current);
}

bool Shelves::removeSelected() {
  const QModelIndex current = tree_->currentIndex();
  const auto shelf = model_->shelf(current);
  if (!shelf) return false;
  if (!model_->document(current)) {
    removeShelf(*shelf);
    return true;
  }
  std::vector<RevisionId> documents;
  for (const QModelIndex& index : tree_->selectionModel()->selectedIndexes()) {
    const auto id = model_->document(index);
    if (id && model_->shelf(index) == shelf) documents.push_back(*id);
  }
  takeOff(*shelf, documents);
  return true;
}

// As a document goes: at once from the list, and from the library when the undo is over.
void Shelves::removeShelf(ShelfId shelf) {
  const ShelfInfo* info = model_->shelfInfo(shelf);
  if (info == nullptr) return;
  const QString name = toQt(info->name);
  leaving_.insert(shelf);
  model_->setHiddenShelves(leaving_);
  jobs_->offerUndo(
      tr("The shelf %1 was taken away; its documents are still there.").arg(isolated(name)),
      [this, shelf] {
        leaving_.erase(shelf);
        model_->setHiddenShelves(leaving_);
        if (const QModelIndex row = model_->indexOf(shelf); row.isValid()) {
          tree_->setCurrentIndex(row);
        }
      },
      [this, shelf] {
        if (leaving_.erase(shelf) > 0) bridge_->desk().removeShelf(shelf);
      });
}

// A shelf remembers nothing of what stood on it, so that it is changed at once, and back by undo.
void Shelves::takeOff(ShelfId shelf, const std::vector<RevisionId>& revisions) {
  const ShelfInfo* info = model_->shelfInfo(shelf);
  if (info == nullptr || revisions.empty()) return;
  const std::vector<RevisionId> before = info->revisions;
  std::vector<RevisionId> after = before;
  std::erase_if(after,
                [&](RevisionId id) { return std::ranges::find(revisions, id) != revisions.end(); });
  const QString name = toQt(info->name);
  bridge_->desk().setShelf(shelf, after);
  jobs_->offerUndo(
      tr("%n document(s) taken off the shelf %1.", nullptr, static_cast<int>(revisions.size()))
          .arg(isolated(name)),
      [this, shelf, before] { bridge_->desk().setShelf(shelf, before); }, [] {});
}

void Shelves::finish() {
  for (const ShelfId shelf : leaving_) bridge_->desk().removeShelf(shelf);
  leaving_.clear();
}

}  // namespace lectern::gui
