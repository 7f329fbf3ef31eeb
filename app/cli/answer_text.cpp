// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/answer_text.h"

#include "app/cli/names.h"
#include "app/cli/terminal_text.h"
#include "app/workspace/answer_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace lectern::cli {

namespace {

std::string engineOf(const ReadingReport& reading) {
  if (reading.engine == "extractive") return "Quotations from your documents, no model";
  if (reading.engine == "outline") return "The central sentences of each section, no model";
  return fmt::format("Answered by {}", oneLine(reading.engine));
}

/// "read 3 pages of 2 documents", or what a search chose of them.
std::string readingOf(const ReadingReport& reading) {
  const std::string pages = fmt::format("{} of {}", counted(reading.pagesRead, "page"),
                                        counted(reading.documents, "document"));
  std::string read = fmt::format("read {}", pages);
  if (reading.shortlisted) {
    read = fmt::format("searched {}, read {} of {}", pages, reading.segmentsShown,
                       counted(reading.segments, "sentence"));
  }
  if (reading.tokensShown > 0) read += fmt::format(" · {}", counted(reading.tokensShown, "token"));
  if (reading.tokensKept > 0) {
    read += reading.tokensKept == reading.tokensShown
                ? ", read before"
                : fmt::format(", {} of them read before", reading.tokensKept);
  }
  return read;
}

/// What is not searched yet: "1 document not searched, read up to page 3 of 12".
std::string unfinishedOf(const ReadingReport& reading) {
  const std::string documents = counted(reading.unfinished, "document");
  if (reading.unfinished == 1) {
    return fmt::format("{} not searched, read up to page {} of {}", documents,
                       reading.unfinishedRead, reading.unfinishedPages);
  }
  return fmt::format("{} not searched, {} of {} pages of them read", documents,
                     reading.unfinishedRead, reading.unfinishedPages);
}

std::string_view cutOffOf(AnswerEnd end) {
  switch (end) {
    case AnswerEnd::Whole:
      return {};
    case AnswerEnd::TokenLimit:
      return "cut off at the longest answer that was allowed (--max-tokens)";
    case AnswerEnd::WindowFull:
      return "cut off where the window of the model is full";
    case AnswerEnd::Stopped:
      return "cut off where it was stopped";
  }
  return {};
}

std::string pageRange(int first, int last) {
  return first == last ? fmt::format("page {}", first) : fmt::format("pages {}-{}", first, last);
}

std::string headerOf(const Finished& finished) {
  const ReadingReport& reading = finished.reading;
  if (const SectionPlace& section = reading.section; section.number > 0) {
    return fmt::format("Section {} of {}, {} · {}", section.number, section.count,
                       pageRange(section.firstPage, section.lastPage), engineOf(reading));
  }
  std::string header = finished.found          ? engineOf(reading)
                       : reading.pagesRead > 0 ? "Not in your documents"
                                               : "Nothing was searched";
  if (!finished.found && reading.pagesRead > 0 && reading.engine != "extractive") {
    header += fmt::format(", says {}", oneLine(reading.engine));
  }
  if (reading.documents > 0) header += " · " + readingOf(reading);
  if (reading.unfinished > 0) header += " · " + unfinishedOf(reading);
  if (reading.pagesUnread > 0) {
    header += fmt::format(" · {} without readable text", counted(reading.pagesUnread, "page"));
  }
  if (finished.end != AnswerEnd::Whole) header += fmt::format(" · {}", cutOffOf(finished.end));
  return header;
}

std::string_view claimText(const Answer& answer, const Claim& claim) {
  return std::string_view(answer.text)
      .substr(static_cast<size_t>(claim.span.begin), static_cast<size_t>(claim.span.length()));
}

/// "related; missing: 2019", and nothing of a claim that holds.
std::string doubtOf(const Claim& claim) {
  if (claim.grade == Grade::Verbatim || claim.grade == Grade::Matched) return {};
  std::string doubt = fmt::format(" ({}", toString(claim.grade));
  for (size_t i = 0; i < claim.missing.size(); ++i) {
    doubt += (i == 0 ? "; missing: " : ", ") + oneLine(claim.missing[i]);
  }
  return doubt + ")";
}

Result<std::string> footnote(Library& library,
                             const Citation& citation,
                             std::optional<CitationId> id) {
  const std::string title = TRY(library.revision(citation.revision)).document.title;
  const std::string label = TRY(library.page(citation.revision, citation.page)).page.label;
  return fmt::format("{}, {}{}", oneLine(title), pageName(citation.page, oneLine(label)),
                     id ? ": " + nameOf(*id) : "");
}

/// Body and footnotes grow together.
struct Printed {
  explicit Printed(const Streams& to) : streams(to), style(to.styled) {}

  const Streams& streams;
  Style style;
  int number = 0;
  std::string footnotes;

  Result<std::string> mark(Library& library,
                           const Citation& citation,
                           std::optional<CitationId> id,
                           std::string_view doubt) {
    ++number;
    footnotes += style.faint(withoutLineEnd(wrapped(
                     fmt::format("[{}] {}{}", number, TRY(footnote(library, citation, id)), doubt),
                     streams.outColumns, 0))) +
                 '\n';
    return fmt::format(" [{}]", number);
  }

  static std::string withoutLineEnd(std::string line) {
    line.pop_back();
    return line;
  }
};

/// The claim's words: what stands in quotation marks comes from the citations, which are cut from
/// the documents, whatever the answer's text says.
std::string shownText(const Answer& answer, const Claim& claim) {
  const bool quoted = !claim.citations.empty() &&
                      std::ranges::all_of(claim.citations, [](const Citation& citation) {
                        return citation.method == CitationMethod::Quote;
                      });
  if (!quoted) return oneLine(claimText(answer, claim));
  std::string quote;
  for (const Citation& citation : claim.citations) quote += ' ' + citation.quote;
  return inQuotes(quote);
}

/// Sentences of one line of the answer stand on one line.
bool beginsLine(const Answer& answer, size_t claim) {
  if (claim == 0) return false;
  const auto from = static_cast<size_t>(answer.claims[claim - 1].span.end);
  const auto to = static_cast<size_t>(answer.claims[claim].span.begin);
  return std::string_view(answer.text).substr(from, to - from).find('\n') != std::string_view::npos;
}

/// What stands between the last claim and this one, where that is more than white space: the
/// heading of a summary's section, without its marks.
std::string headingBefore(const Answer& answer, size_t claim) {
  const int64_t from = claim == 0 ? 0 : answer.claims[claim - 1].span.end;
  const auto between = std::string_view(answer.text)
                           .substr(static_cast<size_t>(from),
                                   static_cast<size_t>(answer.claims[claim].span.begin - from));
  std::string heading;
  for (const char c : between) {
    if (c != '\\' && c != '#') heading += c;
  }
  return answer.finished.reading.engine == "outline" ? oneLine(heading) : std::string();
}

Result<void> printClaims(Library& library,
                         const Answer& answer,
                         CitationNames& names,
                         Printed& printed) {
  std::string line;
  const auto flush = [&] {
    if (!line.empty()) printed.streams.out << wrapped(line, printed.streams.outColumns, 0) << '\n';
    line.clear();
  };
  for (size_t i = 0; i < answer.claims.size(); ++i) {
    const Claim& claim = answer.claims[i];
    if (beginsLine(answer, i)) flush();
    if (const std::string heading = headingBefore(answer, i); !heading.empty()) {
      flush();
      printed.streams.out << wrapped(heading, printed.streams.outColumns, 0);
    }
    line += (line.empty() ? "" : " ") + shownText(answer, claim);
    for (const Citation& citation : claim.citations) {
      line += TRY(printed.mark(library, citation, names.next(), doubtOf(claim)));
    }
    if (claim.grade == Grade::Uncited) line += " [no source found]";
  }
  if (answer.claims.empty()) line = "The model wrote no answer.";
  flush();
  return {};
}

Result<void> printNearest(Library& library,
                          const Answer& answer,
                          CitationNames& names,
                          Printed& printed) {
  if (answer.finished.nearest.empty()) return {};
  printed.streams.out << "The nearest passages:\n\n";
  for (const NearestPassage& near : answer.finished.nearest) {
    std::string line = inQuotes(near.citation.quote);
    line += TRY(printed.mark(library, near.citation, names.next(), ""));
    printed.streams.out << wrapped(line, printed.streams.outColumns, 0) << '\n';
  }
  return {};
}

}  // namespace

void Answer::take(const AnswerEvent& event) {
  if (const auto* more = std::get_if<Text>(&event)) text += more->utf8;
  if (const auto* cited = std::get_if<Cited>(&event)) claims.push_back(cited->claim);
  if (const auto* end = std::get_if<Finished>(&event)) finished = *end;
}

Result<void> printAnswer(Library& library, const Answer& answer, const Streams& streams) {
  Printed printed(streams);
  CitationNames names(answer.store.citations);
  streams.out << printed.style.bold(Printed::withoutLineEnd(
                     wrapped(headerOf(answer.finished), streams.outColumns, 0)))
              << "\n\n";
  if (answer.finished.found || answer.finished.reading.pagesRead == 0) {
    TRY(printClaims(library, answer, names, printed));
  } else {
    TRY(printNearest(library, answer, names, printed));
  }
  streams.out << printed.footnotes;
  return {};
}

Result<Json> answerJson(Library& library, const Answer& answer) {
  CitationNames names(answer.store.citations);
  Json claims = Json::array();
  for (const Claim& claim : answer.claims) {
    Json citations = Json::array();
    for (const Citation& citation : claim.citations) {
      citations.push_back(TRY(citationJson(library, citation, names.next())));
    }
    claims.push_back({{"text", claimText(answer, claim)},
                      {"grade", toString(claim.grade)},
                      {"coverage", claim.coverage},
                      {"missing", claim.missing},
                      {"citations", std::move(citations)}});
  }
  Json nearest = Json::array();
  for (const NearestPassage& near : answer.finished.nearest) {
    nearest.push_back(TRY(citationJson(library, near.citation, names.next())));
  }
  const ReadingReport& reading = answer.finished.reading;
  Json read;
  visitReading(reading, [&read](const char* name, const auto& value) { read[name] = value; });
  if (reading.section.number > 0) {
    visitSection(reading.section,
                 [&read](const char* name, int value) { read["section"][name] = value; });
  }
  const StoreReport& store = answer.store;
  return Json{
      {"schema", "lectern-cli/ask/1"},
      {"question", answer.question},
      {"found", answer.finished.found},
      {"engine", reading.engine},
      {"reading", std::move(read)},
      {"end", toString(answer.finished.end)},
      {"thoughtTokens", answer.finished.thoughtTokens},
      {"notice", answer.finished.notice},
      {"text", answer.text},
      {"claims", std::move(claims)},
      {"nearest", std::move(nearest)},
      {"conversation", store.conversation ? Json(nameOf(*store.conversation)) : Json(nullptr)},
      {"stored", store.message.has_value()},
      {"notStoredBecause", store.notStored ? store.notStored->message : ""}};
}

}  // namespace lectern::cli
