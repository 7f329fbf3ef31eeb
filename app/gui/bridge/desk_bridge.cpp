// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/bridge/desk_bridge.h"

#include "app/gui/bridge/later.h"
#include "app/gui/bridge/strings.h"

namespace lectern::gui {

namespace {

/// The same pixels; they live as long as the image.
QImage imageOf(PageImage&& page) {
  auto* kept = new PageImage(std::move(page));
  return {reinterpret_cast<const uchar*>(kept->pixels.data()),
          kept->width,
          kept->height,
          static_cast<qsizetype>(kept->width) * 4,
          QImage::Format_RGB32,
          [](void* pixels) { delete static_cast<PageImage*>(pixels); },
          kept};
}

}  // namespace

Result<std::unique_ptr<DeskBridge>> DeskBridge::open(const WorkspaceOptions& options) {
  std::unique_ptr<DeskBridge> bridge(new DeskBridge);
  DeskBridge* self = bridge.get();
  DeskEvents events;
  events.libraryChanged = [self](LibraryViewPtr view) {
    later(self, [self, view = std::move(view)] { emit self->libraryChanged(view); });
  };
  events.jobChanged = [self](const Job& job) {
    later(self, [self, job] { emit self->jobChanged(job); });
  };
  events.failed = [self](const Error& error) {
    later(self, [self, sentence = toQt(error.message)] { emit self->failed(sentence); });
  };
  bridge->desk_ = TRY(Desk::open(options, std::move(events)));
  return bridge;
}

DeskBridge::~DeskBridge() = default;

QuestionId DeskBridge::tell(const std::function<QuestionId(AnswerSink, Stored)>& begin) {
  // Known once the question is on its way, and before the first event gets through the queue.
  const auto id = std::make_shared<QuestionId>();
  *id = begin(
      [this, id](const AnswerEvent& event) {
        later(this, [this, id, event] { emit answerEvent(*id, event); });
      },
      [this, id](const Result<StoreReport>& report) {
        StoreReport store;
        QString problem;
        if (!report) {
          problem = toQt(report.error().message);
        } else {
          store = *report;
          if (store.notStored) problem = toQt(store.notStored->message);
        }
        later(this, [this, id, store, problem] { emit answerEnded(*id, store, problem); });
      });
  return *id;
}

QuestionId DeskBridge::ask(const QString& question,
                           const std::vector<RevisionId>& scope,
                           const AskOptions& options,
                           const Continuation& into) {
  return tell([&](AnswerSink sink, Stored done) {
    return desk_->ask(fromQt(question), scope, options, std::move(sink), std::move(done), into);
  });
}

QuestionId DeskBridge::summarize(const QString& title,
                                 const std::vector<RevisionId>& scope,
                                 const Continuation& into) {
  return tell([&](AnswerSink sink, Stored done) {
    return desk_->summarize(fromQt(title), scope, std::move(sink), std::move(done), into);
  });
}

int DeskBridge::openConversation(ConversationId conversation) {
  const int opening = ++lastOpening_;
  desk_->openConversation(conversation, [this, opening](const Result<StoredConversation>& opened) {
    if (!opened) {
      later(this, [this, sentence = toQt(opened.error().message)] { emit failed(sentence); });
      return;
    }
    later(this, [this, opening, view = std::make_shared<const StoredConversation>(*opened)] {
      emit conversationOpened(opening, view);
    });
  });
  return opening;
}

void DeskBridge::searchConversations(const QString& query) {
  desk_->searchConversations(
      fromQt(query), [this, query](const Result<std::vector<ConversationHit>>& found) {
        if (!found) {
          later(this, [this, sentence = toQt(found.error().message)] { emit failed(sentence); });
          return;
        }
        later(this, [this, query, hits = *found] { emit conversationsFound(query, hits); });
      });
}

int DeskBridge::openDocument(RevisionId revision) {
  const int opening = ++lastOpening_;
  desk_->openDocument(revision, [this, opening](const Result<DocumentView>& document) {
    if (!document) {
      later(this, [this, opening, sentence = toQt(document.error().message)] {
        emit failed(sentence);
        emit documentOpened(opening, nullptr);
      });
      return;
    }
    later(this, [this, opening, view = std::make_shared<const DocumentView>(*document)] {
      emit documentOpened(opening, view);
    });
  });
  return opening;
}

void DeskBridge::draw(RevisionId revision, int page, double dotsPerInch, std::stop_token stop) {
  PictureOptions options;
  options.dotsPerInch = dotsPerInch;
  desk_->render(revision, page, options, std::move(stop),
                [this, revision, page, dotsPerInch](Result<PageImage> drawn) {
                  QImage image;
                  QString problem;
                  if (drawn) {
                    image = imageOf(std::move(*drawn));
                  } else {
                    problem = toQt(drawn.error().message);
                  }
                  later(this, [this, revision, page, dotsPerInch, image, problem] {
                    emit pageDrawn(revision, page, dotsPerInch, image, problem);
                  });
                });
}

void DeskBridge::drawThumbnail(RevisionId revision,
                               int page,
                               double dotsPerInch,
                               std::stop_token stop) {
  PictureOptions options;
  options.dotsPerInch = dotsPerInch;
  desk_->renderThumbnail(
      revision, page, options, std::move(stop), [this, revision, page](Result<PageImage> drawn) {
        QImage image;
        if (drawn) image = imageOf(std::move(*drawn));
        later(this, [this, revision, page, image] { emit thumbnailDrawn(revision, page, image); });
      });
}

void DeskBridge::readPage(RevisionId revision, int page, std::stop_token stop) {
  desk_->readPage(revision, page, std::move(stop), [this, revision, page](Result<StoredPage> read) {
    StoredPagePtr stored;
    if (read) stored = std::make_shared<const StoredPage>(std::move(*read));
    later(this, [this, revision, page, stored] { emit pageRead(revision, page, stored); });
  });
}

void DeskBridge::readText(RevisionId revision,
                          TextSpan span,
                          QObject* receiver,
                          std::function<void(const QString&)> take) {
  desk_->readText(revision, span,
                  [this, receiver = QPointer<QObject>(receiver),
                   take = std::move(take)](const Result<std::string>& text) {
                    later(this, [this, receiver, take, read = text ? toQt(*text) : QString(),
                                 problem = text ? QString() : toQt(text.error().message)] {
                      if (!problem.isEmpty()) {
                        emit failed(problem);
                      } else if (receiver) {
                        take(read);
                      }
                    });
                  });
}

int DeskBridge::find(RevisionId revision, const FindQuery& query, std::stop_token stop) {
  const int search = ++lastSearch_;
  desk_->find(revision, query, std::move(stop), [this, search](const FindProgress& progress) {
    later(this, [this, search, progress] { emit findProgress(search, progress); });
  });
  return search;
}

}  // namespace lectern::gui
