// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/talks.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/views/conversation_list.h"
#include "app/gui/views/conversation_view.h"
#include "app/gui/widgets/job_strip.h"

#include <algorithm>
#include <utility>

namespace lectern::gui {

Talks::Talks(DeskBridge* bridge, ConversationList* list, ConversationView* pane, JobStrip* jobs)
    : QObject(pane), bridge_(bridge), list_(list), pane_(pane), jobs_(jobs) {
  connect(list, &ConversationList::openWanted, this, &Talks::open);
  connect(list, &ConversationList::newWanted, this, &Talks::startNew);
  connect(list, &ConversationList::deleteWanted, this, &Talks::remove);
  connect(list, &ConversationList::searchWanted, bridge, &DeskBridge::searchConversations);
  connect(list->model(), &ConversationModel::renameWanted, this,
          [this](ConversationId id, const QString& title) {
            bridge_->desk().renameConversation(id, fromQt(title));
          });
  connect(bridge, &DeskBridge::conversationsFound, list, &ConversationList::takeHits);
  connect(bridge, &DeskBridge::conversationOpened, this, &Talks::takeConversation);
  connect(bridge, &DeskBridge::answerEnded, this, &Talks::takeEnd);
}

void Talks::setLibrary(const LibraryView& library) {
  list_->model()->setConversations(library.conversations);
  list_->model()->setHidden(leaving_);  // one that could not be deleted is there again
  if (!std::exchange(restored_, true) && !wantsNone_ && !library.conversations.empty()) {
    const bool isThere = wanted_ && !list_->model()->titleOf(*wanted_).isNull();
    load(isThere ? *wanted_ : library.conversations.front().id);
  }
  if (!unmarked_ || (current_ && !list_->model()->indexOf(*current_).isValid())) return;
  list_->setCurrent(current_);
  unmarked_ = false;
}

void Talks::restore(std::optional<ConversationId> conversation, bool wasLeft) {
  wanted_ = conversation;
  wantsNone_ = wasLeft && !conversation;
}

// While the first answer is on its way its conversation has no name yet.
Continuation Talks::here() const {
  return current_ ? Continuation{current_, std::nullopt} : Continuation{std::nullopt, last_};
}

AnswerView* Talks::ask(const QString& question,
                       const std::vector<RevisionId>& scope,
                       const AskOptions& options) {
  last_ = bridge_->ask(question, scope, options, here());
  asked_.insert(*last_);
  return pane_->begin(*last_, question);
}

AnswerView* Talks::summarize(const QString& title, const std::vector<RevisionId>& scope) {
  leave();
  setCurrent(std::nullopt);
  last_ = bridge_->summarize(title, scope, {});
  asked_.insert(*last_);
  return pane_->begin(*last_, title);
}

void Talks::setCurrent(std::optional<ConversationId> conversation) {
  current_ = conversation;
  unmarked_ = current_ && !list_->model()->indexOf(*current_).isValid();
  if (!unmarked_) list_->setCurrent(current_);
}

void Talks::leave() {
  asked_.clear();
  last_.reset();
  pane_->clear();
  emit left();
}

void Talks::startNew() {
  leave();
  setCurrent(std::nullopt);
  pane_->focusBox();
}

void Talks::open(ConversationId conversation) {
  if (current_ == conversation) return;
  load(conversation);
  byHand_ = true;
}

void Talks::load(ConversationId conversation) {
  leave();
  setCurrent(conversation);
  byHand_ = false;
  opening_ = bridge_->openConversation(conversation);
}

void Talks::takeConversation(int opening, const StoredConversationPtr& conversation) {
  if (opening != opening_ || conversation->info.id != current_) return;
  pane_->show(conversation);
  if (std::exchange(byHand_, false)) emit opened(conversation->info.scope);
}

void Talks::takeEnd(QuestionId question, const StoreReport& store) {
  if (!store.conversation) return;
  if (asked_.contains(question)) {
    if (!current_) setCurrent(store.conversation);
  } else if (store.conversation == current_) {
    // Asked here before, while another conversation was shown in between.
    leave();
    opening_ = bridge_->openConversation(*current_);
  }
}

void Talks::remove(ConversationId conversation) {
  const bool wasShown = current_ == conversation;
  const QString title = list_->model()->titleOf(conversation);
  leaving_.insert(conversation);
  if (wasShown) {
    leave();
    setCurrent(std::nullopt);
  }
  list_->model()->setHidden(leaving_);
  jobs_->offerUndo(
      tr("The conversation %1 was deleted.").arg(isolated(title)),
      [this, conversation, wasShown] {
        leaving_.erase(conversation);
        list_->model()->setHidden(leaving_);
        if (wasShown && !current_ && asked_.empty()) open(conversation);
      },
      [this, conversation] {
        if (leaving_.erase(conversation) > 0) bridge_->desk().removeConversation(conversation);
      });
}

void Talks::finish() {
  for (const ConversationId id : leaving_) bridge_->desk().removeConversation(id);
  leaving_.clear();
}

}  // namespace lectern::gui
