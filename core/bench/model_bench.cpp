// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/model_bench.h"

#include "core/bench/observed_backend.h"
#include "core/engine/device_choice.h"
#include "core/engine/engine.h"
#include "core/model_file/model_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace lectern::bench {

namespace {

using Clock = std::chrono::steady_clock;
using Listening = ObservedBackend::Listening;

constexpr int kMaxRuns = 20;
constexpr double kEnoughSeconds = 1;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Ids without meaning, another at each place, so that no two lookups or experts are alike.
std::vector<int32_t> someTokens(int64_t count, int64_t vocab) {
  std::vector<int32_t> tokens;
  uint64_t state = 1;
  for (int64_t i = 0; i < count; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;  // Knuth, MMIX
    tokens.push_back(static_cast<int32_t>((state >> 33U) % static_cast<uint64_t>(vocab)));
  }
  return tokens;
}

int64_t largest(const std::vector<int64_t>& list) {
  return list.empty() ? 0 : *std::max_element(list.begin(), list.end());
}

class Bench {
 public:
  Bench(const BenchRequest& request, const BenchProgress& progress, std::stop_token stop)
      : request_(request), progress_(progress), stop_(std::move(stop)) {
    std::ranges::sort(request_.depths);
  }

  Result<BenchReport> run() {
    TRY(open());
    States base = TRY(engine_->newStates());
    Engine::beginDocument(base);
    for (const int64_t depth : request_.depths) {
      TRY(deepen(base, depth));
      for (const int64_t prompt : request_.prompts) {
        if (prompt > 0) report_.reading.push_back(TRY(reading(base, prompt)));
      }
      if (request_.generate > 0) report_.writing.push_back(TRY(writing(base)));
      if (request_.profile) TRY(profile(base));
    }
    report_.memory.weights = engine_->weights().bytes;
    report_.memory.working = engine_->workingMemory().bytes();
    report_.memory.workspace = engine_->workingMemory().workspace;
    report_.memory.states = base.bytes();
    report_.memory.after = residentMemory();
    report_.memory.staying = engine_->weights().stayingBytes;
    report_.backend = engine_->backend();  // as it turned out
    return std::move(report_);
  }

 private:
  void say(std::string_view step, int64_t done, int64_t total) const {
    if (progress_) progress_(step, done, total);
  }

  using BackendPtr = std::shared_ptr<kernels::Backend>;

  Result<void> measure(std::vector<BackendPtr> backends) {
    backends_.clear();
    for (BackendPtr& backend : backends) {
      backends_.push_back(std::make_shared<ObservedBackend>(std::move(backend)));
    }
    report_.backend = backends_.front()->properties();
    say("measuring the machine", 0, 1);
    if (report_.backend.hostMemory) {
      report_.ceilings = TRY(measureCeilings(report_.backend.threads));
    } else {
      report_.ceilings = TRY(measureDeviceCeilings(*backends_.front()));
    }
    report_.memory.before = residentMemory();
    return {};
  }

  Result<void> load(const EngineOptions& options) {
    const Clock::time_point begin = Clock::now();
    engine_ = TRY(Engine::open(request_.model, options,
                               std::vector<BackendPtr>(backends_.begin(), backends_.end()), stop_));
    report_.loadSeconds = secondsSince(begin);
    return {};
  }

  // As a question does, where the fastest device does not hold the model the processor has it.
  Result<void> open() {
    const int64_t needed =
        largest(request_.depths) + std::max(largest(request_.prompts), request_.generate + 1);
    EngineOptions options;
    options.threads = request_.threads;
    options.windowTokens = std::max<int64_t>(1, needed);
    options.cacheType = request_.cacheType;
    options.packedFolder = request_.packedFolder;
    options.loading = [&](int64_t done, int64_t total) { say("loading", done, total); };

    std::vector<BackendPtr> backends = {
        TRY(kernels::openBackend(request_.backend, request_.threads))};
    for (BackendPtr& card : otherCards(request_.backend, *backends.front())) {
      backends.push_back(std::move(card));
    }
    TRY(measure(std::move(backends)));
    if (const auto loaded = load(options); !loaded) {
      BackendPtr processor = TRY(
          processorInstead(request_.backend, request_.threads, *backends_.front(), loaded.error()));
      TRY(measure({std::move(processor)}));
      TRY(load(options));
    }
    report_.placement = engine_->placement();
    report_.cacheType = engine_->cacheType();
    if (engine_->windowTokens() < needed) {
      return Error{
          ErrorCode::DoesNotFit,
          fmt::format("The window of the model holds {} tokens, and the largest depth with "
                      "what follows it is {}. Choose a smaller one.",
                      engine_->windowTokens(), needed)};
    }
    const auto files = TRY(ModelFolder::open(request_.model));
    for (const auto& [name, tensor] : files->tensors()) {
      report_.modelBytes += static_cast<int64_t>(tensor.data.size());
    }
    tokens_ = someTokens(needed, engine_->config().vocabSize);
    return {};
  }

  [[nodiscard]] std::span<const int32_t> tokensAt(int64_t position, int64_t count) const {
    return std::span(tokens_).subspan(static_cast<size_t>(position), static_cast<size_t>(count));
  }

  Result<void> deepen(States& base, int64_t depth) {
    const int64_t from = base.position();
    return engine_->prefill(
        base, tokensAt(from, depth - from),
        [&](int64_t done) { say("reading up to the depth", from + done, depth); }, stop_);
  }

  /// Reads tokens in the model's chunks, each with its own position.
  Result<void> read(States& states, int64_t count) {
    for (int64_t done = 0; done < count;) {
      position_ = states.position();
      const int64_t size = std::min(count - done, engine_->chunkTokens());
      TRY(engine_->prefill(states, tokensAt(position_, size), {}, stop_));
      done += size;
      say("reading", done, count);
    }
    return {};
  }
  Result<void> write(States& states, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      position_ = states.position();
      TRY(engine_->prefill(states, tokensAt(position_, 1), {}, stop_));
      say("writing", i + 1, count);
    }
    return {};
  }

  void listen(Listening how, const ObservedBackend::Listener& listener) {
    for (const auto& backend : backends_) backend->listen(how, listener);
  }
  [[nodiscard]] ObservedBackend::Listener addingTo(CostSums& sums) {
    return [this, &sums](const kernels::Operation& operation, double seconds) {
      sums.add(operation, position_, seconds);
    };
  }

  static void take(Speed& speed, double seconds) {
    speed.bestSeconds = speed.runs == 0 ? seconds : std::min(speed.bestSeconds, seconds);
    speed.worstSeconds = std::max(speed.worstSeconds, seconds);
    ++speed.runs;
  }
  static bool isEnough(const Speed& speed) {
    return speed.runs >= kMaxRuns ||
           static_cast<double>(speed.runs) * speed.bestSeconds >= kEnoughSeconds;
  }

  // Counting costs some microseconds a chunk.
  Result<Speed> reading(const States& base, int64_t tokens) {
    Speed speed{base.position(), tokens};
    while (!isEnough(speed)) {
      States states = TRY(base.fork());
      Engine::beginDocument(states);
      CostSums sums(report_.ceilings);
      listen(Listening::Counting, addingTo(sums));
      const Clock::time_point begin = Clock::now();
      Result<void> done = read(states, tokens);
      take(speed, secondsSince(begin));
      listen(Listening::No, {});
      TRY(done);
      speed.work = sums.work();
      speed.floorSeconds = sums.floorSeconds();
    }
    return speed;
  }

  // A token's operations are as quick as counting them, so they are counted apart, in the first
  // token, which also records the step; each later one reads a little more of the cache.
  Result<Speed> writing(const States& base) {
    Speed speed{base.position(), request_.generate};
    while (!isEnough(speed)) {
      States states = TRY(base.fork());
      CostSums sums(report_.ceilings);
      listen(Listening::Counting, addingTo(sums));
      Result<void> first = write(states, 1);
      listen(Listening::No, {});
      TRY(first);
      const Clock::time_point begin = Clock::now();
      TRY(write(states, request_.generate));
      take(speed, secondsSince(begin));
      const int64_t count = request_.generate;
      speed.work = {sums.work().bytesRead * count, sums.work().bytesWritten * count,
                    sums.work().flops * count};
      speed.floorSeconds = sums.floorSeconds() * static_cast<double>(count);
    }
    return speed;
  }

  Result<void> profile(const States& base) {
    if (const int64_t tokens = largest(request_.prompts); tokens > 0) {
      States states = TRY(base.fork());
      Engine::beginDocument(states);
      report_.readingProfiles.push_back(
          TRY(timed(base.position(), tokens, [&] { return read(states, tokens); })));
    }
    if (request_.generate > 0) {
      States states = TRY(base.fork());
      TRY(write(states, 1));
      report_.writingProfiles.push_back(TRY(timed(
          base.position(), request_.generate, [&] { return write(states, request_.generate); })));
    }
    return {};
  }

  Result<Profile> timed(int64_t depth, int64_t tokens, const std::function<Result<void>()>& work) {
    CostSums sums(report_.ceilings);
    listen(Listening::Timing, addingTo(sums));
    const Clock::time_point begin = Clock::now();
    Result<void> done = work();
    const double seconds = secondsSince(begin);
    listen(Listening::No, {});
    TRY(done);
    return Profile{depth, tokens, seconds, sums.operations()};
  }

  BenchRequest request_;
  const BenchProgress& progress_;
  std::stop_token stop_;
  BenchReport report_;
  std::vector<std::shared_ptr<ObservedBackend>> backends_;
  std::unique_ptr<Engine> engine_;
  std::vector<int32_t> tokens_;
  int64_t position_ = 0;  // of the step that is under way
};

}  // namespace

Result<BenchReport> runBench(const BenchRequest& request,
                             const BenchProgress& progress,
                             std::stop_token stop) {
  return Bench(request, progress, std::move(stop)).run();
}

}  // namespace lectern::bench
