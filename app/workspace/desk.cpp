// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/desk.h"

#include "app/workspace/desk_impl.h"

#include <utility>

namespace lectern {

Desk::Desk(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Desk::~Desk() = default;

Result<std::unique_ptr<Desk>> Desk::open(const WorkspaceOptions& options, DeskEvents events) {
  auto workspace = TRY(Workspace::open(options));
  return std::unique_ptr<Desk>(
      new Desk(std::make_unique<Impl>(options, std::move(events), std::move(workspace))));
}

void Desk::refresh() {
  impl_->refresh();
}
JobId Desk::add(const std::filesystem::path& file, const AddOptions& options) {
  return impl_->add(file, options);
}
void Desk::pause(JobId job) {
  impl_->interrupt(job, Job::State::Paused);
}
void Desk::resume(JobId job, const std::string& password) {
  impl_->resume(job, password);
}
void Desk::cancel(JobId job) {
  impl_->interrupt(job, Job::State::Cancelled);
}
void Desk::remove(RevisionId revision) {
  impl_->changeWorkspace([=](Workspace& workspace) { return workspace.remove(revision); });
}
void Desk::makeShelf(const std::string& name, const std::vector<RevisionId>& revisions) {
  impl_->change([=](Library& library) -> Result<void> {
    return library.setShelf(TRY(library.shelf(name)), revisions);
  });
}
void Desk::setShelf(ShelfId shelf, const std::vector<RevisionId>& revisions) {
  impl_->change([=](Library& library) { return library.setShelf(shelf, revisions); });
}
void Desk::renameShelf(ShelfId shelf, const std::string& name) {
  impl_->change([=](Library& library) { return library.renameShelf(shelf, name); });
}
void Desk::removeShelf(ShelfId shelf) {
  impl_->change([=](Library& library) { return library.removeShelf(shelf); });
}
void Desk::renameConversation(ConversationId conversation, const std::string& title) {
  impl_->change([=](Library& library) { return library.renameConversation(conversation, title); });
}
void Desk::removeConversation(ConversationId conversation) {
  impl_->change([=](Library& library) { return library.removeConversation(conversation); });
}
QuestionId Desk::ask(const std::string& question,
                     const std::vector<RevisionId>& scope,
                     const AskOptions& options,
                     AnswerSink sink,
                     std::function<void(const Result<StoreReport>&)> done,
                     const Continuation& into) {
  const auto make = [=, sink = std::move(sink), impl = impl_.get()](
                        const QuestionQueue::Keep& keep, std::stop_token stop) -> Result<void> {
    Workspace& reader = *TRY(impl->asker());
    MessageRecord message = TRY(reader.answer(question, scope, options, sink, std::move(stop)));
    keep(std::move(message));
    return {};
  };
  return impl_->questions().ask({question, scope, into, make, std::move(done)});
}
QuestionId Desk::summarize(const std::string& title,
                           const std::vector<RevisionId>& scope,
                           AnswerSink sink,
                           std::function<void(const Result<StoreReport>&)> done,
                           const Continuation& into) {
  const auto make = [=, sink = std::move(sink), impl = impl_.get()](
                        const QuestionQueue::Keep& keep, std::stop_token stop) -> Result<void> {
    const Result<Summary> made = [&]() -> Result<Summary> {
      Workspace& reader = *TRY(impl->asker());
      return reader.summary(scope, {}, sink, keep, std::move(stop));
    }();
    if (made && made->found()) return {};
    Error error = made ? Error{ErrorCode::NotFound,
                               "There is nothing to summarise: the pages are pictures or blank, or "
                               "were not read yet."}
                       : made.error();
    sink(Failed{error});
    return error;
  };
  return impl_->questions().ask({title, scope, into, make, std::move(done)});
}
void Desk::stop(QuestionId question) {
  impl_->questions().stop(question);
}
void Desk::countFiles(const std::vector<std::filesystem::path>& named,
                      std::stop_token stop,
                      std::function<void(const Result<FileCount>&)> told) {
  impl_->countFiles(named, std::move(stop), std::move(told));
}
void Desk::countBudget(const std::vector<RevisionId>& scope,
                       const AskOptions& options,
                       const std::string& question,
                       std::stop_token stop,
                       std::function<void(const Result<ContextBudget>&)> told) {
  impl_->countBudget(scope, options, question, std::move(stop), std::move(told));
}
void Desk::openConversation(ConversationId conversation,
                            std::function<void(const Result<StoredConversation>&)> done) {
  impl_->read<StoredConversation>(
      [=](Library& library) -> Result<StoredConversation> {
        ConversationInfo info = TRY(library.conversation(conversation));
        std::vector<MessageRecord> messages = TRY(library.messages(conversation));
        return StoredConversation{std::move(info), std::move(messages)};
      },
      std::move(done));
}
void Desk::searchConversations(
    const std::string& query,
    std::function<void(const Result<std::vector<ConversationHit>>&)> done) {
  impl_->read<std::vector<ConversationHit>>(
      [=](Library& library) { return library.searchConversations(query); }, std::move(done));
}
void Desk::openDocument(RevisionId revision,
                        std::function<void(const Result<DocumentView>&)> done) {
  impl_->read<DocumentView>(
      [=](Library& library) -> Result<DocumentView> {
        RevisionInfo info = TRY(library.revision(revision));
        std::vector<PageShape> pages = TRY(library.pageShapes(revision));
        return DocumentView{std::move(info), std::move(pages)};
      },
      std::move(done));
}
void Desk::render(RevisionId revision,
                  int page,
                  const PictureOptions& options,
                  std::stop_token stop,
                  std::function<void(Result<PageImage>)> done) {
  impl_->render(impl_->drawerOf(page), revision, page, options, std::move(stop), std::move(done));
}
void Desk::renderThumbnail(RevisionId revision,
                           int page,
                           const PictureOptions& options,
                           std::stop_token stop,
                           std::function<void(Result<PageImage>)> done) {
  impl_->render(impl_->thumbnailDrawer(), revision, page, options, std::move(stop),
                std::move(done));
}
void Desk::readPage(RevisionId revision,
                    int page,
                    std::stop_token stop,
                    std::function<void(Result<StoredPage>)> done) {
  impl_->readPage(revision, page, std::move(stop), std::move(done));
}
void Desk::readText(RevisionId revision,
                    TextSpan span,
                    std::function<void(Result<std::string>)> done) {
  impl_->readText(revision, span, std::move(done));
}
void Desk::find(RevisionId revision,
                const FindQuery& query,
                std::stop_token stop,
                std::function<void(const FindProgress&)> progress) {
  impl_->find(std::make_shared<DocumentSearch>(revision, query), stop, std::move(progress));
}

}  // namespace lectern
