// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"
#include "app/gui/views/answer_text.h"
#include "app/gui/views/reader_view.h"

#include <QObject>
#include <QPointer>

#include <optional>
#include <vector>

namespace lectern::gui {

class AnswerView;
class ConversationView;
class ReaderPane;

/// What the reader shows: documents that are opened, the evidence of an answer one after the other,
/// and the way back to where one was. Thread: the window's.
class Places : public QObject {
  Q_OBJECT
 public:
  Places(DeskBridge* bridge, ReaderPane* pane, ConversationView* conversation);

  /// Shows the document once it is loaded, at its beginning or where it says. What is opened later
  /// wins.
  void open(RevisionId revision, std::optional<ReaderPlace> place = std::nullopt);
  /// The same by hand: back leads to where one is now.
  void visit(RevisionId revision);
  /// The document was taken off.
  void close(RevisionId revision);
  /// Another revision has taken its place, page by page.
  void replace(RevisionId revision, RevisionId by);
  /// A document is shown, or on its way.
  [[nodiscard]] bool isReading() const;

  /// Whose citations are stepped through; none: those of the last answer.
  void setAnswer(AnswerView* answer);
  /// It is shown no more; nor is its evidence.
  void forgetAnswer();
  void openCitation(AnswerView* answer, int index);
  void stepEvidence(int by);
  void markAllEvidence(bool all);

  /// The place in view is about to be left.
  void remember();
  void goBack() { travel(back_, forward_); }
  void goForward() { travel(forward_, back_); }
  [[nodiscard]] bool canGoBack() const { return !back_.empty(); }
  [[nodiscard]] bool canGoForward() const { return !forward_.empty(); }

 signals:
  void opened(lectern::gui::DocumentViewPtr document);
  /// Back or forward lead somewhere, or no longer.
  void waysChanged();

 private:
  /// A document that is on its way, and where in it to go.
  struct Opening {
    int number = 0;
    std::optional<ReaderPlace> place;
    std::optional<Evidence> evidence;
  };

  void load(RevisionId revision,
            std::optional<ReaderPlace> place,
            std::optional<Evidence> evidence);
  void take(int opening, const DocumentViewPtr& document);
  /// Of all answers to the question.
  [[nodiscard]] std::vector<Evidence> evidence() const;
  void mark(const Evidence& evidence);
  void show(const Evidence& evidence);
  [[nodiscard]] bool isShown(RevisionId revision) const;
  void travel(std::vector<ReaderPlace>& from, std::vector<ReaderPlace>& to);

  DeskBridge* bridge_;
  ReaderPane* pane_;
  ReaderView* reader_;  // of the pane
  ConversationView* conversation_;

  std::optional<Opening> opening_;
  std::vector<ReaderPlace> back_;
  std::vector<ReaderPlace> forward_;
  QPointer<AnswerView> answer_;
  int evidence_ = -1;  // the one that is looked at
};

}  // namespace lectern::gui
