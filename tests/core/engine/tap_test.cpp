// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/engine.h"
#include "tests/support/backends.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lectern {
namespace {

struct Answer {
  std::vector<int32_t> tokens;
  std::vector<float> logits;  // of every step
  size_t tapped = 0;          // steps that left a mass
};

Answer generate(Engine& engine, std::vector<float> tapWeights) {
  std::vector<int32_t> prompt;
  for (int i = 0; i < 70; ++i) prompt.push_back((i * i + 3) % 512);
  States states = engine.newStates().value();
  EXPECT_TRUE(engine.prefill(states, prompt, {}, {}));
  GenerateOptions options;
  options.sampler = {.temperature = 1, .seed = 5};
  options.maxTokens = 80;  // over the border of the second block of 64
  options.tapWeights = std::move(tapWeights);
  Answer answer;
  const auto end = engine.generate(
      states, options,
      [&](const GeneratedToken& token) -> Result<void> {
        answer.tokens.push_back(token.token);
        answer.logits.insert(answer.logits.end(), engine.logits().begin(), engine.logits().end());
        answer.tapped += token.mass.empty() ? 0 : 1;
        return {};
      },
      {});
  EXPECT_TRUE(end.has_value());
  return answer;
}

class Tap : public testing::TestWithParam<std::string> {};

TEST_P(Tap, ChangesNoBitOfAnAnswer) {
  const test::TemporaryFolder folder;
  nlohmann::json config = tiny_model::midiConfig();
  config.erase("eos_token_id");  // random weights would end where they please
  ASSERT_TRUE(tiny_model::write(folder.path(), config));
  const auto engine =
      Engine::open(folder.path(), {.backend = GetParam(), .threads = 2, .windowTokens = 512}, {})
          .value();
  const Answer plain = generate(*engine, {});
  const Answer tapped = generate(*engine, std::vector<float>(8, 1));  // two layers of four heads
  EXPECT_EQ(plain.tapped, 0U);
  EXPECT_EQ(tapped.tapped, 80U);
  EXPECT_EQ(plain.tokens, tapped.tokens);
  EXPECT_TRUE(plain.logits == tapped.logits);
}

INSTANTIATE_TEST_SUITE_P(Backends,
                         Tap,
                         testing::ValuesIn(test::backendNames()),
                         [](const auto& info) { return test::asTestName(info.param); });

}  // namespace
}  // namespace lectern
