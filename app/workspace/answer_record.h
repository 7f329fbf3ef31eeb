// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/answer_event.h"
#include "core/base/result.h"
#include "core/library/library.h"

#include <optional>
#include <vector>

namespace lectern {

/// Makes of an answer's events the record that is stored.
class AnswerRecorder {
 public:
  void take(const AnswerEvent& event);

  /// Where nothing was found, the record is one claim of grade NotFound that holds the nearest
  /// places, so that they too have names. Returns the Error of a Failed answer.
  Result<MessageRecord> finish();

 private:
  void recordNearest();

  MessageRecord record_;
  std::optional<Finished> finished_;
  std::optional<Error> failed_;
};

/// Calls `visit` with each field of what was read and its name, which JSON has for it in the
/// library and on the command line. The engine and the section stand beside them.
template <class Reading, class Visit>
void visitReading(Reading& reading, const Visit& visit) {
  visit("documents", reading.documents);
  visit("pagesRead", reading.pagesRead);
  visit("pagesUnread", reading.pagesUnread);
  visit("segments", reading.segments);
  visit("unfinished", reading.unfinished);
  visit("unfinishedRead", reading.unfinishedRead);
  visit("unfinishedPages", reading.unfinishedPages);
  visit("tokensShown", reading.tokensShown);
  visit("tokensKept", reading.tokensKept);
  visit("segmentsShown", reading.segmentsShown);
  visit("pagesShown", reading.pagesShown);
  visit("shortlisted", reading.shortlisted);
}
/// The same of the section that a summary's message is about.
template <class Section, class Visit>
void visitSection(Section& section, const Visit& visit) {
  visit("number", section.number);
  visit("count", section.count);
  visit("firstPage", section.firstPage);
  visit("lastPage", section.lastPage);
}

/// The way back: a stored answer as the events that tell it, Text, Cited for each of its claims,
/// Finished. A face that shows answers as they come shows stored ones in the same way.
std::vector<AnswerEvent> eventsOf(const MessageRecord& answer);

}  // namespace lectern
