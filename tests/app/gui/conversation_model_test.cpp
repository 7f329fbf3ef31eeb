// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/models/conversation_model.h"

#include "app/gui/bridge/strings.h"

#include <QAbstractItemModelTester>
#include <QPersistentModelIndex>
#include <QSignalSpy>

#include <gmock/gmock.h>

namespace lectern::gui {
namespace {

using ::testing::ElementsAre;

ConversationInfo talk(int id) {
  ConversationInfo info;
  info.id = ConversationId(id);
  info.title = "Talk " + std::to_string(id);
  info.messages = 2;
  return info;
}

std::vector<ConversationInfo> talks(const std::vector<int>& ids) {
  std::vector<ConversationInfo> all;
  for (const int id : ids) all.push_back(talk(id));
  return all;
}

class ConversationModelTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::vector<int> shown() const {
    std::vector<int> ids;
    for (int row = 0; row < model.rowCount({}); ++row) {
      ids.push_back(static_cast<int>(*model.conversation(model.index(row))));
    }
    return ids;
  }

  ConversationModel model;
  QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Fatal};
};

TEST_F(ConversationModelTest, RowsStayThemselvesWhenOthersComeGoAndMove) {
  model.setConversations(talks({3, 2, 1}));
  const QPersistentModelIndex kept(model.index(2));
  model.setConversations(talks({1, 4, 3}));
  EXPECT_THAT(shown(), ElementsAre(1, 4, 3));
  EXPECT_EQ(kept.row(), 0);
  model.setConversations(talks({3, 5, 1, 4}));
  EXPECT_THAT(shown(), ElementsAre(3, 5, 1, 4));
  EXPECT_EQ(model.conversation(kept), ConversationId(1));
  EXPECT_EQ(model.indexOf(ConversationId(4)).row(), 3);
  model.setConversations({});
  EXPECT_FALSE(kept.isValid());
}

TEST_F(ConversationModelTest, ShowsHitsWithTheirWordsUntilTheyAreCleared) {
  model.setConversations(talks({3, 2, 1}));
  model.setHits({{talk(1), MessageId(7), "… three\nmonths …"}, {talk(9), MessageId(8), "gone"}});
  EXPECT_THAT(shown(), ElementsAre(1)) << "one that is there no more is not shown";
  EXPECT_EQ(model.index(0).data().toString(), isolated(QStringLiteral("Talk 1")) +
                                                  QLatin1Char('\n') +
                                                  isolated(QStringLiteral("… three months …")));
  EXPECT_EQ(model.index(0).data(Qt::EditRole).toString(), QStringLiteral("Talk 1"));
  model.clearHits();
  EXPECT_THAT(shown(), ElementsAre(3, 2, 1));
}

TEST_F(ConversationModelTest, HidesWhatIsOnItsWayOutAndShowsItAgain) {
  model.setConversations(talks({3, 2, 1}));
  model.setHidden({ConversationId(2)});
  EXPECT_THAT(shown(), ElementsAre(3, 1));
  EXPECT_EQ(model.titleOf(ConversationId(2)), QStringLiteral("Talk 2"));
  model.setHidden({});
  EXPECT_THAT(shown(), ElementsAre(3, 2, 1));
}

TEST_F(ConversationModelTest, AsksForANewTitle) {
  model.setConversations(talks({1}));
  QSignalSpy wanted(&model, &ConversationModel::renameWanted);
  EXPECT_TRUE(model.setData(model.index(0), QStringLiteral(" Talk  1 "), Qt::EditRole));
  EXPECT_TRUE(wanted.isEmpty()) << "it is called so already";
  EXPECT_FALSE(model.setData(model.index(0), QStringLiteral("  "), Qt::EditRole));
  EXPECT_TRUE(model.setData(model.index(0), QStringLiteral("Notice"), Qt::EditRole));
  ASSERT_EQ(wanted.size(), 1);
  EXPECT_EQ(wanted[0][1].toString(), QStringLiteral("Notice"));
}

}  // namespace
}  // namespace lectern::gui
