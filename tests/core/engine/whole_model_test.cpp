// SPDX-License-Identifier: GPL-3.0-or-later
//
// A model as it is used: some hundred tokens in uneven chunks, then token after token, on every
// backend against the reference. Weights and cache are bfloat16, so that the backends' ways of
// multiplying are those of real models.
#include "tests/support/backends.h"
#include "tests/support/engine_fixture.h"
#include "tests/support/golden_model.h"
#include "tests/support/saved_states.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

namespace lectern {
namespace {

#ifdef LECTERN_SANITIZED  // a tenth of the speed
constexpr int64_t kRead = 40;
constexpr int64_t kSteps = 8;
const std::vector<int64_t> kChunks = {7, 1, 32};
#else
constexpr int64_t kRead = 300;
constexpr int64_t kSteps = 64;
const std::vector<int64_t> kChunks = {7, 64, 1, 100, 128};
#endif

struct Routing {
  std::vector<float> scores;    // [token, expert]
  std::vector<int32_t> chosen;  // [token, rank]
};

struct Outcome {
  std::vector<float> logits;      // of the last token that was read, and of each step
  std::vector<Routing> routings;  // of each router and chunk
};

std::vector<int32_t> tokens() {
  std::vector<int32_t> list;
  for (int64_t i = 0; i < kRead + kSteps; ++i) {
    list.push_back(static_cast<int32_t>((5 * i * i + 11 * i + 3) % 512));
  }
  return list;
}

void note(const kernels::Route& route, kernels::Stream& stream, Outcome& outcome) {
  Routing& routing = outcome.routings.emplace_back();
  routing.scores.resize(static_cast<size_t>(route.logits.rows * route.logits.cols));
  routing.chosen.resize(static_cast<size_t>(route.experts.rows * route.experts.cols));
  stream.copyOut(routing.scores.data(), route.logits.data, route.logits.bytes());
  stream.copyOut(routing.chosen.data(), route.experts.data, route.experts.bytes());
  ASSERT_TRUE(stream.wait());
}

struct Kind {
  nlohmann::json config = tiny_model::midiConfig();
  kernels::DType cacheType = kernels::DType::BF16;
};
LoadedModel loadedOn(const std::string& backend, const Kind& kind = {}) {
  LoadedModel loaded = LoadedModel::load(kind.config, backend, 512, {.bfloat16 = true}).value();
  loaded.cacheType = kind.cacheType;
  return loaded;
}

Outcome outcomeOn(const std::string& backend) {
  LoadedModel loaded = loadedOn(backend);
  States states = loaded.newStates();
  Outcome outcome;
  loaded.backend->afterOperation = [&](const kernels::Operation& op, kernels::Stream& stream) {
    if (const auto* route = std::get_if<kernels::Route>(&op)) note(*route, stream, outcome);
  };
  const std::vector<int32_t> all = tokens();
  const std::span<const int32_t> list(all);
  int64_t at = 0;
  for (const int64_t chunk : kChunks) {
    EXPECT_TRUE(loaded.model->run(
        states, list.subspan(static_cast<size_t>(at), static_cast<size_t>(chunk)), {}));
    at += chunk;
  }
  EXPECT_EQ(at, kRead);
  const auto keepLogits = [&] {
    outcome.logits.insert(outcome.logits.end(), loaded.model->logits().begin(),
                          loaded.model->logits().end());
  };
  keepLogits();
  loaded.backend->afterOperation = {};  // steps are replayed as they are recorded
  for (; at < kRead + kSteps; ++at) {
    EXPECT_TRUE(loaded.model->run(states, list.subspan(static_cast<size_t>(at), 1), {}));
    keepLogits();
  }
  EXPECT_GT(loaded.backend->replays(), kSteps / 2);
  return outcome;
}

class WholeModel : public testing::TestWithParam<std::string> {
 protected:
  /// Reads 40 tokens on the reference and goes on here, with six more in these chunks.
  static void expectGoesOnWithAReadingOfTheReference(const Kind& kind,
                                                     const std::vector<int64_t>& chunks) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "reading";
    const Sha256 model = {1, 2, 3};
    const std::vector<int32_t> all = tokens();
    const auto goOn = [&](LoadedModel& loaded, States& states) {
      return loaded.read(states, std::span(all).subspan(40, 6), chunks);
    };
    LoadedModel reference = loadedOn("reference", kind);
    States read = reference.newStates();
    ASSERT_TRUE(reference.model->run(read, std::span(all).first(40), {}));
    ASSERT_TRUE(test::saveWhole(read, path, model));
    const std::vector<float> expected = goOn(reference, read);

    LoadedModel loaded = loadedOn(GetParam(), kind);
    States restored = States::restore(test::filesAt(path), model, loaded.config, loaded.cacheType,
                                      loaded.maxTokens, loaded.devices())
                          .value();
    const std::vector<float> logits = goOn(loaded, restored);
    ASSERT_EQ(logits.size(), expected.size());
    const auto vocab = static_cast<size_t>(loaded.config.vocabSize);
    const double error = median(rowErrors(logits, expected, vocab)) / largestMagnitude(expected);
    RecordProperty("median_error", std::to_string(error));
    EXPECT_LE(error, 2e-2);
    EXPECT_GE(sameTokens(logits, expected, vocab), 3);
  }
};

TEST_P(WholeModel, ReadsAndGoesOnLikeTheReference) {
  static const Outcome expected = outcomeOn("reference");
  const Outcome outcome = outcomeOn(GetParam());
  const ModelConfig config = parseModelConfig(tiny_model::midiConfig(), "config").value();

  ASSERT_EQ(outcome.logits.size(), expected.logits.size());
  const auto vocab = static_cast<size_t>(config.vocabSize);
  const double error = median(rowErrors(outcome.logits, expected.logits, vocab));
  RecordProperty("median_error", std::to_string(error / largestMagnitude(expected.logits)));
  EXPECT_LE(error, 2e-2 * largestMagnitude(expected.logits));
  EXPECT_GE(sameTokens(outcome.logits, expected.logits, vocab), kSteps / 2);

  ASSERT_EQ(outcome.routings.size(), expected.routings.size());
  int decided = 0;
  for (size_t i = 0; i < expected.routings.size(); ++i) {
    SCOPED_TRACE(testing::Message() << "router " << i);
    const Routing& routing = outcome.routings[i];
    ASSERT_EQ(routing.scores.size(), expected.routings[i].scores.size());
    decided += sameExperts(routing.scores, routing.chosen, expected.routings[i].scores,
                           static_cast<size_t>(config.numExperts),
                           static_cast<size_t>(config.numExpertsPerTok));
  }
  EXPECT_GE(decided, 4 * kRead / 2);  // half of what four routers decided
}

// What is kept of a reading is the same on every device, and each goes on with another's.
TEST_P(WholeModel, GoesOnWithAReadingOfTheReference) {
  expectGoesOnWithAReadingOfTheReference({}, {1});
}

// Two layers of attention and one of Mamba, with heads of 16 channels.
TEST_P(WholeModel, GoesOnWithAReadingInBytes) {
  Kind kind{.cacheType = kernels::DType::I8};
  kind.config.update(nlohmann::json::parse(R"({
    "hidden_size": 64, "intermediate_size": 64, "num_hidden_layers": 3, "num_experts": 1,
    "attn_layer_period": 2, "attn_layer_offset": 0, "mamba_d_state": 4, "mamba_dt_rank": 4})"));
  expectGoesOnWithAReadingOfTheReference(kind, {4, 1});
}

std::vector<std::string> othersThanTheReference() {
  std::vector<std::string> names = test::backendNames();
  std::erase(names, "reference");
  return names;
}

INSTANTIATE_TEST_SUITE_P(Backends,
                         WholeModel,
                         testing::ValuesIn(othersThanTheReference()),
                         [](const auto& info) { return test::asTestName(info.param); });

}  // namespace
}  // namespace lectern
