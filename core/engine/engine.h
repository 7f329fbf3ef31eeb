// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/base/sha256.h"
#include "core/engine/devices.h"
#include "core/engine/model.h"
#include "core/engine/model_config.h"
#include "core/engine/sampler.h"
#include "core/engine/states.h"
#include "kernels/backend.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern {

/// Hears how far a long read is.
using ByteProgress = std::function<void(int64_t doneBytes, int64_t totalBytes)>;

struct EngineOptions {
  std::string backend;       ///< empty: $LECTERN_BACKEND, else the best of this machine
  int threads = 0;           ///< 0: one a physical core
  int64_t windowTokens = 0;  ///< longest sequence; 0: what the model was made for
  std::optional<kernels::DType> matrixType;  ///< see LoadOptions
  std::optional<kernels::DType> cacheType;   ///< of keys and values; see usualCacheType
  std::function<void(const std::string& placement)> placed;  ///< before loading; see placement()
  ByteProgress loading;
  std::filesystem::path packedFolder;  ///< see LoadOptions
};

struct GenerateOptions {
  SamplerOptions sampler;
  int64_t maxTokens = 1024;
  std::vector<int32_t> stopTokens;        ///< besides the model's own end tokens
  TokenConstraint* constraint = nullptr;  ///< not owned
  std::vector<float> tapWeights;          ///< see RunRequest
};

/// One token of an answer.
struct GeneratedToken {
  int32_t token = 0;
  float probability = 0;  ///< 1 of a forced token
  float keptMass = 1;     ///< see Sampled; 1 of a forced token
  bool forced = false;
  std::span<const float>
      mass;  ///< the evidence tap of the step that read this token; empty: not tapped
};

enum class GenerateEnd : uint8_t { EndToken, MaxTokens, WindowFull, Constraint };

/// A model that reads and writes: what everything above it uses. Thread: one at a time.
class Engine {
 public:
  /// Opens what ModelFolder opens. "cuda", and the choice of a card where none is asked for, means
  /// the first card where it holds the model, else all of them; what no card holds stays with the
  /// processor as `placement` says. Errors: ModelUnusable, OutOfMemory, Usage (no such backend),
  /// Cancelled.
  static Result<std::unique_ptr<Engine>> open(const std::filesystem::path& folder,
                                              const EngineOptions& options,
                                              std::stop_token stop);
  /// The same on a backend that is open already; `options.backend` is not looked at.
  static Result<std::unique_ptr<Engine>> open(const std::filesystem::path& folder,
                                              const EngineOptions& options,
                                              std::shared_ptr<kernels::Backend> backend,
                                              std::stop_token stop);
  /// The same on several, the first where it holds the model, else all of them.
  static Result<std::unique_ptr<Engine>> open(
      const std::filesystem::path& folder,
      const EngineOptions& options,
      const std::vector<std::shared_ptr<kernels::Backend>>& backends,
      std::stop_token stop);

  [[nodiscard]] const ModelConfig& config() const { return config_; }
  [[nodiscard]] int64_t windowTokens() const { return windowTokens_; }
  [[nodiscard]] kernels::DType cacheType() const { return cacheType_; }
  /// Of the first device; the name and the memory are those of all that compute layers:
  /// "cuda:0+cuda:1".
  [[nodiscard]] kernels::BackendProperties backend() const;
  /// What computes which layers and experts, and why not one device all of them: sentences for the
  /// user; empty where one does.
  [[nodiscard]] const std::string& placement() const { return placement_; }
  /// SHA-256 over config, weights and what else decides the numbers (element types, version): a
  /// saved state is good for exactly this, on every backend. To the bit as if it had never been
  /// left only on the one that made it; on others within what backends differ by.
  [[nodiscard]] const Sha256& modelHash() const { return modelHash_; }

  [[nodiscard]] const Weights& weights() const { return *weights_; }
  /// Device memory besides weights and states, as it was planned.
  [[nodiscard]] WorkingMemory workingMemory() const { return model_->workingMemory(); }

  [[nodiscard]] Result<States> newStates() const;
  /// As States::restore, for this model.
  [[nodiscard]] Result<States> restore(const SavedStates& saved,
                                       const std::stop_token& stop = {}) const;

  /// How many tokens are read in one pass.
  [[nodiscard]] int64_t chunkTokens() const { return model_->chunkTokens(); }
  /// Prefill splits at here + k · chunkTokens() from now on, however the tokens arrive, so
  /// that what is read again from a saved state is the same to the bit.
  static void beginDocument(States& states) { states.setGridOrigin(states.position()); }

  /// Reads tokens; afterwards `logits` are those of the last one. `progress` hears how many of them
  /// are done after each chunk. The memory of all that is read is taken first, so that chunks take
  /// none; where it is refused nothing is read. A stop is obeyed between chunks: the states then
  /// hold what was read until there. Errors: DoesNotFit before anything is read, naming both
  /// numbers; OutOfMemory, Cancelled, Internal; Usage for an id that the vocabulary does not have.
  Result<void> prefill(States& states,
                       std::span<const int32_t> tokens,
                       const std::function<void(int64_t done)>& progress,
                       std::stop_token stop);
  [[nodiscard]] std::span<const float> logits() const { return model_->logits(); }
  /// Logits of every token of `tokens` go to `sink`, [tokens, V] in pieces. For checks by outside
  /// programs.
  Result<void> allLogits(States& states,
                         std::span<const int32_t> tokens,
                         const std::function<Result<void>(std::span<const float>)>& sink,
                         std::stop_token stop);

  /// Writes behind what was read last (prefill must have left logits), calling `onToken` for each
  /// token once it is part of the states; end tokens are neither reported nor read. Stops within a
  /// token. Errors: as prefill, and what onToken returns.
  Result<GenerateEnd> generate(States& states,
                               const GenerateOptions& options,
                               const std::function<Result<void>(const GeneratedToken&)>& onToken,
                               std::stop_token stop);

 private:
  using OtherBackends = std::function<std::vector<std::shared_ptr<kernels::Backend>>()>;

  Engine() = default;
  static Result<std::unique_ptr<Engine>> openOn(const std::filesystem::path& folder,
                                                const EngineOptions& options,
                                                std::shared_ptr<kernels::Backend> first,
                                                const OtherBackends& others,
                                                std::stop_token stop);
  Result<void> checkTokens(const States& states, std::span<const int32_t> tokens) const;
  /// The tokens until the next line of the grid.
  [[nodiscard]] int64_t chunkSize(const States& states, int64_t remaining) const;

  ModelConfig config_;
  kernels::DType cacheType_ = kernels::DType::F32;
  int64_t windowTokens_ = 0;
  Sha256 modelHash_{};
  std::shared_ptr<const Weights> weights_;
  Devices devices_;
  std::string placement_;
  std::unique_ptr<Model> model_;
};

}  // namespace lectern
