// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/ids.h"

#include <QImage>
#include <QObject>
#include <QString>

#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

namespace lectern::gui {

using LibraryViewPtr = std::shared_ptr<const LibraryView>;
using DocumentViewPtr = std::shared_ptr<const DocumentView>;

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
                 const AskOptions& options);
  void openDocument(RevisionId revision);
  /// Ends with `pageDrawn`, unless `stop` is requested.
  void draw(RevisionId revision, int page, double dotsPerInch, std::stop_token stop);

 signals:
  void libraryChanged(lectern::gui::LibraryViewPtr view);
  void jobChanged(const lectern::Job& job);
  void failed(const QString& sentence);
  void answerEvent(lectern::QuestionId question, const lectern::AnswerEvent& event);
  /// What became of an answer; `problem` says why it is not stored, or why there is none.
  void answerEnded(lectern::QuestionId question,
                   const lectern::StoreReport& store,
                   const QString& problem);
  void documentOpened(lectern::gui::DocumentViewPtr document);
  /// `image` is null where the page cannot be drawn; `problem` says why.
  void pageDrawn(lectern::RevisionId revision,
                 int page,
                 double dotsPerInch,
                 const QImage& image,
                 const QString& problem);

 private:
  DeskBridge() = default;
  /// Calls `what` on the window's thread.
  template <class What>
  void later(What what) {
    QMetaObject::invokeMethod(this, std::move(what), Qt::QueuedConnection);
  }

  std::unique_ptr<Desk> desk_;  // last: it calls back until it has ended
};

}  // namespace lectern::gui
