// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/engine.h"

#include "tests/support/backends.h"
#include "tests/support/engine_fixture.h"
#include "tests/support/saved_states.h"
#include "tests/support/tiny_model.h"
#include "tests/support/wrapped_backend.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lectern {
namespace {

class EngineTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    nlohmann::json config = tiny_model::miniConfig();
    config.erase("eos_token_id");  // random weights would end where they please
    ASSERT_TRUE(tiny_model::write(folder_.path(), config));
    engine_ =
        Engine::open(folder_.path(), {.backend = GetParam(), .windowTokens = 4096}, {}).value();
  }
  static std::vector<int32_t> tokens(size_t count) {
    std::vector<int32_t> list(count);
    for (size_t i = 0; i < count; ++i) list[i] = static_cast<int32_t>(3 + i * i % 29);
    return list;
  }
  std::vector<int32_t> write(States& states, const GenerateOptions& options) {
    std::vector<int32_t> written;
    const auto end = engine_->generate(states, options,
                                       [&](const GeneratedToken& t) -> Result<void> {
                                         written.push_back(t.token);
                                         return {};
                                       },
                                       {});
    EXPECT_TRUE(end.has_value());
    return written;
  }

  TemporaryFolder folder_;
  std::unique_ptr<Engine> engine_;
};

TEST_P(EngineTest, ReadsOnTheGridHoweverTheTokensArrive) {
  const auto list = tokens(1300);
  States whole = engine_->newStates().value();
  std::vector<int64_t> steps;
  ASSERT_TRUE(engine_->prefill(whole, list, [&](int64_t done) { steps.push_back(done); }, {}));
  EXPECT_EQ(steps, (std::vector<int64_t>{512, 1024, 1300}));
  const std::vector<float> expected(engine_->logits().begin(), engine_->logits().end());

  States parts = engine_->newStates().value();
  steps.clear();
  ASSERT_TRUE(engine_->prefill(parts, std::span(list).first(100), {}, {}));
  ASSERT_TRUE(engine_->prefill(parts, std::span(list).subspan(100),
                               [&](int64_t done) { steps.push_back(done); }, {}));
  EXPECT_EQ(steps, (std::vector<int64_t>{412, 924, 1200}));
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), engine_->logits().begin()));
}

// A reading goes on where it was left, whatever else another backend takes in one pass.
TEST_P(EngineTest, ReadsAsManyTokensInAPassAsFillTheBackend) {
  const auto list = tokens(3000);
  States usual = engine_->newStates().value();
  ASSERT_TRUE(engine_->prefill(usual, std::span(list).first(2500), {}, {}));
  ASSERT_TRUE(test::saveWhole(usual, folder_.path() / "state", engine_->modelHash()));
  ASSERT_TRUE(engine_->prefill(usual, std::span(list).subspan(2500), {}, {}));

  const auto backend =
      std::make_shared<test::WrappedBackend>(kernels::openBackend(GetParam(), 1).value());
  backend->rowsAtOnce = 2048;
  const auto wide = Engine::open(folder_.path(), {.windowTokens = 4096}, backend, {}).value();
  EXPECT_EQ(wide->modelHash(), engine_->modelHash());
  States states = wide->newStates().value();
  std::vector<int64_t> steps;
  ASSERT_TRUE(wide->prefill(states, list, [&](int64_t done) { steps.push_back(done); }, {}));
  EXPECT_EQ(steps, (std::vector<int64_t>{2048, 3000}));
  const auto agree = [&] {
    for (size_t i = 0; i < engine_->logits().size(); ++i) {
      EXPECT_NEAR(wide->logits()[i], engine_->logits()[i], 1e-3) << i;
    }
  };
  agree();

  states = wide->restore(test::filesAt(folder_.path() / "state")).value();
  steps.clear();
  ASSERT_TRUE(wide->prefill(states, std::span(list).subspan(2500),
                            [&](int64_t done) { steps.push_back(done); }, {}));
  EXPECT_EQ(steps, (std::vector<int64_t>{500}));
  agree();
}

TEST_P(EngineTest, BeginsTheGridAnewWithEachDocument) {
  States states = engine_->newStates().value();
  ASSERT_TRUE(engine_->prefill(states, tokens(100), {}, {}));
  Engine::beginDocument(states);
  std::vector<int64_t> steps;
  ASSERT_TRUE(
      engine_->prefill(states, tokens(600), [&](int64_t done) { steps.push_back(done); }, {}));
  EXPECT_EQ(steps, (std::vector<int64_t>{512, 600}));
}

TEST_P(EngineTest, RefusesWhatDoesNotFitBeforeReadingAnyOfIt) {
  States states = engine_->newStates().value();
  const auto result = engine_->prefill(states, tokens(5000), {}, {});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::DoesNotFit);
  EXPECT_NE(result.error().message.find("5000 tokens"), std::string::npos);
  EXPECT_NE(result.error().message.find("4096"), std::string::npos);
  EXPECT_EQ(states.position(), 0);
  EXPECT_EQ(engine_->prefill(states, std::vector<int32_t>{32}, {}, {}).error().code,
            ErrorCode::Usage);
}

TEST_P(EngineTest, StopsBetweenChunksAndKeepsWhatWasRead) {
  States states = engine_->newStates().value();
  std::stop_source source;
  const auto result = engine_->prefill(
      states, tokens(2000), [&](int64_t) { source.request_stop(); }, source.get_token());
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(states.position(), 512);
}

TEST_P(EngineTest, WritesTheSameForTheSameSeedAndAfterRestoring) {
  States states = engine_->newStates().value();
  ASSERT_TRUE(engine_->prefill(states, tokens(50), {}, {}));
  ASSERT_TRUE(test::saveWhole(states, folder_.path() / "state", engine_->modelHash()));
  GenerateOptions options;
  options.sampler = {.temperature = 1, .seed = 11};
  options.maxTokens = 60;
  const auto written = write(states, options);
  EXPECT_EQ(written.size(), 60U);

  States again = engine_->newStates().value();
  ASSERT_TRUE(engine_->prefill(again, tokens(50), {}, {}));
  EXPECT_EQ(write(again, options), written);
  EXPECT_EQ(engine_->restore(test::filesAt(folder_.path() / "state")).value().prefix(), [&] {
    States s = engine_->newStates().value();
    EXPECT_TRUE(engine_->prefill(s, tokens(50), {}, {}));
    return s.prefix();
  }());
}

class CopyThree final : public TokenConstraint {
 public:
  void filter(std::vector<TokenProb>& candidates) override {
    std::erase_if(candidates, [](const TokenProb& c) { return c.token != 9; });
  }
  std::vector<int32_t> forced() override {
    return accepted_.size() == 1 ? std::vector<int32_t>{4, 5, 6} : std::vector<int32_t>{};
  }
  void accept(int32_t token) override { accepted_.push_back(token); }
  std::vector<int32_t> accepted_;
};

TEST_P(EngineTest, ReadsForcedTokensInOneGoAndTellsThemApart) {
  States states = engine_->newStates().value();
  ASSERT_TRUE(engine_->prefill(states, tokens(5), {}, {}));
  CopyThree constraint;
  GenerateOptions options;
  options.maxTokens = 5;
  options.constraint = &constraint;
  std::vector<bool> forced;
  ASSERT_EQ(engine_
                ->generate(states, options,
                           [&](const GeneratedToken& t) -> Result<void> {
                             forced.push_back(t.forced);
                             return {};
                           },
                           {})
                .value(),
            GenerateEnd::MaxTokens);
  EXPECT_EQ(constraint.accepted_, (std::vector<int32_t>{9, 4, 5, 6, 9}));
  EXPECT_EQ(forced, (std::vector<bool>{false, true, true, true, false}));
}

TEST_P(EngineTest, EndsAtTheWindowAndStopsWithinAToken) {
  const auto small =
      Engine::open(folder_.path(), {.backend = GetParam(), .windowTokens = 20}, {}).value();
  States states = small->newStates().value();
  ASSERT_TRUE(small->prefill(states, tokens(18), {}, {}));
  GenerateOptions options;
  options.sampler = {.temperature = 1};
  int count = 0;
  const auto counting = [&](const GeneratedToken&) -> Result<void> {
    ++count;
    return {};
  };
  const auto end = small->generate(states, options, counting, {}).value();
  EXPECT_EQ(end, GenerateEnd::WindowFull);
  EXPECT_EQ(states.position(), 20);

  States other = engine_->newStates().value();
  ASSERT_TRUE(engine_->prefill(other, tokens(18), {}, {}));
  std::stop_source source;
  const auto stopping = [&](const GeneratedToken&) -> Result<void> {
    source.request_stop();
    return {};
  };
  options.constraint = nullptr;
  const auto stopped = engine_->generate(other, options, stopping, source.get_token());
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(other.position(), 19);
}

TEST_P(EngineTest, EndsAtAStopTokenWithoutReadingIt) {
  States states = engine_->newStates().value();
  ASSERT_TRUE(engine_->prefill(states, tokens(18), {}, {}));
  GenerateOptions options;
  options.maxTokens = 1;
  const std::vector<int32_t> first = write(states, options);
  States again = engine_->newStates().value();
  ASSERT_TRUE(engine_->prefill(again, tokens(18), {}, {}));
  options.stopTokens = first;
  EXPECT_TRUE(write(again, options).empty());
  EXPECT_EQ(again.position(), 18);
}

TEST_P(EngineTest, HashesWhatDecidesTheNumbers) {
  const auto same =
      Engine::open(folder_.path(), {.backend = GetParam(), .windowTokens = 100}, {}).value();
  EXPECT_EQ(same->modelHash(), engine_->modelHash());
  const auto narrow =
      Engine::open(folder_.path(), {.backend = GetParam(), .matrixType = kernels::DType::BF16}, {})
          .value();
  EXPECT_NE(narrow->modelHash(), engine_->modelHash());
}

TEST_P(EngineTest, KeepsKeysAndValuesAsItIsAskedAndRereadsThoseOfAnotherType) {
  const auto backend =
      std::make_shared<test::WrappedBackend>(kernels::openBackend(GetParam(), 1).value());
  const EngineOptions options{.cacheType = kernels::DType::I8};
  const auto bytes = Engine::open(folder_.path(), options, backend, {}).value();
  EXPECT_EQ(bytes->cacheType(), kernels::DType::I8);
  EXPECT_EQ(engine_->cacheType(), kernels::DType::F32) << "the usual one of so small a model";
  EXPECT_NE(bytes->modelHash(), engine_->modelHash());
  States states = bytes->newStates().value();
  ASSERT_TRUE(bytes->prefill(states, tokens(18), {}, {}));
  ASSERT_TRUE(test::saveWhole(states, folder_.path() / "state", bytes->modelHash()));
  EXPECT_EQ(bytes->restore(test::filesAt(folder_.path() / "state")).value().position(), 18);
  const auto refused = engine_->restore(test::filesAt(folder_.path() / "state"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("keys and values in another type than f32"),
            std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Backends,
                         EngineTest,
                         testing::ValuesIn(test::backendNames()),
                         [](const auto& info) { return test::asTestName(info.param); });

}  // namespace
}  // namespace lectern
