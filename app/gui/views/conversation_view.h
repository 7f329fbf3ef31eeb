// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"
#include "app/gui/views/answer_view.h"

#include <QPointer>
#include <QTimer>
#include <QWidget>

#include <functional>
#include <map>
#include <vector>

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QScrollArea;
class QVBoxLayout;

namespace lectern::gui {

class ChipPopover;

/// The conversation pane: answers one under the other, and the box for the next question. Return
/// asks, Shift+Return begins a line, Escape stops the answer. Thread: the window's.
class ConversationView : public QWidget {
  Q_OBJECT
 public:
  explicit ConversationView(QWidget* parent = nullptr);

  /// What the next question is about. `shown`: what the reader shows, if that is not asked.
  void setScope(const QString& name, int documents, const QString& shown = {});
  void setTitles(std::function<QString(RevisionId)> titleOf) { titleOf_ = std::move(titleOf); }

  /// An answer begins below the others.
  AnswerView* begin(QuestionId id, const QString& question);
  /// Shows what was said before, above what is there: the last of it at once, the rest bit by bit,
  /// so that a long conversation never holds up the window.
  void show(StoredConversationPtr conversation);
  void clear();
  /// What stands in the box stays.
  void focusBox();

  /// Asks the last question again, or makes the last summary anew.
  void askAgain();
  /// Copies the answer that has the focus, else the last one, with its references; a summary whole.
  void copyAnswer();
  void setAnnouncements(Settings::Announcements announcements);
  void take(QuestionId id, const AnswerEvent& event);
  void end(QuestionId id, const QString& problem);

  [[nodiscard]] AnswerView* lastAnswer() const { return last_; }
  /// The answers to one question, in their order: all sections of a summary.
  [[nodiscard]] std::vector<AnswerView*> exchangeOf(const AnswerView* answer) const;
  /// All that is to be shown is there.
  [[nodiscard]] bool isWhole() const { return !earlier_; }
  [[nodiscard]] bool isAnswering() const { return !running_.empty(); }
  [[nodiscard]] QPlainTextEdit* questionBox() const { return box_; }
  /// Null until a chip was pointed at.
  [[nodiscard]] ChipPopover* popover() const { return popover_; }

 signals:
  void asked(const QString& question);
  void summaryWanted();
  void stopWanted(lectern::QuestionId id);
  void citationOpened(lectern::gui::AnswerView* answer, int index);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void submit();
  void stopAll();
  void updateButtons();
  AnswerView* insert(int at, const QString& question);
  AnswerView* insertBehind(AnswerView* answer);
  [[nodiscard]] QString lastQuestion() const;
  void showEarlier();
  void showPopover(AnswerView* answer, int index, const QRect& place, bool enter);

  std::function<QString(RevisionId)> titleOf_;
  std::map<QuestionId, AnswerView*> running_;
  AnswerView* last_ = nullptr;
  Settings::Announcements announcements_ = Settings::Announcements::Sentences;
  StoredConversationPtr earlier_;  // while some of it is not shown
  size_t unshown_ = 0;             // its messages from the first
  bool growsAtTop_ = false;        // the view keeps its distance from the end
  int fromEnd_ = 0;                // in pixels; at 0 the view follows the end
  QTimer earlierTimer_;
  ChipPopover* popover_ = nullptr;  // of the window, once a chip was pointed at
  QPointer<AnswerView> poppedOf_;   // whose chip it shows
  int popped_ = 0;
  QScrollArea* scroll_ = nullptr;
  QVBoxLayout* answers_ = nullptr;
  QLabel* scope_ = nullptr;
  QLabel* hint_ = nullptr;
  QPlainTextEdit* box_ = nullptr;
  QPushButton* ask_ = nullptr;
  QPushButton* summarise_ = nullptr;
  QPushButton* stop_ = nullptr;
};

}  // namespace lectern::gui
