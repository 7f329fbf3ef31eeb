// SPDX-License-Identifier: GPL-3.0-or-later
//
// As many tokens as the models have room for, in the memory that was planned for them and no more.
// $LECTERN_LONG_TOKENS sets how many; 262,144 take minutes, so that a plain run reads fewer.
#include "tests/support/backends.h"
#include "tests/support/engine_fixture.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace lectern {
namespace {

constexpr int64_t kPlainTokens = 4096;
// Besides weights, states and the model's working memory: the program, the kernels' own workspace,
// one row of logits and the tables of pages.
constexpr int64_t kBesidesBytes = 48 << 20;

int64_t longTokens() {
  const char* text = std::getenv("LECTERN_LONG_TOKENS");
  return text != nullptr ? std::atoll(text) : kPlainTokens;
}

// The largest resident size since `forgetPeak`, from the system's own account.
int64_t peakBytes() {
  std::ifstream status("/proc/self/status");
  for (std::string key; status >> key;) {
    int64_t kibibytes = 0;
    if (key == "VmHWM:" && status >> kibibytes) return kibibytes << 10;
  }
  return 0;
}
void forgetPeak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

class LongContext : public testing::TestWithParam<const char*> {};

TEST_P(LongContext, RunsInThePlannedMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's own memory would be measured";
#endif
  const int64_t count = longTokens();
  forgetPeak();
  const int64_t before = peakBytes();
  ASSERT_GT(before, 0);
  const auto start = std::chrono::steady_clock::now();
  LoadedModel loaded =
      LoadedModel::load(
          std::string(GetParam()) == "mini" ? tiny_model::miniConfig() : tiny_model::midiConfig(),
          test::backendNames().front(), count)
          .value();
  forgetPeak();  // files that were written and mapped
  States states = loaded.newStates();
  const int64_t size = loaded.model->chunkTokens();
  std::vector<int32_t> chunk(static_cast<size_t>(size));
  while (states.position() + size < count) {
    for (size_t i = 0; i < chunk.size(); ++i) {
      const int64_t t = states.position() + static_cast<int64_t>(i);
      chunk[i] = static_cast<int32_t>((t * t + 3 * t + 1) % loaded.config.vocabSize);
    }
    ASSERT_TRUE(loaded.model->run(states, chunk, {}));
  }
  const int64_t afterReading = peakBytes();
  const std::vector<float> heads(
      static_cast<size_t>(loaded.config.attentionLayers() * loaded.config.numAttentionHeads), 1.0F);
  int steps = 0;
  for (; steps < 8; ++steps) {
    ASSERT_TRUE(loaded.model->run(states, std::span(chunk).first(1),
                                  {.allLogits = false, .tapWeights = heads}));
  }
  for (const float logit : loaded.model->logits()) ASSERT_TRUE(std::isfinite(logit));
  ASSERT_TRUE(loaded.model->run(
      states, std::span(chunk).first(static_cast<size_t>(count - states.position())), {}));
  EXPECT_EQ(states.position(), count);
  EXPECT_EQ(loaded.model->run(states, std::span(chunk).first(1), {}).error().code,
            ErrorCode::DoesNotFit);

  const int64_t planned = loaded.backend->heldBytes();
  const int64_t used = std::max(peakBytes(), afterReading) - before;
  EXPECT_LE(used, planned + kBesidesBytes);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::cout << GetParam() << " on " << loaded.backend->properties().name << ": " << count
            << " tokens in " << seconds.count() << " s, at most " << (used >> 10)
            << " KiB more than "
            << "before, of " << (planned >> 10) << " KiB planned\n";
}

INSTANTIATE_TEST_SUITE_P(Shapes,
                         LongContext,
                         testing::Values("mini", "midi"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace lectern
