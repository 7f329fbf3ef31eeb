// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/ids.h"

#include <QImage>
#include <QObject>
#include <QPointer>
#include <QString>

#include <functional>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

namespace lectern::gui {

using LibraryViewPtr = std::shared_ptr<const LibraryView>;
using DocumentViewPtr = std::shared_ptr<const DocumentView>;
using StoredPagePtr = std::shared_ptr<const StoredPage>;
using StoredConversationPtr = std::shared_ptr<const StoredConversation>;

/// The desk for widgets: what it tells on its threads arrives here as signals, on the window's
/// thread.
/// Thread: the window's.
class DeskBridge : public QObject {
  Q_OBJECT
 public:
  static Result<std::unique_ptr<DeskBridge>> open(const WorkspaceOptions& options);
  ~DeskBridge() override;

  Desk& desk() { return *desk_; }

  QuestionId ask(const QString& question,
                 const std::vector<RevisionId>& scope,
                 const AskOptions& options,
                 const Continuation& into);
  /// A summary is told like an answer.
  QuestionId summarize(const QString& title,
                       const std::vector<RevisionId>& scope,
                       const Continuation& into);
  /// Ends with `conversationOpened` and the number that is given here, or with `failed`.
  int openConversation(ConversationId conversation);
  /// Ends with `conversationsFound`, or `failed`.
  void searchConversations(const QString& query);
  /// Ends with `documentOpened` and the number that is given here.
  int openDocument(RevisionId revision);
  /// Ends with `pageDrawn`, unless `stop` is requested.
  void draw(RevisionId revision, int page, double dotsPerInch, std::stop_token stop);
  /// Ends with `thumbnailDrawn`, likewise.
  void drawThumbnail(RevisionId revision, int page, double dotsPerInch, std::stop_token stop);
  /// Ends with `pageRead`, likewise.
  void readPage(RevisionId revision, int page, std::stop_token stop);
  /// Calls `take` with the text, on the window's thread, unless `receiver` is gone.
  void readText(RevisionId revision,
                TextSpan span,
                QObject* receiver,
                std::function<void(const QString&)> take);
  /// Looks for words; ends with the `findProgress` of that id that has `ended`, likewise.
  int find(RevisionId revision, const FindQuery& query, std::stop_token stop);

 signals:
  void libraryChanged(lectern::gui::LibraryViewPtr view);
  void jobChanged(const lectern::Job& job);
  void failed(const QString& sentence);
  void answerEvent(lectern::QuestionId question, const lectern::AnswerEvent& event);
  /// What became of an answer; `problem` says why it is not stored, or why there is none.
  void answerEnded(lectern::QuestionId question,
                   const lectern::StoreReport& store,
                   const QString& problem);
  /// `document` is null where it could not be opened; `failed` said why.
  void documentOpened(int opening, lectern::gui::DocumentViewPtr document);
  void conversationOpened(int opening, lectern::gui::StoredConversationPtr conversation);
  void conversationsFound(const QString& query, const std::vector<lectern::ConversationHit>& hits);
  /// `image` is null where the page cannot be drawn; `problem` says why.
  void pageDrawn(lectern::RevisionId revision,
                 int page,
                 double dotsPerInch,
                 const QImage& image,
                 const QString& problem);
  void thumbnailDrawn(lectern::RevisionId revision, int page, const QImage& image);
  /// `page` is null where it cannot be read: it has no text then.
  void pageRead(lectern::RevisionId revision, int number, lectern::gui::StoredPagePtr page);
  void findProgress(int search, const lectern::FindProgress& progress);

 private:
  using Stored = std::function<void(const Result<StoreReport>&)>;

  DeskBridge() = default;
  /// Calls `begin` with what becomes signals of the question that it returns.
  QuestionId tell(const std::function<QuestionId(AnswerSink, Stored)>& begin);

  int lastOpening_ = 0;
  int lastSearch_ = 0;
  std::unique_ptr<Desk> desk_;  // last: it calls back until it has ended
};

}  // namespace lectern::gui
