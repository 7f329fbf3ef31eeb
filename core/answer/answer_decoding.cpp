// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/answer_decoding.h"

#include "core/answer/answer_writer.h"
#include "core/answer/attention_evidence.h"
#include "core/answer/citation_resolver.h"
#include "core/answer/claim_grader.h"

namespace lectern {

namespace {

constexpr size_t kNominated = 16;  // segments that the model looked at

// How a quotation is marked by a model that was never trained to; a text that begins with these
// letters is rare, and the constraint writes them.
constexpr std::string_view kOpen = "<quote>";
constexpr std::string_view kClose = "</quote>";

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

/// Says each quotation once it is closed.
class QuotationReader {
 public:
  QuotationReader(const AskedModel& asked,
                  const QuoteConstraint& constraint,
                  const AnswerSink& sink)
      : asked_(asked), constraint_(constraint), sink_(sink) {}

  Result<void> take() {
    for (; said_ < constraint_.quotations().size(); ++said_) {
      const Quotation& quotation = constraint_.quotations()[said_];
      if (!quotation.abandoned) TRY(say(quotation));
    }
    return {};
  }
  [[nodiscard]] bool isEmpty() const { return length_ == 0; }

 private:
  // What cannot be seen on its page is not quoted.
  Result<void> say(const Quotation& quotation) {
    const ContextItem& item = asked_.documents.context->items[static_cast<size_t>(quotation.item)];
    Result<Citation> citation =
        makeCitation(asked_.library, item.revision, quotation.bytes, CitationMethod::Quote);
    if (!citation) {
      if (citation.error().code == ErrorCode::NotFound) return {};
      return std::move(citation).error();
    }
    citation->coverage = 1;
    citation->score = quotation.keptMass;
    const std::string gap = length_ == 0 ? "" : "\n\n";
    Claim claim;
    claim.grade = Grade::Verbatim;
    claim.coverage = 1;
    claim.span.begin = length_ + static_cast<int64_t>(gap.size());
    claim.span.end = claim.span.begin + static_cast<int64_t>(citation->quote.size());
    length_ = claim.span.end;
    sink_(Text{gap + citation->quote});
    claim.citations.push_back(std::move(*citation));
    sink_(Cited{std::move(claim)});
    return {};
  }

  const AskedModel& asked_;
  const QuoteConstraint& constraint_;
  const AnswerSink& sink_;
  size_t said_ = 0;
  int64_t length_ = 0;
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

bool isCancelled(const Result<GenerateEnd>& end) {
  return !end && end.error().code == ErrorCode::Cancelled;
}

// All heads count alike: none of them was measured.
std::vector<float> uniformWeights(const ModelConfig& config) {
  const int64_t heads = config.attentionLayers() * config.numAttentionHeads;
  return std::vector<float>(static_cast<size_t>(heads), 1.0F / static_cast<float>(heads));
}

std::vector<int32_t> idsOf(const text::Tokenizer& tokenizer, std::string_view text) {
  std::vector<int32_t> ids;
  for (const text::Token& token : tokenizer.encode(text)) ids.push_back(token.id);
  return ids;
}

GenerateOptions generation(const AskedModel& asked) {
  GenerateOptions options;
  options.sampler = asked.sampler;
  options.maxTokens = asked.maxTokens;
  options.stopTokens = asked.model.turnEnds();
  return options;
}

}  // namespace

Result<Decoded> writeFreely(const AskedModel& asked,
                            const AnswerSink& sink,
                            const std::stop_token& stop) {
  const ClaimGrader grader(asked.library, asked.documents, asked.index);
  AttentionEvidence attention(*asked.documents.context, *asked.model.tokenizer);
  AnswerWriter writer(sink, [&](std::string_view sentence) {
    return grader.grade(sentence, attention.take(kNominated));
  });
  TokenReader reader(asked.model, writer, attention, sink);
  GenerateOptions options = generation(asked);
  options.tapWeights = uniformWeights(asked.model.engine->config());
  const Result<GenerateEnd> end = asked.model.engine->generate(
      asked.states, options,
      [&](const GeneratedToken& token) -> Result<void> {
        TRY(reader.take(token));
        if (writer.saidNotFound()) return Error{ErrorCode::Cancelled, "There is nothing to say."};
        return {};
      },
      stop);
  Decoded decoded;
  decoded.thoughtTokens = reader.thoughts();
  if (!writer.saidNotFound()) {
    if (!end && (!isCancelled(end) || writer.isEmpty())) return end.error();
    decoded.end = end ? endOf(*end) : AnswerEnd::Stopped;
    TRY(reader.finish());
  }
  // A model that ends without a word has nothing to say either.
  decoded.found = !writer.saidNotFound() && !(writer.isEmpty() && decoded.end == AnswerEnd::Whole);
  return decoded;
}

Result<Decoded> writeQuotations(const AskedModel& asked,
                                std::shared_ptr<const QuoteSource> source,
                                QuoteOptions quoting,
                                const AnswerSink& sink,
                                const std::stop_token& stop) {
  const text::Tokenizer& tokenizer = *asked.model.tokenizer;
  GenerateOptions options = generation(asked);
  quoting.open = idsOf(tokenizer, kOpen);
  quoting.close = idsOf(tokenizer, kClose);
  quoting.notFound = idsOf(tokenizer, kNotFoundWord);
  quoting.endTokens = options.stopTokens;
  for (const int64_t token : asked.model.engine->config().eosTokenIds) {
    quoting.endTokens.push_back(static_cast<int32_t>(token));
  }
  QuoteConstraint constraint(std::move(source), std::move(quoting));
  options.constraint = &constraint;
  QuotationReader reader(asked, constraint, sink);
  const Result<GenerateEnd> end = asked.model.engine->generate(
      asked.states, options, [&](const GeneratedToken&) { return reader.take(); }, stop);
  if (!end && (!isCancelled(end) || reader.isEmpty())) return end.error();
  Decoded decoded;
  decoded.end = end ? endOf(*end) : AnswerEnd::Stopped;
  decoded.found = !(reader.isEmpty() && decoded.end == AnswerEnd::Whole);
  return decoded;
}

}  // namespace lectern
