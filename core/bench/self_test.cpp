// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/self_test.h"

#include "core/bench/self_test_cases.h"
#include "core/engine/engine.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <span>
#include <utility>

namespace lectern::bench {

namespace {

using Clock = std::chrono::steady_clock;
using Outputs = std::vector<std::vector<float>>;

// Of a model's logits: the whole way through it, with activations that are rounded on the way.
constexpr double kModelBound = 2e-2;
constexpr size_t kReadTokens = 300;  // one chunk, of no tile's size
constexpr size_t kWrittenTokens = 24;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Stands for what cannot be compared: other sizes, or something that is no number.
constexpr double kIncomparable = 1e9;

/// max|Δ| / max|expected|.
double errorOf(const std::vector<float>& values, const std::vector<float>& expected) {
  if (values.size() != expected.size()) return kIncomparable;
  double largest = 0;
  double worst = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(double{expected[i]}));
    const double difference = std::abs(double{values[i]} - double{expected[i]});
    if (!std::isfinite(difference)) return kIncomparable;
    worst = std::max(worst, difference);
  }
  return worst / std::max(largest, 1e-30);
}

double errorOf(const Outputs& values, const Outputs& expected) {
  if (values.size() != expected.size()) return kIncomparable;
  double worst = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    worst = std::max(worst, errorOf(values[i], expected[i]));
  }
  return worst;
}

SelfTestCheck checkOperation(const SelfTestCase& tested,
                             kernels::Backend& device,
                             kernels::Backend& reference) {
  SelfTestCheck check;
  check.name = tested.name;
  check.bound = tested.bound;
  Workbench expected(reference);
  Workbench found(device);
  const Outputs expectedValues = tested.run(expected);
  const Outputs values = tested.run(found);
  check.seconds = found.seconds();
  if (const Result<void> status = found.status(); !status) {
    check.problem = status.error().message;
  } else {
    check.error = errorOf(values, expectedValues);
  }
  return check;
}

/// The logits behind the text, and behind each token that follows it.
struct ModelRun {
  Outputs reading;
  Outputs writing;
  double readingSeconds = 0;
  double writingSeconds = 0;
};

Result<ModelRun> runModel(Engine& engine, const std::stop_token& stop) {
  const auto vocab = static_cast<size_t>(engine.config().vocabSize);
  const size_t count =
      std::min(kReadTokens + kWrittenTokens, static_cast<size_t>(engine.windowTokens()));
  const size_t read = count - std::min(kWrittenTokens, count / 2);
  std::vector<int32_t> tokens;
  tokens.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    tokens.push_back(static_cast<int32_t>((i * 7919 + 13) % vocab));
  }
  const auto logits = [&] {
    return std::vector<float>(engine.logits().begin(), engine.logits().end());
  };
  ModelRun run;
  States states = TRY(engine.newStates());
  Engine::beginDocument(states);
  Clock::time_point begin = Clock::now();
  TRY(engine.prefill(states, std::span(tokens).first(read), {}, stop));
  run.readingSeconds = secondsSince(begin);
  run.reading.push_back(logits());
  begin = Clock::now();
  for (size_t i = read; i < count; ++i) {
    TRY(engine.prefill(states, std::span(tokens).subspan(i, 1), {}, stop));
    run.writing.push_back(logits());
  }
  run.writingSeconds = secondsSince(begin);
  return run;
}

Result<ModelRun> runModelOn(const std::filesystem::path& model,
                            std::shared_ptr<kernels::Backend> backend,
                            const std::stop_token& stop) {
  EngineOptions options;
  options.windowTokens = kReadTokens + kWrittenTokens;
  const auto engine = TRY(Engine::open(model, options, std::move(backend), stop));
  return runModel(*engine, stop);
}

}  // namespace

int64_t SelfTestReport::failures() const {
  return std::ranges::count_if(checks,
                               [](const SelfTestCheck& check) { return !check.isPassed(); });
}

Result<SelfTestReport> runSelfTest(const std::shared_ptr<kernels::Backend>& device,
                                   const std::filesystem::path& model,
                                   const SelfTestProgress& progress,
                                   std::stop_token stop) {
  std::shared_ptr<kernels::Backend> reference = TRY(kernels::openBackend("reference", 1));
  SelfTestReport report;
  report.device = device->properties();
  report.reference = reference->properties();
  const std::vector<SelfTestCase> cases = selfTestCases();
  const auto total = static_cast<int64_t>(cases.size()) + 1;
  for (const SelfTestCase& tested : cases) {
    if (stop.stop_requested()) return Error{ErrorCode::Cancelled, "The self-test was stopped."};
    if (progress) progress(tested.name, static_cast<int64_t>(report.checks.size()), total);
    report.checks.push_back(checkOperation(tested, *device, *reference));
  }

  if (progress) progress("a model", total - 1, total);
  const ModelRun expected = TRY(runModelOn(model, reference, stop));
  const Result<ModelRun> found = runModelOn(model, device, stop);
  if (!found && found.error().code == ErrorCode::Cancelled) return found.error();
  SelfTestCheck reading{"A model reads", 0, kModelBound, 0, {}};
  SelfTestCheck writing{"It goes on token by token", 0, kModelBound, 0, {}};
  if (found) {
    reading.error = errorOf(found->reading, expected.reading);
    reading.seconds = found->readingSeconds;
    writing.error = errorOf(found->writing, expected.writing);
    writing.seconds = found->writingSeconds;
  } else {
    reading.problem = writing.problem = found.error().message;
  }
  report.checks.push_back(std::move(reading));
  report.checks.push_back(std::move(writing));
  report.device = device->properties();  // as it turned out
  return report;
}

}  // namespace lectern::bench
