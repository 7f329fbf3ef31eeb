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

/// A citation and how far it proves its sentence: what a chip stands for.
struct Evidence {
  Citation citation;
  Grade grade = Grade::Related;
  std::vector<std::string> missing;  ///< words of the sentence that count and that are not there
  bool nearest = false;              ///< a passage that came near where nothing answers

  /// The words stand there, in a file that is as it was: only then may it look so.
  [[nodiscard]] bool isProven() const;
};

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
  /// One of several messages that make up a summary.
  [[nodiscard]] bool isSection() const;
  /// All that chips stand for, in their order: the citations of the claims, then the nearest
  /// passages.
  [[nodiscard]] std::vector<Evidence> evidence() const;
  /// The same, the places alone.
  [[nodiscard]] std::vector<Citation> citations() const;
};

/// What a chip says: "[1 ✓ p. 47]", "(2 ≈ p. 3)" where the words are only related, "(3 ↻ p. 9)"
/// where the file has changed since.
QString chipText(int number, const Evidence& evidence);
/// The same as a sentence: "✓ These words stand in the document."
QString verdictText(const Evidence& evidence);
/// "“three months” (lease.pdf, page 47)"; `title` names the document.
QString quoteWithReference(const Citation& citation, const QString& title);

/// Fills `document` with the answer: the text as Markdown, words cut from documents as they are, a
/// chip behind each claim as the link "cite:N", N an index of `citations`, a dotted line under what
/// nothing supports.
void showAnswer(const Answer& answer, const QPalette& palette, QTextDocument& document);

/// "Answered from your documents · 3 documents, 312 pages searched · no model".
QString answerHeader(const Answer& answer);

/// The answer for the clipboard: Markdown with numbered references, which name document, page and
/// words, and say what is not proven. `titleOf` names documents.
QString answerWithReferences(const Answer& answer,
                             const std::function<QString(RevisionId)>& titleOf);

}  // namespace lectern::gui
