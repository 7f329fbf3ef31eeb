// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/document/citation.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lectern {

/// The part of a document that a summary's message is about.
struct SectionPlace {
  int number = 0;  ///< counted from 1; 0: it is about all that was asked about
  int count = 0;   ///< of the document's sections
  int firstPage = 0;
  int lastPage = 0;
};

/// What was looked at for an answer; the header above it says so.
struct ReadingReport {
  std::string engine;       ///< "extractive", or the model's name
  int documents = 0;        ///< that were read to their end; only these are searched
  int64_t pagesRead = 0;    ///< pages with text, all of which were searched or read
  int64_t pagesUnread = 0;  ///< skipped or image-only
  int64_t segments = 0;
  int unfinished = 0;           ///< documents that are not read to their end yet
  int64_t unfinishedRead = 0;   ///< their pages that were read so far
  int64_t unfinishedPages = 0;  ///< all that they have

  // What of these a model had before it; nothing where none answered.
  int64_t tokensShown = 0;    ///< documents and the marks between them
  int64_t tokensKept = 0;     ///< of these, what was read before, and not for this answer again
  int64_t segmentsShown = 0;  ///< that could be quoted; all but furniture, where it read the whole
  int64_t pagesShown = 0;
  bool shortlisted = false;  ///< they did not fit, so that a search chose what it read

  SectionPlace section{};  ///< of a summary
};

/// A place that came near to what was asked, where nothing answered.
struct NearestPassage {
  Citation citation;
  std::string documentTitle;
};

/// How an answer ended; all but the first are said to the reader.
enum class AnswerEnd : uint8_t {
  Whole,
  TokenLimit,  ///< it reached the number of tokens that it may have
  WindowFull,  ///< the model's window holds no more
  Stopped,     ///< by the user, after some of it was written
};

/// "whole", "token-limit", "window-full", "stopped": in JSON and in the library.
std::string_view toString(AnswerEnd end);

/// The model is being loaded.
struct Loading {
  int64_t doneBytes = 0;
  int64_t totalBytes = 0;
  std::string placement;  ///< see Engine::placement; for the user
};
/// The documents and pages are being read.
struct Prefilling {
  int64_t done = 0;
  int64_t total = 0;
};
/// A model thinks before it answers. Its thoughts are no part of the answer: they are neither
/// shown, graded nor stored.
struct Thinking {
  int64_t tokens = 0;  ///< so far
};
/// More of the answer's text: whole characters, none of them control characters but line ends and
/// tabs.
struct Text {
  std::string utf8;
};
/// A sentence is complete and graded; `claim.span` is in the text so far.
struct Cited {
  Claim claim;
};
/// There is no more of the answer; `end` says why. `found` is false for "the documents do not say
/// it", with the nearest places. Every sentence of the text has been Cited.
struct Finished {
  bool found = true;
  ReadingReport reading;
  std::vector<NearestPassage> nearest;
  AnswerEnd end = AnswerEnd::Whole;
  int64_t thoughtTokens = 0;
  /// Why something had to be read again, or could not be kept for the next time: a sentence for the
  /// user; else empty.
  std::string notice;
};
struct Failed {
  Error error;
};

/// Events come in this order: Loading*, Prefilling*, Thinking*, (Text | Cited)*, and exactly one of
/// Finished and Failed. A summary is several such answers one after the other, a section each.
using AnswerEvent = std::variant<Loading, Prefilling, Thinking, Text, Cited, Finished, Failed>;
using AnswerSink = std::function<void(const AnswerEvent&)>;

}  // namespace lectern
