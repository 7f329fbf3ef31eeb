// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/model_answerer.h"

#include "core/answer/answer_writer.h"
#include "core/answer/attention_evidence.h"
#include "core/answer/claim_grader.h"
#include "core/base/utf8.h"

#include <algorithm>
#include <cstddef>

namespace lectern {

namespace {

constexpr size_t kNominated = 16;  // segments that the model looked at

/// The tokens of an answer as they come: thoughts are counted, text goes to the writer, attention
/// is added up until a sentence ends.
class TokenReader {
 public:
  TokenReader(const AnswerModel& model,
              AnswerWriter& writer,
              AttentionEvidence& attention,
              const AnswerSink& sink)
      : writer_(writer),
        attention_(attention),
        sink_(sink),
        decoder_(model.tokenizer),
        vocabulary_(model.tokenizer->vocabSize()),
        thinks_(model.format.thinks) {
    if (const auto token = model.tokenizer->find("<think>")) opens_ = *token;
    if (const auto token = model.tokenizer->find("</think>")) closes_ = *token;
  }

  Result<void> take(const GeneratedToken& generated) {
    const int32_t token = generated.token;
    if (token == opens_ || token == closes_) {
      thinks_ = token == opens_;
      return {};
    }
    if (thinks_) {
      sink_(Thinking{++thoughts_});
      return {};
    }
    attention_.add(token, generated.mass);
    // A model may have more rows than its tokenizer has tokens; these say nothing.
    if (token < vocabulary_) TRY(writer_.write(decoder_.push(token)));
    return {};
  }

  Result<void> finish() {
    TRY(writer_.write(decoder_.finish()));
    return writer_.finish();
  }

  [[nodiscard]] int64_t thoughts() const { return thoughts_; }

 private:
  AnswerWriter& writer_;
  AttentionEvidence& attention_;
  const AnswerSink& sink_;
  text::StreamingDecoder decoder_;
  int64_t vocabulary_;
  int32_t opens_ = -1;
  int32_t closes_ = -1;
  bool thinks_;
  int64_t thoughts_ = 0;
};

AnswerEnd endOf(GenerateEnd end) {
  switch (end) {
    case GenerateEnd::MaxTokens:
      return AnswerEnd::TokenLimit;
    case GenerateEnd::WindowFull:
      return AnswerEnd::WindowFull;
    case GenerateEnd::EndToken:
    case GenerateEnd::Constraint:
      break;
  }
  return AnswerEnd::Whole;
}

// All heads count alike: none of them was measured.
std::vector<float> uniformWeights(const ModelConfig& config) {
  const int64_t heads = config.attentionLayers() * config.numAttentionHeads;
  return std::vector<float>(static_cast<size_t>(heads), 1.0F / static_cast<float>(heads));
}

std::vector<int32_t> turnEnds(const AnswerModel& model) {
  const bool first = model.format.family == text::TemplateFamily::Jamba1;
  if (model.format.family == text::TemplateFamily::None) return {};
  const auto token = model.tokenizer->find(first ? "<|eom|>" : "<|im_end|>");
  return token ? std::vector<int32_t>{*token} : std::vector<int32_t>{};
}

int64_t answerRoom(const ModelAnswerOptions& options, const ChatFormat& format, int64_t window) {
  const int64_t wanted = options.maxTokens + (format.thinks ? options.maxThoughtTokens : 0);
  return std::min(wanted, window / 8);
}

Result<std::vector<NearestPassage>> nearestTo(Library& library,
                                              const Scope& scope,
                                              std::string_view text) {
  LibraryWeights weights(library);
  const Question question = analyzeQuestion(text, std::ref(weights));
  TRY(Result<void>(weights.status()));
  if (question.isEmpty()) return std::vector<NearestPassage>();
  const std::vector<Found> found = TRY(findCandidates(library, question, scope.revisions));
  std::vector<Candidate> candidates;
  candidates.reserve(found.size());
  for (const Found& one : found) candidates.push_back(one.candidate);
  return nearestPassages(library, scope, found, rank(question, candidates));
}

void sayNotFound(const AnswerSink& sink) {
  Claim claim;
  claim.grade = Grade::NotFound;
  claim.span = {0, static_cast<int64_t>(kNotFoundText.size())};
  sink(Text{std::string(kNotFoundText)});
  sink(Cited{std::move(claim)});
}

}  // namespace

Result<States> ModelAnswerer::statesFor(const Context& context) {
  if (reading_ && !reading_->scope.empty()) {
    const std::vector<int32_t>& read = reading_->documents->context->tokens;
    const auto done = static_cast<size_t>(reading_->states.position());
    if (done <= context.tokens.size() &&
        std::equal(read.begin(), read.begin() + static_cast<std::ptrdiff_t>(done),
                   context.tokens.begin())) {
      return std::move(reading_->states);
    }
  }
  reading_.reset();  // its memory goes before the new one asks for some
  return model_.engine->newStates();
}

Result<std::vector<int32_t>> ModelAnswerer::prepare(const Scope& scope,
                                                    const ContextRequest& request,
                                                    const std::stop_token& stop) {
  const ContextReader reader(library_, scope, model_.tokenizer, request);
  if (reading_ && reading_->scope == scope.revisions &&
      reading_->instructions == request.instructions) {
    if (auto question = TRY(reader.questionBehind(*reading_->documents))) {
      return std::move(*question);
    }
  }
  auto documents = std::make_shared<DocumentContext>(TRY(reader.read(stop)));
  std::vector<int32_t> question = std::move(documents->question);
  States states = TRY(statesFor(*documents->context));
  reading_ =
      Reading{documents->reading.shortlisted ? std::vector<RevisionId>() : scope.revisions,
              request.instructions, documents,
              std::make_shared<const ContextIndex>(documents->segmentTexts), std::move(states)};
  return question;
}

// Each document begins a line of the grid, so that what is read behind it is the same to the bit
// whatever was read in one go.
Result<int64_t> ModelAnswerer::readOn(int64_t questionTokens,
                                      const AnswerSink& sink,
                                      const std::stop_token& stop) {
  const Context& context = *reading_->documents->context;
  States& states = reading_->states;
  const auto all = static_cast<int64_t>(context.tokens.size());
  const int64_t from = states.position();
  std::vector<int64_t> ends;
  for (const ContextItem& item : context.items) ends.push_back(item.tokens.begin);
  ends.push_back(all);
  const std::span<const int32_t> tokens(context.tokens);
  for (const int64_t end : ends) {
    const int64_t begin = states.position();
    if (end <= begin) continue;
    const bool atItem =
        std::any_of(context.items.begin(), context.items.end(),
                    [&](const ContextItem& item) { return item.tokens.begin == begin; });
    if (atItem) Engine::beginDocument(states);
    const Result<void> read = model_.engine->prefill(
        states, tokens.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)),
        [&](int64_t done) { sink(Prefilling{begin - from + done, all - from + questionTokens}); },
        stop);
    if (read) continue;
    // What was read until a stop is kept; after a fault the states are spent.
    if (read.error().code != ErrorCode::Cancelled) reading_.reset();
    return read.error();
  }
  return all - from;
}

Result<void> ModelAnswerer::tryAnswer(const std::string& question,
                                      const std::vector<RevisionId>& revisions,
                                      const ModelAnswerOptions& options,
                                      const AnswerSink& sink,
                                      const std::stop_token& stop) {
  Engine& engine = *model_.engine;
  Scope scope = TRY(readScope(library_, revisions));
  scope.reading.engine = model_.name;
  const int64_t window = engine.windowTokens();
  const std::vector<int32_t> asked =
      TRY(prepare(scope,
                  {model_.format, options.instructions, question, window,
                   answerRoom(options, model_.format, window)},
                  stop));
  const auto questionTokens = static_cast<int64_t>(asked.size());
  const int64_t read = TRY(readOn(questionTokens, sink, stop));
  States states = TRY(reading_->states.fork());
  Engine::beginDocument(states);
  TRY(engine.prefill(
      states, asked, [&](int64_t done) { sink(Prefilling{read + done, read + questionTokens}); },
      stop));

  const DocumentContext& documents = *reading_->documents;
  const ClaimGrader grader(library_, documents, *reading_->index);
  AttentionEvidence attention(*documents.context, *model_.tokenizer);
  AnswerWriter writer(sink, [&](std::string_view sentence) {
    return grader.grade(sentence, attention.take(kNominated));
  });
  TokenReader reader(model_, writer, attention, sink);
  GenerateOptions generate;
  generate.sampler = options.sampler;
  generate.maxTokens = options.maxTokens + (model_.format.thinks ? options.maxThoughtTokens : 0);
  generate.stopTokens = turnEnds(model_);
  generate.tapWeights = uniformWeights(engine.config());
  const Error enough{ErrorCode::Cancelled, "The model says that there is nothing."};
  const Result<GenerateEnd> end = engine.generate(
      states, generate,
      [&](const GeneratedToken& token) -> Result<void> {
        TRY(reader.take(token));
        if (writer.saidNotFound()) return enough;
        return {};
      },
      stop);
  const bool stopped = !end && end.error().code == ErrorCode::Cancelled && !writer.saidNotFound();
  if (!end && !writer.saidNotFound() && (!stopped || writer.isEmpty())) return end.error();
  TRY(reader.finish());

  Finished finished;
  finished.reading = documents.reading;
  finished.reading.engine = model_.name;
  finished.thoughtTokens = reader.thoughts();
  finished.end = stopped ? AnswerEnd::Stopped : end ? endOf(*end) : AnswerEnd::Whole;
  // A model that ends without a word has nothing to say either.
  const bool silent = writer.isEmpty() && finished.end == AnswerEnd::Whole;
  if (writer.saidNotFound() || silent) {
    finished.found = false;
    finished.nearest = TRY(nearestTo(library_, scope, question));
    sayNotFound(sink);
  }
  sink(std::move(finished));
  return {};
}

void ModelAnswerer::answer(std::string_view question,
                           const std::vector<RevisionId>& scope,
                           const ModelAnswerOptions& options,
                           const AnswerSink& sink,
                           std::stop_token stop) {
  const Result<void> answered = tryAnswer(utf8::repaired(question), scope, options, sink, stop);
  if (!answered.has_value()) sink(Failed{answered.error()});
}

}  // namespace lectern
