// SPDX-License-Identifier: GPL-3.0-or-later
//
// A stop at each step of each long call: it is obeyed at the next step, and leaves what is whole.
#include "core/engine/engine.h"
#include "tests/support/saved_states.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"
#include "tests/support/wrapped_backend.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace lectern {
namespace {

using test::TemporaryFolder;

class Cancel : public testing::Test {
 protected:
  void SetUp() override {
    nlohmann::json config = tiny_model::miniConfig();
    config.erase("eos_token_id");  // random weights would end where they please
    ASSERT_TRUE(tiny_model::write(folder_.path(), config));
    engine_ = open({}, {}).value();
  }
  Result<std::unique_ptr<Engine>> open(const ByteProgress& loading, std::stop_token stop) {
    return Engine::open(folder_.path(), {.windowTokens = 4096, .loading = loading}, stop);
  }
  static std::vector<int32_t> tokens(size_t count) {
    std::vector<int32_t> list(count);
    for (size_t i = 0; i < count; ++i) list[i] = static_cast<int32_t>(3 + i * i % 29);
    return list;
  }
  States read(size_t count) {
    States states = engine_->newStates().value();
    EXPECT_TRUE(engine_->prefill(states, tokens(count), {}, {}));
    return states;
  }
  std::vector<float> logits() {
    return std::vector<float>(engine_->logits().begin(), engine_->logits().end());
  }

  // Calls `attempt` with a step to call at each step, and a token that stops at the first of them,
  // at the second, … until it ends before that; says how many steps it has. No further step may
  // follow a stop.
  using Step = std::function<void()>;
  static int stopAtEach(const std::function<Result<void>(const Step&, std::stop_token)>& attempt) {
    for (int stopAt = 1;; ++stopAt) {
      int steps = 0;
      std::stop_source source;
      const Result<void> result = attempt(
          [&] {
            if (++steps == stopAt) source.request_stop();
          },
          source.get_token());
      EXPECT_LE(steps, stopAt);
      if (result) return steps;
      EXPECT_EQ(result.error().code, ErrorCode::Cancelled);
      EXPECT_EQ(steps, stopAt);
      if (steps < stopAt) return -1;
    }
  }

  TemporaryFolder folder_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(Cancel, LoadingStopsBetweenTensors) {
  const int steps = stopAtEach([&](const Step& step, std::stop_token stop) -> Result<void> {
    TRY(open([&](int64_t, int64_t) { step(); }, stop));
    return {};
  });
  EXPECT_EQ(steps, 83);
}

TEST_F(Cancel, ReadingStopsBetweenChunksAndGoesOnWithTheSameBits) {
  const auto list = tokens(1030);
  read(1030);
  const auto expected = logits();
  const int steps = stopAtEach([&](const Step& step, std::stop_token stop) -> Result<void> {
    States states = engine_->newStates().value();
    int64_t last = 0;
    const auto progress = [&](int64_t done) {
      last = done;
      step();
    };
    const Result<void> result = engine_->prefill(states, list, progress, stop);
    if (result) return result;
    EXPECT_EQ(states.position(), last);
    EXPECT_EQ(last % engine_->chunkTokens(), 0);
    EXPECT_TRUE(
        engine_->prefill(states, std::span(list).subspan(static_cast<size_t>(last)), {}, {}));
    EXPECT_EQ(logits(), expected);
    return result;
  });
  EXPECT_EQ(steps, 3);
}

// A stop may come at any moment, not only while progress is told.
TEST_F(Cancel, ReadingStopsWithinAChunkWhenAnotherThreadAsks) {
  const auto list = tokens(4096);
  States states = engine_->newStates().value();
  std::stop_source source;
  std::atomic<int64_t> done = 0;
  int64_t doneAfterAsking = 0;
  std::jthread asking([&] {
    done.wait(0);
    source.request_stop();
    doneAfterAsking = done;
  });
  const Result<void> result = engine_->prefill(
      states, list,
      [&](int64_t now) {
        done = now;
        done.notify_one();
      },
      source.get_token());
  asking.join();
  EXPECT_EQ(result.has_value(), states.position() == 4096);
  EXPECT_LE(states.position(), doneAfterAsking + engine_->chunkTokens());
}

TEST_F(Cancel, AllLogitsStopBetweenChunks) {
  const int steps = stopAtEach([&](const Step& step, std::stop_token stop) -> Result<void> {
    States states = engine_->newStates().value();
    const auto sink = [&](std::span<const float>) -> Result<void> {
      step();
      return {};
    };
    return engine_->allLogits(states, tokens(1030), sink, stop);
  });
  EXPECT_EQ(steps, 3);
}

TEST_F(Cancel, WritingStopsWithinATokenAndGoesOnWithTheSameTokens) {
  const auto write = [&](States& states, std::vector<int32_t>& written, const Step& step,
                         std::stop_token stop) -> Result<void> {
    GenerateOptions options;
    options.maxTokens = 12 - static_cast<int64_t>(written.size());
    TRY(engine_->generate(
        states, options,
        [&](const GeneratedToken& token) -> Result<void> {
          written.push_back(token.token);
          step();
          return {};
        },
        stop));
    return {};
  };
  std::vector<int32_t> expected;
  {
    States states = read(40);
    ASSERT_TRUE(write(states, expected, [] {}, {}));
  }
  const int steps = stopAtEach([&](const Step& step, std::stop_token stop) -> Result<void> {
    States states = read(40);
    std::vector<int32_t> written;
    const Result<void> result = write(states, written, step, stop);
    EXPECT_EQ(states.position(), 40 + static_cast<int64_t>(written.size()));
    if (result) return result;
    EXPECT_TRUE(write(states, written, [] {}, {}));
    EXPECT_EQ(written, expected);
    return result;
  });
  EXPECT_EQ(steps, 12);
}

// What of a saved reading grows is saved and taken back a page at a time.
class CancelSaved : public Cancel {
 protected:
  CancelSaved()
      : backend_(std::make_shared<test::WrappedBackend>(kernels::openBackend("", 1).value())) {}
  void SetUp() override {
    Cancel::SetUp();
    engine_ = Engine::open(folder_.path(), {.windowTokens = 4096}, backend_, {}).value();
  }

  const std::shared_ptr<test::WrappedBackend> backend_;
};

TEST_F(CancelSaved, SavingLeavesNothingBehind) {
  const auto path = folder_.path() / "states" / "pages";
  ASSERT_TRUE(std::filesystem::create_directory(path.parent_path()));
  const States states = read(1030);
  const int steps = stopAtEach([&](const Step& step, std::stop_token stop) -> Result<void> {
    backend_->beforeWait = [&]() -> Result<void> {
      step();
      return {};
    };
    const Result<void> result = states.savePages(path, engine_->modelHash(), {}, stop);
    EXPECT_EQ(std::filesystem::is_empty(path.parent_path()), !result.has_value());
    return result;
  });
  backend_->beforeWait = nullptr;
  EXPECT_EQ(steps, 3);
  EXPECT_GT(static_cast<int64_t>(std::filesystem::file_size(path)), states.pageBytesFrom(0));
}

TEST_F(CancelSaved, RestoringStopsBetweenPages) {
  const auto path = folder_.path() / "state";
  const States states = read(1030);
  ASSERT_TRUE(test::saveWhole(states, path, engine_->modelHash()));
  const int steps = stopAtEach([&](const Step& step, std::stop_token stop) -> Result<void> {
    backend_->beforeAllocate = [&](int64_t, std::string_view what) -> Result<void> {
      if (what == "The memory of what was read") step();
      return {};
    };
    EXPECT_EQ(TRY(engine_->restore(test::filesAt(path), stop)).prefix(), states.prefix());
    return {};
  });
  EXPECT_EQ(steps, 3);
}

}  // namespace
}  // namespace lectern
