// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/base/sha256.h"
#include "core/document/ids.h"
#include "core/document/rect.h"
#include "core/document/text_span.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// How well a sentence of an answer is supported by the documents (citations.md 1.7). Stored as the
/// word in quotation marks.
enum class Grade : uint8_t {
  Verbatim,  ///< "verbatim": the words are cut from the document, or eight in a row stand there
  Matched,   ///< "matched": enough of its words, every number, name and negation agree
  Related,   ///< "related": it may come from there; a guard failed or little agrees
  Uncited,   ///< "uncited": no source was found
  Exempt,    ///< "exempt": needs none (a greeting, a question)
  NotFound,  ///< "notfound": the documents do not say it
};

/// How a citation's place was found.
enum class CitationMethod : uint8_t { Quote, Marker, Align, Attention, User };

/// What became of the cited place since.
enum class CitationStatus : uint8_t { Ok, Moved, Changed, Missing };

std::string_view toString(Grade grade);
std::string_view toString(CitationMethod method);
std::string_view toString(CitationStatus status);
std::optional<Grade> gradeFromString(std::string_view word);
std::optional<CitationMethod> citationMethodFromString(std::string_view word);
std::optional<CitationStatus> citationStatusFromString(std::string_view word);

/// A provable pointer into one exact text. `quote` is always cut from that text, never typed by a
/// model.
struct Citation {
  RevisionId revision{};
  TextSpan span;         ///< in the revision's canonical text, inside one page
  std::string quote;     ///< the bytes of `span`
  Sha256 quoteSha256{};  ///< of `quote`
  std::string prefix;    ///< up to 32 bytes of text before and after, to find the place again in a
                         ///< changed file
  std::string suffix;
  int page = 0;             ///< counted from 1
  std::vector<Rect> rects;  ///< on that page, from its glyph runs
  CitationMethod method = CitationMethod::Quote;
  CitationStatus status = CitationStatus::Ok;
  double coverage = 0;  ///< share of the claim's weighted words that stand in `span`, 0..1
  std::optional<double> attention;  ///< share of the model's attention, where a model answered
  double score = 0;                 ///< 0..1; orders a claim's citations
};

/// A sentence of an answer with its grade and its citations, best first.
struct Claim {
  TextSpan span;  ///< in the answer's text
  Grade grade = Grade::Uncited;
  double coverage = 0;
  std::vector<std::string>
      missing;  ///< words of the claim that no cited place has and that count (guards)
  std::vector<Citation> citations;
};

/// The stored form of a citation's rectangles: version byte 1, varint count, four u16 each.
std::string encodeRects(const std::vector<Rect>& rects);
Result<std::vector<Rect>> decodeRects(std::string_view bytes);

}  // namespace lectern
