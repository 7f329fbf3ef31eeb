// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/context/finder_prompt.h"

#include "core/base/check.h"
#include "core/context/context_writer.h"

#include <fmt/format.h>

namespace lectern {

namespace {

Error unusable(std::string_view file, std::string_view cause) {
  return {ErrorCode::ModelUnusable, fmt::format("{} cannot be used: {}.", file, cause)};
}

/// Reads the members of layout.json; the first fault stays.
class Members {
 public:
  Members(const nlohmann::json& json, int64_t vocabulary, std::string_view file)
      : json_(json), vocabulary_(vocabulary), file_(file) {}

  void token(const char* name, int32_t& value) {
    whole(name, value);
    if (fault_.has_value() && (value < 0 || value >= vocabulary_)) {
      fault_ = unusable(file_, fmt::format("\"{}\" is no token of the vocabulary", name));
    }
  }
  void whole(const char* name, int32_t& value) {
    const auto at = json_.find(name);
    if (at == json_.end() || !at->is_number_integer() || at->get<int64_t>() < 0 ||
        at->get<int64_t>() > INT32_MAX) {
      if (fault_.has_value()) fault_ = unusable(file_, fmt::format("it has no \"{}\"", name));
      return;
    }
    value = at->get<int32_t>();
  }
  /// May be absent or null.
  void number(const char* name, double& value) {
    const auto at = json_.find(name);
    if (at == json_.end() || at->is_null()) return;
    if (at->is_number()) {
      value = at->get<double>();
    } else if (fault_.has_value()) {
      fault_ = unusable(file_, fmt::format("\"{}\" is no number", name));
    }
  }
  [[nodiscard]] const Result<void>& status() const { return fault_; }

 private:
  const nlohmann::json& json_;
  int64_t vocabulary_;
  std::string_view file_;
  Result<void> fault_;
};

}  // namespace

Result<FinderLayout> FinderLayout::parse(const nlohmann::json& json,
                                         const text::Tokenizer& tokenizer,
                                         std::string_view fileName) {
  if (!json.is_object()) return unusable(fileName, "it is no JSON object");
  const auto start = tokenizer.find("<|startoftext|>");
  if (!start) return unusable(fileName, "the vocabulary has no <|startoftext|>");
  FinderLayout layout;
  layout.start = *start;
  Members members(json, tokenizer.vocabSize(), fileName);
  members.token("question", layout.question);
  members.token("documents", layout.documents);
  members.token("end_documents", layout.endDocuments);
  members.token("ranked", layout.ranked);
  members.token("answer", layout.answer);
  members.token("not_found", layout.notFound);
  members.token("yes", layout.yes);
  members.token("no", layout.no);
  members.token("first_marker", layout.firstMarker);
  members.whole("markers", layout.markers);
  members.number("verdict_threshold", layout.verdictThreshold);
  members.number("guard_loss", layout.guardLoss);
  members.number("coverage_weight", layout.coverageWeight);
  members.number("bare_coverage_weight", layout.bareCoverageWeight);
  members.number("bare_loss", layout.bareLoss);
  members.number("further_threshold", layout.furtherThreshold);
  TRY(Result<void>(members.status()));
  if (layout.markers < 1 || layout.firstMarker > tokenizer.vocabSize() - layout.markers) {
    return unusable(fileName, "its markers are no tokens of the vocabulary");
  }
  return layout;
}

// The first markers are as good as any: training drew them anew for each prompt.
FinderPrompt finderPrompt(const FinderLayout& layout,
                          std::shared_ptr<const text::Tokenizer> tokenizer,
                          std::string_view question,
                          const std::vector<FinderSentence>& sentences,
                          FinderOrder order) {
  LECTERN_CHECK(static_cast<int64_t>(sentences.size()) <= layout.markers);
  const std::string asked = fmt::format(" {}", question);
  ContextWriter writer(std::move(tokenizer));
  FinderPrompt prompt;
  writer.token(layout.start);
  writer.token(layout.question);
  writer.plain(asked);
  writer.token(layout.documents);
  if (order == FinderOrder::Ranked) writer.token(layout.ranked);
  for (size_t i = 0; i < sentences.size(); ++i) {
    writer.openItem(sentences[i].revision);
    for (size_t part = 0; part < sentences[i].parts.size(); ++part) {
      writer.segment(sentences[i].parts[part], sentences[i].texts[part]);
    }
    prompt.markers.push_back(writer.tokens());
    prompt.markerTokens.push_back(layout.firstMarker + static_cast<int32_t>(i));
    writer.token(prompt.markerTokens.back());
    writer.closeItem();
  }
  writer.token(layout.endDocuments);
  writer.token(layout.question);
  writer.plain(asked);
  writer.token(layout.answer);
  prompt.context = writer.take();
  return prompt;
}

}  // namespace lectern
