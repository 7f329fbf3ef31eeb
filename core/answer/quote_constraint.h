// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/quote_source.h"
#include "core/engine/sampler.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace lectern {

/// How a model says that a quotation begins and ends, and when to give one up. Any vocabulary will
/// do: of several tokens the first one is chosen by the model and the others follow by force.
struct QuoteOptions {
  std::vector<int32_t> open;      ///< at least one token
  std::vector<int32_t> close;     ///< at least one token
  std::vector<int32_t> notFound;  ///< the answer that there is none; empty: the model has no such
  /// Where Engine::generate ends; possible as soon as a quotation was made, or was given up.
  std::vector<int32_t> endTokens;
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
struct Quotation : QuotedRange {
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
  enum class State : uint8_t { Lead, Marking, Quoting, GivenUp, Finished };

  [[nodiscard]] bool mayOpen() const;
  [[nodiscard]] bool maySayNotFound() const;
  [[nodiscard]] bool mayEnd() const;
  [[nodiscard]] bool mayCome(int32_t token) const;  // outside a quotation
  void enter(State state);
  /// Forces the tokens of a mark, from the one at `from` on.
  void mark(AnswerPart part, const std::vector<int32_t>& tokens, size_t from, State after);
  void copy(int32_t token);
  void close();
  void filterQuotation(std::vector<TokenProb>& candidates);

  std::shared_ptr<const QuoteSource> source_;
  QuoteOptions options_;
  State state_ = State::Lead;
  AnswerPart part_ = AnswerPart::Lead;
  int leadTokens_ = 0;
  bool saidNotFound_ = false;
  std::vector<Quotation> quotations_;

  // What is still to come of a mark whose first token was chosen.
  std::vector<int32_t> markRest_;
  AnswerPart markPart_ = AnswerPart::Lead;
  State afterMark_ = State::Lead;

  // The quotation that is being made.
  QuoteSource::Copied copied_;
  std::vector<int32_t> following_;
  bool canEnd_ = false;
  bool leaving_ = false;
  std::vector<TokenProb> offered_;  // what the model chooses from; empty while tokens are forced
  Quotation evidence_;              // sums, not yet means
};

}  // namespace lectern
