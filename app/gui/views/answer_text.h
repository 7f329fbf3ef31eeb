// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/ids.h"

#include <QPalette>
#include <QString>
#include <QTextDocument>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lectern::gui {

/// An answer as far as it has come. A value; `take` is given its events in their order.
struct Answer {
  std::string text;
  std::vector<Claim> claims;
  std::optional<Finished> finished;
  std::optional<Error> failed;
  std::optional<Loading> loading;
  std::optional<Prefilling> reading;
  std::optional<Thinking> thinking;

  void take(const AnswerEvent& event);
  [[nodiscard]] bool hasEnded() const { return finished || failed; }
  /// All citations that chips stand for, in their order: those of the claims, then those of the
  /// nearest passages.
  [[nodiscard]] std::vector<Citation> citations() const;
};

/// What a citation's chip says: "[1 ✓ p. 47]", "(2 ≈ p. 3)" where the words are only related, "↻"
/// where the file has changed since.
QString chipText(int number, const Citation& citation, Grade grade);

/// Fills `document` with the answer: the text as Markdown, words cut from documents as they are, a
/// chip behind each claim as the link "cite:N", N an index of `citations`, a dotted line under what
/// nothing supports.
void showAnswer(const Answer& answer, const QPalette& palette, QTextDocument& document);

/// "Answered from your documents · 3 documents, 312 pages searched · no model".
QString answerHeader(const Answer& answer);

/// The answer with its citations spelled out, for the clipboard. `titleOf` names documents.
QString answerWithReferences(const Answer& answer,
                             const std::function<QString(RevisionId)>& titleOf);

}  // namespace lectern::gui
