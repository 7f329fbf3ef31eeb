// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/quote_constraint.h"

#include "core/base/check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace lectern {

namespace {

bool contains(const std::vector<int32_t>& tokens, int32_t token) {
  return std::find(tokens.begin(), tokens.end(), token) != tokens.end();
}

bool beginsWith(const std::vector<int32_t>& tokens, int32_t token) {
  return !tokens.empty() && tokens.front() == token;
}

double massOf(const std::vector<TokenProb>& candidates) {
  double mass = 0;
  for (const TokenProb& candidate : candidates) mass += double{candidate.probability};
  return mass;
}

}  // namespace

QuoteConstraint::QuoteConstraint(std::shared_ptr<const QuoteSource> source, QuoteOptions options)
    : source_(std::move(source)), options_(std::move(options)) {
  LECTERN_CHECK(!options_.open.empty() && !options_.close.empty());
}

bool QuoteConstraint::mayOpen() const {
  return state_ == State::Lead && source_->canBegin() &&
         quotations_.size() < static_cast<size_t>(std::max(0, options_.maxQuotations));
}

bool QuoteConstraint::maySayNotFound() const {
  return state_ == State::Lead && quotations_.empty() && !options_.notFound.empty();
}

bool QuoteConstraint::mayEnd() const {
  return state_ == State::Finished || !quotations_.empty() || !mayOpen();
}

bool QuoteConstraint::mayCome(int32_t token) const {
  if (contains(options_.endTokens, token)) return mayEnd();
  if (state_ == State::Finished) return false;
  if (beginsWith(options_.open, token)) return mayOpen();
  if (beginsWith(options_.notFound, token)) return maySayNotFound();
  return leadTokens_ < options_.maxLeadTokens;
}

std::optional<std::vector<int32_t>> QuoteConstraint::allowed() {
  std::vector<int32_t> tokens;
  if (state_ == State::Quoting) {
    following_ = source_->following(copied_);
    tokens = following_;
    tokens.push_back(options_.close.front());
  } else if (state_ == State::Lead && leadTokens_ < options_.maxLeadTokens) {
    return std::nullopt;
  } else {
    tokens = options_.endTokens;
    tokens.push_back(options_.open.front());
    if (!options_.notFound.empty()) tokens.push_back(options_.notFound.front());
    std::erase_if(tokens, [this](int32_t token) { return !mayCome(token); });
  }
  std::sort(tokens.begin(), tokens.end());
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  return tokens;
}

void QuoteConstraint::filter(std::vector<TokenProb>& candidates) {
  if (state_ == State::Quoting) return filterQuotation(candidates);
  std::erase_if(candidates, [this](const TokenProb& c) { return !mayCome(c.token); });
}

void QuoteConstraint::filterQuotation(std::vector<TokenProb>& candidates) {
  const int32_t closing = options_.close.front();
  const std::vector<TokenProb> all = candidates;
  std::erase_if(candidates, [&](const TokenProb& c) {
    return !(canEnd_ && c.token == closing) &&
           !std::binary_search(following_.begin(), following_.end(), c.token);
  });
  const double mass = massOf(candidates);
  if (copied_.tokens == 0) {
    leaving_ = mass < options_.abandonMass;
  } else {
    const bool bestStays = !candidates.empty() && candidates.front().token == all.front().token;
    leaving_ = mass < options_.leaveMass ||
               (!bestStays && double{all.front().probability} > options_.leaveBest);
  }
  if (leaving_) {
    candidates = all;
    std::erase_if(candidates, [closing](const TokenProb& c) { return c.token != closing; });
  }
  offered_ = candidates;
}

std::vector<int32_t> QuoteConstraint::forced() {
  if (state_ == State::Marking) return markRest_;
  // At the first token the model is asked even where there is only one: it may not want it.
  if (state_ == State::Quoting && copied_.tokens > 0) return source_->determined(copied_);
  return {};
}

void QuoteConstraint::accept(int32_t token) {
  switch (state_) {
    case State::Lead:
      if (mayOpen() && beginsWith(options_.open, token)) {
        part_ = AnswerPart::Open;
        mark(AnswerPart::Open, options_.open, 1, State::Quoting);
      } else if (maySayNotFound() && beginsWith(options_.notFound, token)) {
        saidNotFound_ = true;
        part_ = AnswerPart::NotFound;
        mark(AnswerPart::NotFound, options_.notFound, 1, State::Finished);
      } else {
        ++leadTokens_;
        part_ = AnswerPart::Lead;
      }
      break;
    case State::Marking:
      LECTERN_CHECK(token == markRest_.front());
      markRest_.erase(markRest_.begin());
      part_ = markPart_;
      if (markRest_.empty()) enter(afterMark_);
      break;
    case State::Quoting:
      if (token == options_.close.front() && (canEnd_ || leaving_)) {
        close();
      } else {
        copy(token);
      }
      break;
    case State::GivenUp:
    case State::Finished:
      part_ = AnswerPart::Lead;
      break;
  }
}

void QuoteConstraint::enter(State state) {
  state_ = state;
  leadTokens_ = 0;
  if (state == State::Quoting) {
    copied_ = source_->begin();
    canEnd_ = leaving_ = false;
    offered_.clear();
    evidence_ = {};
  } else if (state == State::GivenUp) {
    const bool any = std::any_of(quotations_.begin(), quotations_.end(),
                                 [](const Quotation& quotation) { return !quotation.abandoned; });
    saidNotFound_ = !any && !options_.notFound.empty();
    mark(AnswerPart::NotFound, options_.notFound, saidNotFound_ ? 0 : options_.notFound.size(),
         State::Finished);
  }
}

void QuoteConstraint::mark(AnswerPart part,
                           const std::vector<int32_t>& tokens,
                           size_t from,
                           State after) {
  markPart_ = part;
  afterMark_ = after;
  markRest_.assign(tokens.begin() + static_cast<ptrdiff_t>(from), tokens.end());
  state_ = State::Marking;
  if (markRest_.empty()) enter(after);
}

void QuoteConstraint::copy(int32_t token) {
  if (!offered_.empty()) {
    const auto chosen = std::find_if(offered_.begin(), offered_.end(),
                                     [token](const TokenProb& c) { return c.token == token; });
    LECTERN_CHECK(chosen != offered_.end());
    ++evidence_.chosenTokens;
    evidence_.keptMass += massOf(offered_);
    evidence_.meanLogProbability +=
        std::log(std::max(double{chosen->probability}, double{std::numeric_limits<float>::min()}));
    offered_.clear();
  }
  copied_ = source_->then(copied_, token);
  LECTERN_CHECK(!copied_.places.empty());
  canEnd_ = source_->canEnd(copied_);
  leaving_ = false;
  part_ = AnswerPart::Quotation;
}

void QuoteConstraint::close() {
  if (canEnd_) {
    static_cast<QuotedRange&>(evidence_) = source_->range(copied_);
  } else {
    evidence_.abandoned = true;
  }
  const double chosen = std::max(1, evidence_.chosenTokens);
  evidence_.keptMass /= chosen;
  evidence_.meanLogProbability /= chosen;
  quotations_.push_back(evidence_);
  part_ = AnswerPart::Close;
  const bool goesOn = !evidence_.abandoned || options_.maxLeadTokens > 0;
  mark(AnswerPart::Close, options_.close, 1, goesOn ? State::Lead : State::GivenUp);
}

}  // namespace lectern
