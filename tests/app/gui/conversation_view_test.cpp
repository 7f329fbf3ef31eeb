// SPDX-License-Identifier: GPL-3.0-or-later
// A conversation that is taller than its pane: a new question and its answer come into view, unless
// the user has scrolled away.
#include "app/gui/views/conversation_view.h"

#include "tests/app/gui/window_fixture.h"

#include <QLabel>
#include <QScrollArea>
#include <QScrollBar>

namespace lectern::gui {
namespace {

class FollowingTest : public ::testing::Test {
 protected:
  FollowingTest() {
    view.resize(320, 300);
    view.setVisible(true);
    EXPECT_TRUE(QTest::qWaitForWindowExposed(&view));
  }
  void settle() { QTest::qWait(60); }  // longer than an answer waits to be laid out
  AnswerView* begin(const QString& question) {
    AnswerView* answer = view.begin(QuestionId(++last_), question);
    settle();
    return answer;
  }
  void say(const std::string& sentence) {
    view.take(QuestionId(last_), Text{sentence});
    settle();
  }
  void end() {
    view.take(QuestionId(last_), Finished{});
    view.end(QuestionId(last_), {});
    settle();
  }
  [[nodiscard]] QScrollArea* area() const { return view.findChild<QScrollArea*>(); }
  [[nodiscard]] QScrollBar* bar() const { return area()->verticalScrollBar(); }
  [[nodiscard]] bool isInView(const QWidget* widget) const {
    const QRect place(widget->mapTo(area()->viewport(), QPoint()), widget->size());
    return area()->viewport()->rect().contains(place);
  }
  [[nodiscard]] static const QWidget* questionOf(const AnswerView* answer) {
    for (const QLabel* label : answer->findChildren<QLabel*>()) {
      if (label->text() == answer->question()) return label;
    }
    return nullptr;
  }

  ConversationView view;

 private:
  int last_ = 0;
};

// Questions and answers came in below the lower edge once they filled the pane.
TEST_F(FollowingTest, EachQuestionComesIntoViewAndItsAnswerAfterIt) {
  for (int i = 0; i < 8; ++i) {
    AnswerView* answer =
        begin(QStringLiteral("How deep is the well that stands in yard %1?").arg(i));
    EXPECT_TRUE(isInView(questionOf(answer))) << i;
    say("The well is nine metres deep. ");
    EXPECT_TRUE(isInView(answer->body())) << i;
    end();
    EXPECT_TRUE(isInView(questionOf(answer))) << i;
    EXPECT_TRUE(isInView(answer->body())) << i;
  }
  ASSERT_GT(bar()->maximum(), 300);
  EXPECT_EQ(bar()->value(), bar()->maximum());
}

TEST_F(FollowingTest, WhoeverScrollsAwayStaysThereUntilTheyAskAgain) {
  for (int i = 0; i < 4; ++i) {
    begin(QStringLiteral("How deep is the well?"));
    say("The well is nine metres deep. ");
    end();
  }
  AnswerView* answer = begin(QStringLiteral("And the other one?"));
  say("It is not as deep. ");
  QTest::keyClick(bar(), Qt::Key_PageUp);
  const int place = bar()->value();
  ASSERT_LT(place, bar()->maximum());
  for (int i = 0; i < 10; ++i) say("It has more water, though. ");
  EXPECT_EQ(bar()->value(), place);
  // Back at the end, it is followed again.
  bar()->triggerAction(QAbstractSlider::SliderToMaximum);
  const int end = bar()->value();
  for (int i = 0; i < 20; ++i) say("It has more water, though. ");
  EXPECT_GT(bar()->value(), end);
  EXPECT_EQ(bar()->value(), bar()->maximum());
  this->end();

  bar()->triggerAction(QAbstractSlider::SliderToMinimum);
  answer = begin(QStringLiteral("How wide is it?"));
  EXPECT_TRUE(isInView(questionOf(answer)));
}

}  // namespace
}  // namespace lectern::gui
