// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/document/citation.h"

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace lectern {

/// What was looked at for an answer; the header above it says so.
struct ReadingReport {
  std::string engine;  ///< "extractive", or the model's name
  int documents = 0;
  int64_t pagesRead = 0;    ///< pages with text, all of which were searched or read
  int64_t pagesUnread = 0;  ///< skipped or image-only
  int64_t segments = 0;
};

/// A place that came near to what was asked, where nothing answered.
struct NearestPassage {
  Citation citation;
  std::string documentTitle;
};

/// The documents and pages are being read.
struct Prefilling {
  int64_t done = 0;
  int64_t total = 0;
};
/// More of the answer's text.
struct Text {
  std::string utf8;
};
/// A sentence is complete and graded; `claim.span` is in the text so far.
struct Cited {
  Claim claim;
};
/// The answer is whole. `found` is false for "the documents do not say it", with the nearest
/// places.
struct Finished {
  bool found = true;
  ReadingReport reading;
  std::vector<NearestPassage> nearest;
};
struct Failed {
  Error error;
};

/// Events come in this order: Prefilling*, (Text | Cited)*, and exactly one of Finished and Failed.
using AnswerEvent = std::variant<Prefilling, Text, Cited, Finished, Failed>;
using AnswerSink = std::function<void(const AnswerEvent&)>;

}  // namespace lectern
