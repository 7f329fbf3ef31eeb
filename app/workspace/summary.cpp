// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/answer_record.h"
#include "app/workspace/workspace.h"
#include "core/answer/scope.h"

#include <fmt/format.h>

#include <algorithm>
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

/// Tells the sections of a summary, each as an answer of its own.
class SectionTeller {
 public:
  SectionTeller(const AnswerSink& sink,
                const std::function<void(MessageRecord)>& made,
                ReadingReport reading)
      : sink_(sink), made_(made) {
    finished_.reading = std::move(reading);
    finished_.reading.engine = "outline";
  }

  /// Said above the first of its sections.
  void document(std::string_view title) { title_ = fmt::format("## {}\n\n", escaped(title)); }

  Result<void> section(const SectionSummary& section, int number, int count) {
    recorder_ = {};
    bytes_ = 0;
    say(std::exchange(title_, {}));
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
      tell(Cited{std::move(claim)});
      say("\n\n");
    }
    finished_.reading.section = {number, count, section.firstPage, section.lastPage};
    tell(finished_);
    MessageRecord message = TRY(recorder_.finish());
    made_(std::move(message));
    return {};
  }

 private:
  void say(const std::string& text) {
    if (text.empty()) return;
    bytes_ += static_cast<int64_t>(text.size());
    tell(Text{text});
  }

  void tell(const AnswerEvent& event) {
    recorder_.take(event);
    if (sink_) sink_(event);
  }

  const AnswerSink& sink_;
  const std::function<void(MessageRecord)>& made_;
  AnswerRecorder recorder_;  // of the section
  int64_t bytes_ = 0;        // likewise
  std::string title_;
  Finished finished_;
};

}  // namespace

bool Summary::found() const {
  return std::ranges::any_of(
      documents, [](const DocumentSummary& document) { return !document.sections.empty(); });
}

Result<Summary> Workspace::summary(const std::vector<RevisionId>& scope,
                                   const OutlineOptions& options,
                                   const AnswerSink& sink,
                                   const std::function<void(MessageRecord)>& made,
                                   std::stop_token stop) {
  Summary summary;
  const Scope read = TRY(readScope(*library_, scope));
  SectionTeller teller(sink, made, read.reading);
  for (size_t i = 0; i < scope.size() && !summary.stopped; ++i) {
    // A document is as much of the whole as any other.
    constexpr int64_t kParts = 1000;
    const auto total = static_cast<int64_t>(scope.size()) * kParts;
    const auto before = static_cast<int64_t>(i) * kParts;
    const auto progress = [&](int64_t parts) {
      if (sink) sink(Prefilling{before + parts, total});
    };
    progress(0);
    DocumentSummary& document = summary.documents.emplace_back();
    document.revision = scope[i];
    if (!read.infos[i].sealed) continue;
    if (scope.size() > 1) teller.document(read.titles[i]);
    Result<void> recorded;
    const auto told = summarizeOutline(*library_, scope[i], options, stop,
                                       [&](const SectionSummary& section, int done, int sections) {
                                         if (!section.sentences.empty() && recorded) {
                                           document.sections.push_back(section);
                                           recorded = teller.section(section, done, sections);
                                         }
                                         progress(kParts * done / sections);
                                       });
    TRY(std::move(recorded));
    if (told || told.error().code == ErrorCode::NotFound) continue;
    if (told.error().code != ErrorCode::Cancelled || !summary.found()) return told.error();
    summary.stopped = true;
  }
  return summary;
}

Result<SummaryReport> Workspace::summarize(const std::vector<RevisionId>& scope,
                                           const OutlineOptions& options,
                                           std::stop_token stop) {
  std::vector<MessageRecord> messages;
  const auto keep = [&](MessageRecord message) { messages.push_back(std::move(message)); };
  Summary made = TRY(summary(scope, options, {}, keep, std::move(stop)));
  if (made.stopped) return Error{ErrorCode::Cancelled, "The summary was cancelled."};
  SummaryReport report{std::move(made.documents), {}};
  std::string titles;
  for (const DocumentSummary& document : report.documents) {
    titles +=
        (titles.empty() ? "" : ", ") + TRY(library_->revision(document.revision)).document.title;
  }
  for (size_t i = 0; i < messages.size(); ++i) {
    if (i == 0) {
      report.store = store(fmt::format("Summary of {}", titles), scope, messages[i]);
    } else {
      storeFurther(messages[i], report.store);
    }
  }
  if (!report.store.conversation) return report;
  report.store.citations.clear();
  for (const MessageRecord& stored : TRY(library_->messages(*report.store.conversation))) {
    report.store.citations.insert(report.store.citations.end(), stored.citationIds.begin(),
                                  stored.citationIds.end());
  }
  return report;
}

}  // namespace lectern
