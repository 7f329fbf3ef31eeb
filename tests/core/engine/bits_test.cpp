// SPDX-License-Identifier: GPL-3.0-or-later
//
// What may change no bit, for every layout on every backend: the same chunks again, another number
// of threads, a fork, a save and restore. And what may change none on the reference and little
// elsewhere: the sizes of the chunks.
#include "tests/support/backends.h"
#include "tests/support/engine_fixture.h"
#include "tests/support/layouts.h"
#include "tests/support/saved_states.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>
#include <vector>

namespace lectern {
namespace {

class Bits : public testing::TestWithParam<std::tuple<std::string, Layout>> {
 protected:
  [[nodiscard]] static const std::string& backend() { return std::get<0>(GetParam()); }
  [[nodiscard]] static const Layout& layout() { return std::get<1>(GetParam()); }

  static LoadedModel load(int threads) {
    LoadedModel loaded =
        LoadedModel::load(layout().config(), backend(), 1024, layout().numbers, threads).value();
    loaded.cacheType = layout().cacheType;
    return loaded;
  }
  static std::vector<int32_t> tokens(const LoadedModel& loaded, int64_t count) {
    std::vector<int32_t> list;
    for (int64_t i = 0; i < count; ++i)
      list.push_back(static_cast<int32_t>((i * i + 5 * i + 1) % loaded.config.vocabSize));
    return list;
  }
};

double error(const std::vector<float>& logits, const std::vector<float>& expected) {
  double worst = 0;
  double largest = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    worst = std::max(worst, std::abs(double{logits[i]} - double{expected[i]}));
    largest = std::max(largest, std::abs(double{expected[i]}));
  }
  return worst / largest;
}

TEST_P(Bits, AreTheSameForAnyChunksOnTheReferenceAndCloseElsewhere) {
  LoadedModel loaded = load(2);
  const auto list = tokens(loaded, 50);
  States whole = loaded.newStates();
  const auto expected = loaded.read(whole, list, std::vector<int64_t>{50});
  ASSERT_EQ(expected.size(), 50U * static_cast<size_t>(loaded.config.vocabSize));
  for (const float logit : expected) ASSERT_TRUE(std::isfinite(logit));
  for (const std::vector<int64_t>& chunks :
       {std::vector<int64_t>{1}, {2}, {1, 49}, {49, 1}, {17, 1, 1, 16, 3, 12}}) {
    States parts = loaded.newStates();
    const auto logits = loaded.read(parts, list, chunks);
    ASSERT_EQ(logits.size(), expected.size());
    if (backend() == "reference") {
      EXPECT_EQ(logits, expected) << "chunks of " << testing::PrintToString(chunks);
    } else {
      EXPECT_LE(error(logits, expected), layout().isFloat32() ? 1e-5 : 2e-2)
          << "chunks of " << testing::PrintToString(chunks);
    }
    EXPECT_EQ(parts.prefix(), whole.prefix());
  }
}

TEST_P(Bits, AreTheSameAgainAndForAnyNumberOfThreads) {
  const std::vector<int64_t> grid = {30, 1, 1, 33};
  std::vector<float> expected;
  for (const int threads : {1, 1, 2, 3, 4}) {
    LoadedModel loaded = load(threads);
    States states = loaded.newStates();
    const auto logits = loaded.read(states, tokens(loaded, 70), grid);
    if (expected.empty()) expected = logits;
    EXPECT_EQ(logits, expected) << threads << " threads";
  }
}

TEST_P(Bits, AreTheSameReplayedAndOperationByOperation) {
  LoadedModel replayed = load(2);
  LoadedModel oneByOne = load(2);
  oneByOne.backend->replaysOneByOne = true;
  States first = replayed.newStates();
  States second = oneByOne.newStates();
  const auto list = tokens(replayed, 30);
  const auto expected = oneByOne.read(second, list, std::vector<int64_t>{10, 1});
  EXPECT_EQ(replayed.read(first, list, std::vector<int64_t>{10, 1}), expected);
  EXPECT_EQ(replayed.backend->replays(), 20);
  EXPECT_EQ(replayed.backend->recordings(), 1);
}

// 530 tokens are more than a page of the cache: a fork shares a full one and a part of one.
TEST_P(Bits, AreTheSameForAForkAndAfterRestoring) {
  LoadedModel loaded = load(2);
  const auto list = tokens(loaded, 560);
  const auto all = std::span(list);
  States states = loaded.newStates();
  loaded.read(states, all.first(530), std::vector<int64_t>{512});
  States fork = states.fork().value();
  States other = states.fork().value();
  const TemporaryFolder folder;
  ASSERT_TRUE(test::saveWhole(states, folder.path() / "state", Sha256{7}));

  // Another branch goes its own way between two steps of the others, and must leave no trace there.
  const auto goOn = [&](States& branch) {
    auto logits = loaded.read(branch, all.subspan(530, 10), std::vector<int64_t>{9, 1});
    loaded.read(other, all.first(20), std::vector<int64_t>{7});
    const auto rest = loaded.read(branch, all.subspan(540), std::vector<int64_t>{19, 1});
    logits.insert(logits.end(), rest.begin(), rest.end());
    return logits;
  };
  const auto expected = goOn(states);
  EXPECT_EQ(goOn(fork), expected);
  States restored =
      States::restore(test::filesAt(folder.path() / "state"), Sha256{7}, loaded.config,
                      loaded.cacheType, loaded.maxTokens, loaded.devices())
          .value();
  EXPECT_EQ(goOn(restored), expected);
  EXPECT_EQ(restored.prefix(), states.prefix());
  EXPECT_NE(other.prefix(), states.prefix());
}

INSTANTIATE_TEST_SUITE_P(Engine,
                         Bits,
                         testing::Combine(testing::ValuesIn(test::backendNames()),
                                          testing::ValuesIn(layouts())),
                         [](const auto& info) {
                           return test::asTestName(std::get<0>(info.param)) + "_" +
                                  std::get<1>(info.param).name;
                         });

}  // namespace
}  // namespace lectern
