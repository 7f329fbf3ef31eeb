// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/views/answer_view.h"

#include <QWidget>

#include <functional>
#include <map>

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QScrollArea;
class QVBoxLayout;

namespace lectern::gui {

/// The conversation pane: answers one under the other, and the box for the next question. Return
/// asks, Shift+Return begins a line, Escape stops the answer. Thread: the window's.
class ConversationView : public QWidget {
  Q_OBJECT
 public:
  explicit ConversationView(QWidget* parent = nullptr);

  /// What the next question is about.
  void setScope(const QString& name, int documents);
  void setTitles(std::function<QString(RevisionId)> titleOf) { titleOf_ = std::move(titleOf); }

  /// An answer begins below the others.
  AnswerView* begin(QuestionId id, const QString& question);
  void take(QuestionId id, const AnswerEvent& event);
  void end(QuestionId id, const QString& problem);

  [[nodiscard]] AnswerView* lastAnswer() const { return last_; }
  [[nodiscard]] bool isAnswering() const { return !running_.empty(); }
  [[nodiscard]] QPlainTextEdit* questionBox() const { return box_; }

 signals:
  void asked(const QString& question);
  void stopWanted(lectern::QuestionId id);
  void citationOpened(lectern::gui::AnswerView* answer, int index);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void submit();
  void stopAll();
  void updateButtons();

  std::function<QString(RevisionId)> titleOf_;
  std::map<QuestionId, AnswerView*> running_;
  AnswerView* last_ = nullptr;
  QScrollArea* scroll_ = nullptr;
  QVBoxLayout* answers_ = nullptr;
  QLabel* scope_ = nullptr;
  QLabel* hint_ = nullptr;
  QPlainTextEdit* box_ = nullptr;
  QPushButton* ask_ = nullptr;
  QPushButton* stop_ = nullptr;
};

}  // namespace lectern::gui
