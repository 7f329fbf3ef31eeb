// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/library_model.h"

#include <QAbstractItemModelTester>
#include <QMimeData>
#include <QPersistentModelIndex>
#include <QSignalSpy>

#include <gmock/gmock.h>

namespace lectern::gui {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

RevisionInfo document(int id, const std::string& title) {
  RevisionInfo info;
  info.id = RevisionId(id);
  info.document.title = title;
  info.document.pageCount = 3;
  info.sealed = true;
  return info;
}

LibraryViewPtr library(const std::vector<int>& documents, const std::vector<int>& shelf) {
  auto view = std::make_shared<LibraryView>();
  for (const int id : documents) view->documents.push_back(document(id, "d" + std::to_string(id)));
  ShelfInfo info;
  info.id = ShelfId(1);
  info.name = "Contracts";
  for (const int id : shelf) info.revisions.push_back(RevisionId(id));
  view->shelves.push_back(info);
  return view;
}

class LibraryModelTest : public ::testing::Test {
 protected:
  LibraryModel model;
  QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Fatal};
};

TEST_F(LibraryModelTest, ShowsAllDocumentsAndEachShelf) {
  model.setLibrary(library({1, 2, 3}, {3, 1}));
  ASSERT_EQ(model.rowCount({}), 2);
  const QModelIndex all = model.index(0, 0, {});
  const QModelIndex shelf = model.index(1, 0, {});
  EXPECT_EQ(model.rowCount(all), 3);
  EXPECT_EQ(model.rowCount(shelf), 2);
  EXPECT_EQ(shelf.data().toString(), QStringLiteral("Contracts"));
  EXPECT_EQ(model.document(model.index(0, 0, shelf)), RevisionId(3));
  EXPECT_FALSE(model.document(shelf));
  EXPECT_THAT(model.scope(shelf), ElementsAre(RevisionId(3), RevisionId(1)));
  EXPECT_THAT(model.scope(model.index(1, 0, all)), ElementsAre(RevisionId(2)));
}

TEST_F(LibraryModelTest, RowsStayThemselvesWhenOthersComeAndGo) {
  model.setLibrary(library({1, 2, 3}, {}));
  const QPersistentModelIndex kept(model.index(2, 0, model.index(0, 0, {})));
  model.setLibrary(library({2, 3, 4, 5}, {5, 2}));
  ASSERT_TRUE(kept.isValid());
  EXPECT_EQ(model.document(kept), RevisionId(3));
  model.setLibrary(library({5, 4, 3}, {2, 5}));
  EXPECT_THAT(model.scope(model.index(0, 0, {})),
              ElementsAre(RevisionId(5), RevisionId(4), RevisionId(3)));
  model.setLibrary(library({}, {}));
  EXPECT_THAT(model.scope(model.index(0, 0, {})), IsEmpty());
}

TEST_F(LibraryModelTest, HidesWhatIsOnItsWayOutAndShowsItAgain) {
  model.setLibrary(library({1, 2}, {2}));
  model.setHidden({RevisionId(2)});
  EXPECT_EQ(model.rowCount(model.index(0, 0, {})), 1);
  EXPECT_EQ(model.rowCount(model.index(1, 0, {})), 0);
  model.setHidden({});
  EXPECT_EQ(model.rowCount(model.index(0, 0, {})), 2);
}

TEST_F(LibraryModelTest, ShelvesComeGoAndChangePlacesAsTheirNamesDo) {
  auto view = std::make_shared<LibraryView>(*library({1, 2}, {2}));
  view->shelves.push_back({ShelfId(2), "Manuals", {RevisionId(1)}});
  model.setLibrary(view);
  const QPersistentModelIndex first(model.index(1, 0, {}));
  EXPECT_EQ(model.shelf(model.index(0, 0, model.index(2, 0, {}))), ShelfId(2));
  EXPECT_FALSE(model.shelf(model.index(0, 0, {})));
  model.setHiddenShelves({ShelfId(1)});
  EXPECT_EQ(model.rowCount({}), 2);
  EXPECT_EQ(model.indexOf(ShelfId(2)).row(), 1);
  model.setHiddenShelves({});
  ASSERT_EQ(model.rowCount({}), 3);
  EXPECT_EQ(model.index(1, 0, {}).data(), QStringLiteral("Contracts"));
  auto renamed = std::make_shared<LibraryView>(*view);
  std::swap(renamed->shelves[0], renamed->shelves[1]);
  renamed->shelves[1].name = "Treaties";
  model.setLibrary(renamed);
  EXPECT_EQ(model.index(1, 0, {}).data(), QStringLiteral("Manuals"));
  EXPECT_EQ(model.index(2, 0, {}).data(), QStringLiteral("Treaties"));
  EXPECT_THAT(model.scope(model.index(2, 0, {})), ElementsAre(RevisionId(2)));
}

class LibraryDrop : public LibraryModelTest {
 protected:
  void SetUp() override {
    model.setLibrary(library({1, 2, 3, 4}, {3, 1, 2}));
    QObject::connect(&model, &LibraryModel::shelfChangeWanted, &model,
                     [this](ShelfId, const std::vector<RevisionId>& order) { wanted = order; });
  }

  /// Drops documents, by their rows in `group`, on `parent` at `row`.
  bool drop(const QModelIndex& group,
            const std::vector<int>& rows,
            int row,
            const QModelIndex& parent) {
    QModelIndexList dragged;
    for (const int one : rows) dragged << model.index(one, 0, group);
    const std::unique_ptr<QMimeData> data(model.mimeData(dragged));
    if (!model.canDropMimeData(data.get(), Qt::MoveAction, row, 0, parent)) return false;
    return model.dropMimeData(data.get(), Qt::MoveAction, row, 0, parent);
  }

  QModelIndex all() const { return model.index(0, 0, {}); }
  QModelIndex shelf() const { return model.index(1, 0, {}); }
  static std::vector<RevisionId> ids(const std::vector<int>& numbers) {
    std::vector<RevisionId> result;
    for (const int number : numbers) result.push_back(RevisionId(number));
    return result;
  }

  std::vector<RevisionId> wanted;
};

TEST_F(LibraryDrop, PutsDocumentsOnAShelf) {
  EXPECT_TRUE(drop(all(), {3}, -1, shelf()));
  EXPECT_EQ(wanted, ids({3, 1, 2, 4}));
  EXPECT_TRUE(drop(all(), {3}, 1, shelf()));
  EXPECT_EQ(wanted, ids({3, 4, 1, 2}));
  EXPECT_TRUE(drop(all(), {3}, -1, model.index(2, 0, shelf())));
  EXPECT_EQ(wanted, ids({3, 1, 4, 2})) << "on a document: before it";
  EXPECT_TRUE(drop(all(), {3, 1}, 3, shelf()));
  EXPECT_EQ(wanted, ids({3, 1, 4, 2})) << "behind the last; the one that stood there moves";
}

TEST_F(LibraryDrop, MovesDocumentsWithinAShelf) {
  EXPECT_TRUE(drop(shelf(), {2}, 0, shelf()));
  EXPECT_EQ(wanted, ids({2, 3, 1}));
  EXPECT_TRUE(drop(shelf(), {0}, 2, shelf()));
  EXPECT_EQ(wanted, ids({1, 3, 2}));
  wanted.clear();
  EXPECT_TRUE(drop(shelf(), {1}, 1, shelf()));
  EXPECT_TRUE(drop(shelf(), {1}, 2, shelf()));
  EXPECT_THAT(wanted, IsEmpty()) << "it stands there already";
}

TEST_F(LibraryDrop, CountsDocumentsThatAreNotShown) {
  model.setHidden({RevisionId(1)});
  EXPECT_TRUE(drop(all(), {2}, 1, shelf()));
  EXPECT_EQ(wanted, ids({3, 1, 4, 2}));
}

TEST_F(LibraryDrop, TakesNothingElsewhere) {
  EXPECT_FALSE(drop(shelf(), {0}, -1, all()));
  EXPECT_FALSE(drop(shelf(), {0}, 0, {}));
  QMimeData text;
  text.setText(QStringLiteral("1"));
  EXPECT_FALSE(model.canDropMimeData(&text, Qt::CopyAction, -1, 0, shelf()));
  EXPECT_THAT(wanted, IsEmpty());
}

TEST_F(LibraryModelTest, AsksForAnotherNameOfAShelf) {
  model.setLibrary(library({1}, {1}));
  QSignalSpy renamed(&model, &LibraryModel::shelfRenameWanted);
  const QModelIndex shelf = model.index(1, 0, {});
  EXPECT_TRUE(shelf.flags().testFlag(Qt::ItemIsEditable));
  EXPECT_FALSE(model.index(0, 0, {}).flags().testFlag(Qt::ItemIsEditable));
  EXPECT_FALSE(model.setData(shelf, QStringLiteral(" "), Qt::EditRole));
  EXPECT_TRUE(model.setData(shelf, QStringLiteral("Leases"), Qt::EditRole));
  ASSERT_EQ(renamed.size(), 1);
  EXPECT_EQ(renamed[0][1].toString(), QStringLiteral("Leases"));
}

TEST_F(LibraryModelTest, AsksDocumentsThatAreStillBeingReadToo) {
  auto view = std::make_shared<LibraryView>(*library({1, 2}, {}));
  view->documents[1].sealed = false;
  model.setLibrary(view);
  EXPECT_THAT(model.scope(model.index(0, 0, {})), ElementsAre(RevisionId(1), RevisionId(2)))
      << "the answer tells how far they are read";
}

TEST_F(LibraryModelTest, TellsTheStateInWordsToo) {
  auto view = std::make_shared<LibraryView>(*library({1}, {}));
  view->documents[0].pagesSkipped = 2;
  model.setLibrary(view);
  const QModelIndex row = model.index(0, 0, model.index(0, 0, {}));
  EXPECT_TRUE(row.data().toString().startsWith(QStringLiteral("⚠")));
  EXPECT_TRUE(row.data(Qt::AccessibleDescriptionRole).toString().contains(QLatin1Char('2')));
}

}  // namespace
}  // namespace lectern::gui
