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

/// The way back: a stored answer as the events that tell it, Text, Cited for each of its claims,
/// Finished. A face that shows answers as they come shows stored ones in the same way.
std::vector<AnswerEvent> eventsOf(const MessageRecord& answer);

}  // namespace lectern
