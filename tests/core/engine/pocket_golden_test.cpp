// SPDX-License-Identifier: GPL-3.0-or-later
// The model that is shipped, as a user's program opens it, against the code that trained it.
#include "core/engine/engine.h"
#include "tests/support/backends.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <vector>

namespace lectern {
namespace {

constexpr size_t kRows = 8;

std::vector<float> expectedLogits() {
  std::ifstream file(LECTERN_SOURCE_DIR "/tests/golden/pocket.logits.f32", std::ios::binary);
  std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
  std::vector<float> logits(bytes.size() / sizeof(float));
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(logits.data()));
  return logits;
}

class PocketGolden : public testing::TestWithParam<std::string> {};

TEST_P(PocketGolden, EqualsTheTrainingCode) {
  EngineOptions options;
  options.backend = GetParam();
  options.windowTokens = 512;
  auto engine = Engine::open(LECTERN_SOURCE_DIR "/resources/models/pocket", options, {});
  ASSERT_TRUE(engine) << engine.error().message;

  std::vector<int32_t> tokens = {1};  // as make_pocket_golden.py has them
  for (int i = 0; i < 63; ++i) tokens.push_back((i * 389 + 97) % 2048);
  States states = (*engine)->newStates().value();
  std::vector<float> logits;
  ASSERT_TRUE((*engine)->allLogits(states, tokens,
                                   [&logits](std::span<const float> rows) -> Result<void> {
                                     logits.insert(logits.end(), rows.begin(), rows.end());
                                     return {};
                                   },
                                   {}));

  const std::vector<float> expected = expectedLogits();
  const auto vocabulary = static_cast<size_t>((*engine)->config().vocabSize);
  ASSERT_EQ(expected.size(), kRows * vocabulary);
  ASSERT_EQ(logits.size(), tokens.size() * vocabulary);
  const float* last = logits.data() + logits.size() - expected.size();
  double worst = 0;
  double largest = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    worst = std::max(worst, std::abs(double{last[i]} - expected[i]));
    largest = std::max(largest, std::abs(double{expected[i]}));
  }
  // The vocabulary's matrix is large enough to meet activations in bfloat16 where a backend has
  // them, off by up to 2⁻⁹.
  const bool rounds =
      GetParam().starts_with("cuda") || GetParam().ends_with("bf16") || GetParam().ends_with("amx");
  EXPECT_LT(worst / largest, rounds ? 2e-3 : 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Backends,
                         PocketGolden,
                         testing::ValuesIn(test::backendNames()),
                         [](const auto& info) { return test::asTestName(info.param); });

}  // namespace
}  // namespace lectern
