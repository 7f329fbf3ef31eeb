// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/engine.h"

#include "core/base/check.h"
#include "core/engine/cache_type.h"
#include "core/engine/device_choice.h"
#include "core/engine/weights.h"
#include "core/model_file/model_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace lectern {

namespace {

// What decides the numbers besides the weights, but not the backend: a reading that was made on one
// goes on on another. The version goes up when a kernel changes a bit of its results.
constexpr int kNumericsVersion = 4;

Sha256 hashOf(const ModelFolder& folder,
              const Sha256& contentSum,
              const EngineOptions& options,
              kernels::DType cacheType) {
  const int matrixType = options.matrixType ? static_cast<int>(*options.matrixType) : -1;
  return sha256(fmt::format("{} {} {} {} {} {}", folder.config().dump(), toHex(contentSum),
                            kNumericsVersion, matrixType, static_cast<int>(cacheType),
                            kernels::kUsualRows));
}

Error cancelled(const States& states) {
  return {ErrorCode::Cancelled,
          fmt::format("Reading was stopped after {} tokens.", states.position())};
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::open(const std::filesystem::path& folder,
                                             const EngineOptions& options,
                                             std::stop_token stop) {
  std::shared_ptr<kernels::Backend> backend =
      TRY(kernels::openBackend(options.backend, options.threads));
  auto engine =
      openOn(folder, options, backend, [&] { return otherCards(options.backend, *backend); }, stop);
  if (engine) return engine;
  backend = TRY(processorInstead(options.backend, options.threads, *backend, engine.error()));
  return openOn(folder, options, std::move(backend), {}, std::move(stop));
}

Result<std::unique_ptr<Engine>> Engine::open(const std::filesystem::path& folder,
                                             const EngineOptions& options,
                                             std::shared_ptr<kernels::Backend> backend,
                                             std::stop_token stop) {
  return openOn(folder, options, std::move(backend), {}, std::move(stop));
}

Result<std::unique_ptr<Engine>> Engine::open(
    const std::filesystem::path& folder,
    const EngineOptions& options,
    const std::vector<std::shared_ptr<kernels::Backend>>& backends,
    std::stop_token stop) {
  return openOn(
      folder, options, backends.front(),
      [&backends] {
        return std::vector<std::shared_ptr<kernels::Backend>>(backends.begin() + 1, backends.end());
      },
      std::move(stop));
}

Result<std::unique_ptr<Engine>> Engine::openOn(const std::filesystem::path& folder,
                                               const EngineOptions& options,
                                               std::shared_ptr<kernels::Backend> first,
                                               const OtherBackends& others,
                                               std::stop_token stop) {
  auto engine = std::unique_ptr<Engine>(new Engine);
  const auto files = TRY(ModelFolder::open(folder));
  engine->config_ = TRY(parseModelConfig(files->config(), files->configFile().string()));
  const int64_t madeFor = engine->config_.maxPositionEmbeddings;
  engine->windowTokens_ =
      options.windowTokens > 0 ? std::min(options.windowTokens, madeFor) : madeFor;
  engine->cacheType_ = options.cacheType.value_or(usualCacheType(engine->config_));
  // What a config claims counts only where the file bears it out.
  TRY(Weights::check(*files, engine->config_, WeightCheck::Shapes, {}, stop));
  const auto openProcessor = [&]() -> Result<std::shared_ptr<kernels::Backend>> {
    return std::shared_ptr<kernels::Backend>(TRY(kernels::openBackend("cpu", options.threads)));
  };
  auto chosen = TRY(chooseDevices(*files, engine->config_,
                                  {options.matrixType, engine->cacheType_, engine->windowTokens_},
                                  {std::move(first)}, others, openProcessor));
  engine->devices_ = std::move(chosen.devices);
  engine->placement_ = std::move(chosen.placement);
  if (options.placed) options.placed(engine->placement_);
  engine->weights_ =
      TRY(Weights::load(*files, engine->config_, engine->devices_,
                        {options.matrixType, options.loading, options.packedFolder}, stop));
  engine->modelHash_ = hashOf(*files, engine->weights_->contentSum, options, engine->cacheType_);
  engine->model_ = TRY(
      Model::create(engine->config_, engine->weights_, engine->devices_, engine->windowTokens_));
  return engine;
}

kernels::BackendProperties Engine::backend() const {
  kernels::BackendProperties all = devices_.parts.front().backend->properties();
  for (size_t i = 1; i < devices_.parts.size(); ++i) {
    const kernels::BackendProperties more = devices_.parts[i].backend->properties();
    all.name += "+" + more.name;
    if (more.device != all.device) all.device += ", " + more.device;
    all.memoryBytes += more.memoryBytes;
    all.memoryFreeBytes += more.memoryFreeBytes;
  }
  return all;
}

Result<States> Engine::newStates() const {
  return States::create(config_, cacheType_, windowTokens_, devices_);
}

Result<States> Engine::restore(const SavedStates& saved, const std::stop_token& stop) const {
  return States::restore(saved, modelHash_, config_, cacheType_, windowTokens_, devices_, stop);
}

Result<void> Engine::checkTokens(const States& states, std::span<const int32_t> tokens) const {
  const auto count = static_cast<int64_t>(tokens.size());
  if (states.position() + count > windowTokens_) {
    return Error{ErrorCode::DoesNotFit, fmt::format("This needs {} tokens, and the window of the "
                                                    "model holds {}. Leave out documents, or ask "
                                                    "a shorter question.",
                                                    states.position() + count, windowTokens_)};
  }
  for (const int32_t token : tokens) {
    if (token < 0 || token >= config_.vocabSize) {
      return Error{ErrorCode::Usage, fmt::format("{} is no token of this model, which has {}.",
                                                 token, config_.vocabSize)};
    }
  }
  return {};
}

int64_t Engine::chunkSize(const States& states, int64_t remaining) const {
  const int64_t intoChunk = (states.position() - states.gridOrigin()) % chunkTokens();
  return std::min(remaining, chunkTokens() - intoChunk);
}

Result<void> Engine::prefill(States& states,
                             std::span<const int32_t> tokens,
                             const std::function<void(int64_t)>& progress,
                             std::stop_token stop) {
  TRY(checkTokens(states, tokens));
  TRY(states.reserve(static_cast<int64_t>(tokens.size())));
  for (size_t done = 0; done < tokens.size();) {
    if (stop.stop_requested()) return cancelled(states);
    const auto size =
        static_cast<size_t>(chunkSize(states, static_cast<int64_t>(tokens.size() - done)));
    TRY(model_->run(states, tokens.subspan(done, size), {}));
    done += size;
    if (progress) progress(static_cast<int64_t>(done));
  }
  return {};
}

Result<void> Engine::allLogits(States& states,
                               std::span<const int32_t> tokens,
                               const std::function<Result<void>(std::span<const float>)>& sink,
                               std::stop_token stop) {
  TRY(checkTokens(states, tokens));
  for (size_t done = 0; done < tokens.size();) {
    if (stop.stop_requested()) return cancelled(states);
    const auto size =
        static_cast<size_t>(chunkSize(states, static_cast<int64_t>(tokens.size() - done)));
    TRY(model_->run(states, tokens.subspan(done, size), {.allLogits = true, .tapWeights = {}}));
    TRY(sink(model_->logits()));
    done += size;
  }
  return {};
}

Result<GenerateEnd> Engine::generate(
    States& states,
    const GenerateOptions& options,
    const std::function<Result<void>(const GeneratedToken&)>& onToken,
    std::stop_token stop) {
  LECTERN_CHECK(states.position() > 0 &&
                static_cast<int64_t>(model_->logits().size()) == config_.vocabSize);
  Sampler sampler(options.sampler);
  const auto ends = [&](int32_t token) {
    return std::find(options.stopTokens.begin(), options.stopTokens.end(), token) !=
               options.stopTokens.end() ||
           std::find(config_.eosTokenIds.begin(), config_.eosTokenIds.end(), token) !=
               config_.eosTokenIds.end();
  };
  for (int64_t written = 0; written < options.maxTokens;) {
    if (stop.stop_requested()) return Error{ErrorCode::Cancelled, "The answer was stopped."};
    std::vector<int32_t> next =
        options.constraint != nullptr ? options.constraint->forced() : std::vector<int32_t>{};
    GeneratedToken report;
    report.forced = !next.empty();
    report.probability = 1;
    if (next.empty()) {
      // All logits come to the host, though TopLogits could keep the largest: a token's probability
      // and the kept mass need the sum over the vocabulary, and the penalty the logits of tokens
      // that were used. Of 65,536 it costs 0.26 MB and 0.5 ms a token.
      const Sampled sampled = sampler.pick(model_->logits(), options.constraint);
      if (sampled.token < 0) return GenerateEnd::Constraint;
      if (ends(sampled.token)) return GenerateEnd::EndToken;
      report.probability = sampled.probability;
      report.keptMass = sampled.keptMass;
      next = {sampled.token};
    }
    if (states.position() + static_cast<int64_t>(next.size()) > windowTokens_)
      return GenerateEnd::WindowFull;
    if (report.forced) {
      TRY(prefill(states, next, {}, stop));
    } else {
      TRY(model_->run(states, next, {.allLogits = false, .tapWeights = options.tapWeights}));
      report.mass = model_->mass();
    }
    for (const int32_t token : next) {
      report.token = token;
      sampler.accept(token);
      if (options.constraint != nullptr) options.constraint->accept(token);
      TRY(onToken(report));
      ++written;
    }
  }
  return GenerateEnd::MaxTokens;
}

}  // namespace lectern
