// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"

#include <QObject>

#include <optional>
#include <set>
#include <vector>

namespace lectern::gui {

class AnswerView;
class ConversationList;
class ConversationView;
class JobStrip;

/// Which conversation the pane shows, and what is done to conversations: begun, opened, gone on
/// with, found, renamed, deleted and had back. Thread: the window's.
class Talks : public QObject {
  Q_OBJECT
 public:
  Talks(DeskBridge* bridge, ConversationList* list, ConversationView* pane, JobStrip* jobs);

  void setLibrary(const LibraryView& library);
  /// Opens the conversation, once the library is there; where it is gone, the last used one. None:
  /// a new one, as it was left.
  void restore(std::optional<ConversationId> conversation, bool wasLeft);
  [[nodiscard]] std::optional<ConversationId> current() const { return current_; }

  /// Asks in the conversation that is shown.
  AnswerView* ask(const QString& question,
                  const std::vector<RevisionId>& scope,
                  const AskOptions& options);
  /// In a conversation of its own.
  AnswerView* summarize(const QString& title, const std::vector<RevisionId>& scope);

  void startNew();
  void open(ConversationId conversation);
  /// It goes at once from the list, and from the library when the undo is over.
  void remove(ConversationId conversation);
  /// No undo is left: the window goes.
  void finish();

 signals:
  /// One of the list was opened: what was asked about in it.
  void opened(const std::vector<lectern::RevisionId>& scope);
  /// What was shown is shown no more.
  void left();

 private:
  [[nodiscard]] Continuation here() const;
  void load(ConversationId conversation);
  void setCurrent(std::optional<ConversationId> conversation);
  void leave();
  void takeConversation(int opening, const StoredConversationPtr& conversation);
  void takeEnd(QuestionId question, const StoreReport& store);

  DeskBridge* bridge_;
  ConversationList* list_;
  ConversationView* pane_;
  JobStrip* jobs_;

  std::optional<ConversationId> current_;  // none: a new one, or one that is not stored yet
  std::set<QuestionId> asked_;             // in what the pane shows
  std::optional<QuestionId> last_;         // of these
  bool unmarked_ = false;                  // the list does not show yet which is current
  std::set<ConversationId> leaving_;       // deleted, and still to be had back
  int opening_ = 0;  // the last one; what an earlier one brings is out of date
  bool restored_ = false;
  bool byHand_ = false;  // the conversation that is on its way was chosen in the list
  std::optional<ConversationId> wanted_;  // of `restore`
  bool wantsNone_ = false;
};

}  // namespace lectern::gui
