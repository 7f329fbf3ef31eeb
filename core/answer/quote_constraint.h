// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/suffix_array.h"
#include "core/context/context.h"
#include "core/engine/sampler.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace lectern {

/// Where quotations can begin in a context, and how they go on. Immutable; made once a context.
/// Thread: any.
class QuoteSource {
 public:
  /// The context must have been encoded with that tokenizer.
  QuoteSource(std::shared_ptr<const Context> context, const text::Tokenizer& tokenizer);

  [[nodiscard]] const Context& context() const { return *context_; }

 private:
  friend class QuoteConstraint;

  /// The first token of a segment often has the space before it in it (" The"); where a quotation
  /// begins, a model may write it without ("The").
  struct Bare {
    int32_t token = 0;
    int32_t inContext = 0;
  };

  [[nodiscard]] int32_t segmentOf(int32_t position) const;
  [[nodiscard]] bool endsAt(int32_t position) const { return ends_[static_cast<size_t>(position)]; }

  std::shared_ptr<const Context> context_;
  /// Over the tokens of all segments, a border wherever two segments do not touch; sorted are only
  /// the places where a segment begins, behind white space that is a token of its own.
  SuffixArray starts_;
  std::vector<int32_t> firstSymbol_;  // of each segment
  std::vector<bool> ends_;            // whether a segment ends in front of a symbol
  std::vector<Bare> bare_;            // by token
};

/// How a model says that a quotation begins and ends, and when to give one up. Any vocabulary will
/// do: of several tokens the first one is chosen by the model and the others follow by force.
struct QuoteOptions {
  std::vector<int32_t> open;       ///< at least one token
  std::vector<int32_t> close;      ///< at least one token
  std::vector<int32_t> notFound;   ///< the answer that there is none; empty: the model has no such
  std::vector<int32_t> endTokens;  ///< possible as soon as a quotation was made, or was given up
  /// Tokens of free text before each quotation and after the last; 0: quotations only. With free
  /// text the first tokens of `open` and `notFound` must be such as no text begins with.
  int maxLeadTokens = 0;
  int maxQuotations = 16;  ///< begun ones
  /// A model that puts less than this on what the text offers wants to leave it: the quotation
  /// closes where a segment ends, and is given up elsewhere.
  double leaveMass = 0.05;
  double leaveBest = 0.9;  ///< likewise where a token that the text does not offer has more
  /// Less than this at the first token: what the model wants to say stands nowhere.
  double abandonMass = 1e-3;
};

/// What a token of an answer belongs to.
enum class AnswerPart : uint8_t { Lead, Open, Quotation, Close, NotFound };

/// A quotation: one contiguous range of one document, from the beginning of a segment to the end of
/// a segment. Its words are cut from `bytes`; what the model wrote is not looked at again.
struct Quotation {
  int32_t firstSegment = 0;  ///< index into Context::segments
  int32_t lastSegment = 0;   ///< included
  int32_t item = 0;          ///< index into Context::items
  TextSpan tokens;           ///< [begin, end) in Context::tokens
  TextSpan bytes;            ///< [begin, end) in the item's revision
  int32_t places = 1;  ///< where the same tokens stand from a segment's begin to a segment's end;
                       ///< this is the first
  /// Over the tokens that the model chose: mean of the probability of all that the text offered,
  /// and mean of the logarithm of the chosen token's. Tokens without a choice are no evidence.
  double keptMass = 0;
  double meanLogProbability = 0;
  int chosenTokens = 0;
  bool abandoned = false;  ///< given up midway: nothing to show; ranges and segments are empty
};

/// Decodes answers whose quotations cannot be wrong (citations.md 1.6):
///
///   answer    := (lead? quotation)+ lead? | notFound
///   quotation := open  tokens of one contiguous range of a document, whole segments  close
///
/// Within a quotation only tokens may come with which some place goes on that agrees with what was
/// copied so far, and `close` where a segment ends. What only one token can continue is forced, so
/// that it is read in batches; nothing of it counts as evidence. An answer that is cut short inside
/// a quotation leaves that out of `quotations`. Not found is possible until the first quotation;
/// when one was given up and no free text is allowed, it is forced. Thread: one at a time.
class QuoteConstraint final : public TokenConstraint {
 public:
  QuoteConstraint(std::shared_ptr<const QuoteSource> source, QuoteOptions options);

  std::optional<std::vector<int32_t>> allowed() override;
  void filter(std::vector<TokenProb>& candidates) override;
  std::vector<int32_t> forced() override;
  void accept(int32_t token) override;

  /// What the token belongs to that was accepted last.
  [[nodiscard]] AnswerPart part() const { return part_; }
  /// In the order in which they were closed; complete ones and given up ones.
  [[nodiscard]] const std::vector<Quotation>& quotations() const { return quotations_; }
  [[nodiscard]] bool saidNotFound() const { return saidNotFound_; }

 private:
  std::shared_ptr<const QuoteSource> source_;
  QuoteOptions options_;
  AnswerPart part_ = AnswerPart::Lead;
  std::vector<Quotation> quotations_;
  bool saidNotFound_ = false;
};

}  // namespace lectern
