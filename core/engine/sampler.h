// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace lectern {

/// A token that may come next.
struct TokenProb {
  int32_t token = 0;
  float logit = 0;
  float probability = 0;  ///< softmax over the whole vocabulary, before temperature and cuts
};

/// Says what may come next, token by token: quotations, grammars, choices.
class TokenConstraint {
 public:
  virtual ~TokenConstraint() = default;
  /// The tokens that may come next, rising, where it can name them: `filter` is then shown these
  /// and the most probable token of all. nullopt: it is shown the most probable ones, and the whole
  /// vocabulary where it leaves none of them.
  virtual std::optional<std::vector<int32_t>> allowed() { return std::nullopt; }
  /// Removes from `candidates`, which are sorted by falling probability, what may not come next;
  /// may reorder nothing.
  virtual void filter(std::vector<TokenProb>& candidates) = 0;
  /// Tokens that must come next, whatever the model thinks: they are read in one go and not
  /// sampled. Empty: none.
  virtual std::vector<int32_t> forced() = 0;
  virtual void accept(int32_t token) = 0;
};

/// How the next token is chosen. Applied in this order: repetition penalty (Keskar et al. 2019,
/// section 4.1), constraint, top-k, temperature, top-p (Holtzman et al. 2020), min-p (Nguyen et al.
/// 2024).
struct SamplerOptions {
  double temperature = 0;  ///< 0: the most probable token, the lower id on ties
  int topK = 0;            ///< 0: all
  double topP = 1;         ///< the smallest set of that mass; 1: all
  double minP = 0;         ///< least share of the best one's probability; 0: none
  double repetitionPenalty =
      1;  ///< positive logits are divided, negative ones multiplied by it; 1: none
  int repetitionWindow = 1024;  ///< how many of the last tokens it looks at
  uint64_t seed = 0;  ///< the same seed, logits and options give the same tokens on every machine
};

struct Sampled {
  int32_t token = -1;     ///< −1: the constraint leaves nothing
  float probability = 0;  ///< of the token, as in TokenProb
  float keptMass =
      0;  ///< probability of all that the constraint left of the candidates it was shown
};

/// Chooses tokens from logits. Thread: one at a time.
class Sampler {
 public:
  explicit Sampler(const SamplerOptions& options);

  /// `logits` are those of the whole vocabulary. `constraint` may be null.
  Sampled pick(std::span<const float> logits, TokenConstraint* constraint);
  /// Tells of a token that is part of the text from now on, sampled or forced.
  void accept(int32_t token);

 private:
  std::vector<TokenProb> distribution(std::span<const float> logits) const;
  double uniform();

  SamplerOptions options_;
  std::mt19937_64 random_;
  std::vector<int32_t> recent_;
};

}  // namespace lectern
