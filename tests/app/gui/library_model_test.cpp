// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/library_model.h"

#include <QAbstractItemModelTester>
#include <QPersistentModelIndex>

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

TEST_F(LibraryModelTest, DoesNotAskDocumentsThatAreStillBeingRead) {
  auto view = std::make_shared<LibraryView>(*library({1, 2}, {}));
  view->documents[1].sealed = false;
  model.setLibrary(view);
  EXPECT_THAT(model.scope(model.index(0, 0, {})), ElementsAre(RevisionId(1)));
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
