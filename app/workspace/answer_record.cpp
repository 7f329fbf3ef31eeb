// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/answer_record.h"

#include "core/answer/scope.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace lectern {

namespace {

std::string headerOf(const Finished& finished) {
  const ReadingReport& reading = finished.reading;
  nlohmann::ordered_json header{{"engine", reading.engine}, {"found", finished.found}};
  visitReading(reading, [&](const char* name, const auto& value) { header[name] = value; });
  if (reading.section.number > 0) {
    visitSection(reading.section,
                 [&](const char* name, int value) { header["section"][name] = value; });
  }
  header["thoughtTokens"] = finished.thoughtTokens;
  header["end"] = toString(finished.end);
  return header.dump();
}

// A header of another version, or one that was damaged, tells what it can.
template <class Value>
void read(const nlohmann::json& header, const char* name, Value& value) {
  const auto member = header.find(name);
  if (member == header.end()) return;
  if constexpr (std::is_same_v<Value, std::string>) {
    if (member->is_string()) value = member->get<std::string>();
  } else if constexpr (std::is_same_v<Value, bool>) {
    if (member->is_boolean()) value = member->get<bool>();
  } else {
    if (member->is_number_integer()) value = member->get<Value>();
  }
}

Finished finishedOf(std::string_view headerText) {
  Finished finished;
  const nlohmann::json header = nlohmann::json::parse(headerText, nullptr, false);
  if (!header.is_object()) return finished;
  ReadingReport& reading = finished.reading;
  read(header, "engine", reading.engine);
  read(header, "found", finished.found);
  visitReading(reading, [&](const char* name, auto& value) { read(header, name, value); });
  if (const auto section = header.find("section"); section != header.end()) {
    visitSection(reading.section,
                 [&](const char* name, int& value) { read(*section, name, value); });
  }
  read(header, "thoughtTokens", finished.thoughtTokens);
  std::string end;
  read(header, "end", end);
  for (const AnswerEnd one :
       {AnswerEnd::Whole, AnswerEnd::TokenLimit, AnswerEnd::WindowFull, AnswerEnd::Stopped}) {
    if (toString(one) == end) finished.end = one;
  }
  return finished;
}

}  // namespace

void AnswerRecorder::take(const AnswerEvent& event) {
  if (const auto* text = std::get_if<Text>(&event)) record_.text += text->utf8;
  if (const auto* cited = std::get_if<Cited>(&event)) record_.claims.push_back(cited->claim);
  if (const auto* finished = std::get_if<Finished>(&event)) finished_ = *finished;
  if (const auto* failed = std::get_if<Failed>(&event)) failed_ = failed->error;
}

Result<MessageRecord> AnswerRecorder::finish() {
  if (failed_) return *failed_;
  if (!finished_) return Error{ErrorCode::Internal, "The answer ended without a word."};
  record_.role = MessageRecord::Role::Assistant;
  if (!finished_->found) recordNearest();
  record_.header = headerOf(*finished_);
  return std::move(record_);
}

void AnswerRecorder::recordNearest() {
  if (record_.claims.empty()) {
    record_.text = notFoundText(finished_->reading);
    record_.claims.emplace_back().span = {0, static_cast<int64_t>(record_.text.size())};
  }
  Claim& claim = record_.claims.back();
  claim.grade = Grade::NotFound;
  for (const NearestPassage& near : finished_->nearest) claim.citations.push_back(near.citation);
}

std::vector<AnswerEvent> eventsOf(const MessageRecord& answer) {
  std::vector<AnswerEvent> events = {Text{answer.text}};
  Finished finished = finishedOf(answer.header);
  for (const Claim& claim : answer.claims) {
    Cited cited{claim};
    if (claim.grade == Grade::NotFound) {
      for (Citation& near : cited.claim.citations)
        finished.nearest.push_back({std::move(near), ""});
      cited.claim.citations.clear();
    }
    events.emplace_back(std::move(cited));
  }
  events.emplace_back(std::move(finished));
  return events;
}

}  // namespace lectern
