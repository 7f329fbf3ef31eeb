// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/text/chat_template.h"

#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// How a model is asked.
struct ChatFormat {
  text::TemplateFamily family = text::TemplateFamily::None;
  bool thinks = false;   ///< it was trained to think before it answers (see renderJamba2)
  bool hasStart = true;  ///< its vocabulary has <|startoftext|>
};

/// What a model writes where the documents do not say it.
inline constexpr std::string_view kNotFoundWord = "NOTFOUND";

/// What a model is told to do, in front of its documents.
inline constexpr std::string_view kAnswerInstructions =
    "Answer the question from the documents, and from nothing else. Answer in the language of the "
    "question, in short complete sentences, close to the documents' own words. If the documents do "
    "not say it, answer with the one word NOTFOUND.";

/// What it is told besides, in front of the question and not of the documents, where it shall
/// quote.
inline constexpr std::string_view kQuoteInstructions =
    "Answer only with sentences of the documents, word for word, each between <quote> and "
    "</quote>.";

/// A question about documents, as the parts of a prompt around their texts: the first piece stands
/// before the first document, the last one behind the last and holds the question; between two
/// documents stands one. Documents come before the question, and no piece but the last depends on
/// it, so that what was read of them serves the next question too.
///
///   Jamba1  the documents block of its template; the instructions are the system message
///   Jamba2  one user message: ⟦D1 "title"⟧ … ⟦/D1⟧, the question; the instructions as before
///   None    the start token, where the vocabulary has one, and the same as plain text
///
/// Titles, instructions and question are plain text, whatever they spell.
Result<std::vector<std::vector<text::PromptPart>>> chatPrompt(
    const ChatFormat& format,
    const std::vector<std::string>& titles,
    std::string_view instructions,
    std::string_view question);

}  // namespace lectern
