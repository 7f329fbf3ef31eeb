// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/workspace.h"
#include "core/answer/extractive_answerer.h"
#include "core/base/utf8.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace lectern {

namespace {

constexpr std::string_view kNotFoundText = "The documents do not say it.";

/// The record that an answer's events amount to.
class Recorder {
 public:
  void take(const AnswerEvent& event) {
    if (const auto* text = std::get_if<Text>(&event)) record_.text += text->utf8;
    if (const auto* cited = std::get_if<Cited>(&event)) record_.claims.push_back(cited->claim);
    if (const auto* finished = std::get_if<Finished>(&event)) finished_ = *finished;
    if (const auto* failed = std::get_if<Failed>(&event)) failed_ = failed->error;
  }

  Result<MessageRecord> finish() {
    if (failed_) return *failed_;
    if (!finished_) return Error{ErrorCode::Internal, "The answer ended without a word."};
    record_.role = MessageRecord::Role::Assistant;
    if (!finished_->found) recordNearest();
    record_.header = headerOf(*finished_);
    return std::move(record_);
  }

 private:
  // The nearest places hang on the claim that nothing was found, so that they too have names.
  void recordNearest() {
    if (record_.claims.empty()) {
      record_.text = kNotFoundText;
      record_.claims.emplace_back().span = {0, static_cast<int64_t>(kNotFoundText.size())};
    }
    Claim& claim = record_.claims.back();
    claim.grade = Grade::NotFound;
    for (const NearestPassage& near : finished_->nearest) claim.citations.push_back(near.citation);
  }

  static std::string headerOf(const Finished& finished) {
    const ReadingReport& reading = finished.reading;
    return nlohmann::ordered_json{
        {"engine", reading.engine},           {"found", finished.found},
        {"documents", reading.documents},     {"pagesRead", reading.pagesRead},
        {"pagesUnread", reading.pagesUnread}, {"segments", reading.segments}}
        .dump();
  }

  MessageRecord record_;
  std::optional<Finished> finished_;
  std::optional<Error> failed_;
};

/// The first words of a question, as the conversation's title.
std::string titleOf(std::string_view question) {
  constexpr int64_t kMaxBytes = 80;
  if (static_cast<int64_t>(question.size()) <= kMaxBytes) return std::string(question);
  int64_t end = kMaxBytes;
  while (!utf8::isBoundary(question, end)) --end;
  return std::string(question.substr(0, static_cast<size_t>(end))) + "…";
}

}  // namespace

Result<StoreReport> Workspace::ask(std::string_view question,
                                   const std::vector<RevisionId>& scope,
                                   const AnswerSink& sink,
                                   std::stop_token stop) {
  Recorder recorder;
  answerExtractively(
      *library_, question, scope, ExtractiveOptions{},
      [&](const AnswerEvent& event) {
        recorder.take(event);
        if (sink) sink(event);
      },
      std::move(stop));
  return store(question, scope, TRY(recorder.finish()));
}

Result<SummaryReport> Workspace::summarize(const std::vector<RevisionId>& scope,
                                           const OutlineOptions& options,
                                           std::stop_token stop) {
  SummaryReport report;
  MessageRecord record;
  record.role = MessageRecord::Role::Assistant;
  record.header = nlohmann::ordered_json{{"engine", "outline"}, {"documents", scope.size()}}.dump();
  std::string titles;
  for (const RevisionId revision : scope) {
    titles += (titles.empty() ? "" : ", ") + TRY(library_->revision(revision)).document.title;
    Result<std::vector<SectionSummary>> sections =
        summarizeOutline(*library_, revision, options, stop);
    if (!sections && sections.error().code != ErrorCode::NotFound) {
      return std::move(sections).error();
    }
    report.documents.push_back(
        {revision, sections ? std::move(*sections) : std::vector<SectionSummary>{}});
    for (const SectionSummary& section : report.documents.back().sections) {
      for (const Citation& sentence : section.sentences) {
        const auto begin = static_cast<int64_t>(record.text.size());
        record.text += sentence.quote;
        Claim claim;
        claim.span = {begin, static_cast<int64_t>(record.text.size())};
        claim.grade = Grade::Verbatim;
        claim.coverage = 1;
        claim.citations = {sentence};
        record.claims.push_back(std::move(claim));
        record.text += '\n';
      }
    }
  }
  if (!record.claims.empty()) {
    report.store = store(fmt::format("Summary of {}", titles), scope, record);
  }
  return report;
}

StoreReport Workspace::store(std::string_view question,
                             const std::vector<RevisionId>& scope,
                             const MessageRecord& answer) {
  StoreReport report;
  if (!canWrite_) {
    report.notStored = Error{ErrorCode::Locked, readOnlyReason_};
    return report;
  }
  const auto stored = [&]() -> Result<void> {
    const ConversationId conversation = TRY(library_->newConversation(titleOf(question), scope));
    MessageRecord asked;
    asked.text = question;
    TRY(library_->addMessage(conversation, asked));
    report.message = TRY(library_->addMessage(conversation, answer));
    report.citations = TRY(library_->messages(conversation)).back().citationIds;
    return {};
  }();
  if (!stored) report.notStored = stored.error();
  return report;
}

}  // namespace lectern
