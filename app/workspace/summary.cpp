// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/answer_record.h"
#include "app/workspace/workspace.h"
#include "core/answer/scope.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace lectern {

namespace {

/// A heading is words of a document, and so no Markdown whatever it contains.
std::string escaped(std::string_view words) {
  std::string text;
  for (const char c : words) {
    if (std::string_view("\\`*_[]<>&#~!|").find(c) != std::string_view::npos) text += '\\';
    text += c == '\n' ? ' ' : c;
  }
  return text;
}

/// Tells a summary as the events of an answer.
class SummaryTeller {
 public:
  explicit SummaryTeller(const AnswerSink& sink) : sink_(sink) {}

  /// Said once a section of it is.
  void document(std::string_view title) { title_ = fmt::format("## {}\n\n", escaped(title)); }

  void section(const SectionSummary& section) {
    if (section.sentences.empty()) return;
    if (!title_.empty()) say(std::exchange(title_, {}));
    std::string heading;
    for (const std::string& part : section.headingPath) {
      heading += (heading.empty() ? "" : " › ") + escaped(part);
    }
    if (!heading.empty()) say(fmt::format("### {}\n\n", heading));
    for (const Citation& sentence : section.sentences) {
      Claim claim;
      claim.span = {bytes_, bytes_ + static_cast<int64_t>(sentence.quote.size())};
      claim.grade = Grade::Verbatim;
      claim.coverage = 1;
      claim.citations = {sentence};
      say(sentence.quote);
      sink_(Cited{std::move(claim)});
      say("\n\n");
    }
  }

 private:
  void say(const std::string& text) {
    bytes_ += static_cast<int64_t>(text.size());
    sink_(Text{text});
  }

  const AnswerSink& sink_;
  std::string title_;
  int64_t bytes_ = 0;
};

}  // namespace

Result<Summary> Workspace::summary(const std::vector<RevisionId>& scope,
                                   const OutlineOptions& options,
                                   const AnswerSink& sink,
                                   std::stop_token stop) {
  Summary summary;
  AnswerRecorder recorder;
  const AnswerSink both = [&](const AnswerEvent& event) {
    recorder.take(event);
    if (sink) sink(event);
  };
  SummaryTeller teller(both);
  const Scope read = TRY(readScope(*library_, scope));
  Finished finished;
  finished.reading = read.reading;
  finished.reading.engine = "outline";
  finished.found = false;
  for (size_t i = 0; i < scope.size() && !summary.stopped; ++i) {
    // A document is as much of the whole as any other.
    constexpr int64_t kParts = 1000;
    const auto total = static_cast<int64_t>(scope.size()) * kParts;
    const auto before = static_cast<int64_t>(i) * kParts;
    both(Prefilling{before, total});
    DocumentSummary& document = summary.documents.emplace_back();
    document.revision = scope[i];
    if (scope.size() > 1) teller.document(read.titles[i]);
    const auto told = summarizeOutline(*library_, scope[i], options, stop,
                                       [&](const SectionSummary& section, int done, int sections) {
                                         teller.section(section);
                                         if (!section.sentences.empty())
                                           document.sections.push_back(section);
                                         both(Prefilling{before + kParts * done / sections, total});
                                       });
    finished.found = finished.found || !document.sections.empty();
    if (told || told.error().code == ErrorCode::NotFound) continue;
    if (told.error().code != ErrorCode::Cancelled || !finished.found) return told.error();
    summary.stopped = true;
    finished.end = AnswerEnd::Stopped;
  }
  summary.found = finished.found;
  if (!summary.found) return summary;
  both(finished);
  summary.record = TRY(recorder.finish());
  return summary;
}

Result<SummaryReport> Workspace::summarize(const std::vector<RevisionId>& scope,
                                           const OutlineOptions& options,
                                           std::stop_token stop) {
  Summary made = TRY(summary(scope, options, {}, std::move(stop)));
  if (made.stopped) return Error{ErrorCode::Cancelled, "The summary was cancelled."};
  SummaryReport report{std::move(made.documents), {}};
  std::string titles;
  for (const DocumentSummary& document : report.documents) {
    titles +=
        (titles.empty() ? "" : ", ") + TRY(library_->revision(document.revision)).document.title;
  }
  if (made.found) report.store = store(fmt::format("Summary of {}", titles), scope, made.record);
  return report;
}

}  // namespace lectern
