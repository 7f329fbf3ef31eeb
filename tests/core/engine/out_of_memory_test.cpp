// SPDX-License-Identifier: GPL-3.0-or-later
//
// A backend refuses the first, the second, … the last memory that a call asks for: the call must
// say so, give back what it had, and leave what was there before as it was.
#include "core/engine/engine.h"
#include "tests/support/saved_states.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"
#include "tests/support/wrapped_backend.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lectern {
namespace {

using test::TemporaryFolder;
using test::WrappedBackend;

class OutOfMemory : public testing::Test {
 protected:
  void SetUp() override {
    nlohmann::json config = tiny_model::miniConfig();
    config.erase("eos_token_id");  // random weights would end where they please
    ASSERT_TRUE(tiny_model::write(folder_.path(), config));
    engine_ = open().value();
  }
  Result<std::unique_ptr<Engine>> open() {
    return Engine::open(folder_.path(), {.windowTokens = 2048}, backend_, {});
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

  // Calls `attempt` with its first request refused, with its second, … until it asks for no more;
  // says how often it was refused. `attempt` returns what the call returned.
  int refuseEach(const std::function<Result<void>()>& attempt) {
    for (int refused = 0;; ++refused) {
      int requests = 0;
      std::string words;
      backend_->beforeAllocate = [&](int64_t bytes, std::string_view purpose) -> Result<void> {
        if (requests++ != refused) return {};
        EXPECT_GT(bytes, 0);
        EXPECT_FALSE(purpose.empty());
        words = fmt::format("{} needs {} bytes, and there are none.", purpose, bytes);
        return Error{ErrorCode::OutOfMemory, words};
      };
      const int64_t held = backend_->heldBytes();
      const Result<void> result = attempt();
      backend_->beforeAllocate = nullptr;
      EXPECT_EQ(backend_->heldBytes(), held) << "after refusal " << refused;
      if (requests <= refused) {
        EXPECT_TRUE(result.has_value());
        return refused;
      }
      if (result.has_value()) {
        ADD_FAILURE() << "refusal " << refused << " was lost";
        return refused;
      }
      EXPECT_EQ(result.error().code, ErrorCode::OutOfMemory);
      EXPECT_EQ(result.error().message, words);
    }
  }

  TemporaryFolder folder_;
  std::shared_ptr<WrappedBackend> backend_ =
      std::make_shared<WrappedBackend>(kernels::openBackend("", 2).value());
  std::unique_ptr<Engine> engine_;
};

TEST_F(OutOfMemory, OpeningSaysSoAndHoldsNothing) {
  engine_.reset();
  EXPECT_EQ(backend_->heldBytes(), 0);
  const int refusals = refuseEach([&]() -> Result<void> {
    TRY(open());
    return {};
  });
  EXPECT_GE(refusals, 5);  // the weights, all at once, and the working memory
}

TEST_F(OutOfMemory, NewSequencesAndForksSaySoAndHoldNothing) {
  EXPECT_GE(refuseEach([&]() -> Result<void> {
              TRY(engine_->newStates());
              return {};
            }),
            2);
  const States root = read(600);
  EXPECT_GE(refuseEach([&]() -> Result<void> {
              TRY(root.fork());
              return {};
            }),
            2);
}

TEST_F(OutOfMemory, ReadingKeepsWhatItHasReadAndGoesOnWithTheSameBits) {
  const auto list = tokens(1030);
  read(1030);
  const auto expected = logits();
  const int refusals = refuseEach([&]() -> Result<void> {
    States states = TRY(engine_->newStates());
    const Result<void> result = engine_->prefill(states, list, {}, {});
    if (result) return result;
    EXPECT_EQ(states.position() % engine_->chunkTokens(), 0);
    const auto rest = std::span(list).subspan(static_cast<size_t>(states.position()));
    EXPECT_TRUE(engine_->prefill(states, rest, {}, {}));
    EXPECT_EQ(logits(), expected);
    return result;
  });
  EXPECT_EQ(refusals, 2 + 3);  // the sequence's own two, and a page a chunk
}

TEST_F(OutOfMemory, ReadingOnAForkKeepsTheBranchesApart) {
  const auto more = tokens(20);
  States root = read(600);
  States plain = root.fork().value();
  ASSERT_TRUE(engine_->prefill(plain, more, {}, {}));
  const auto expected = logits();
  const int refusals = refuseEach([&]() -> Result<void> {
    States fork = TRY(root.fork());
    const Result<void> result = engine_->prefill(fork, more, {}, {});
    if (result) return result;
    EXPECT_TRUE(engine_->prefill(fork, more, {}, {}));
    EXPECT_EQ(logits(), expected);
    return result;
  });
  EXPECT_EQ(refusals, 2 + 1);
}

TEST_F(OutOfMemory, WritingKeepsWhatItHasWritten) {
  const auto write = [&](States& states, std::vector<int32_t>& written) -> Result<void> {
    GenerateOptions options;
    options.maxTokens = 10 - static_cast<int64_t>(written.size());
    TRY(engine_->generate(states, options,
                          [&](const GeneratedToken& token) -> Result<void> {
                            written.push_back(token.token);
                            return {};
                          },
                          {}));
    return {};
  };
  std::vector<int32_t> expected;
  {
    States states = read(508);
    ASSERT_TRUE(write(states, expected));
  }
  const int refusals = refuseEach([&]() -> Result<void> {
    States states = TRY(engine_->newStates());
    TRY(engine_->prefill(states, tokens(508), {}, {}));
    std::vector<int32_t> written;
    const Result<void> result = write(states, written);
    if (result) return result;
    EXPECT_EQ(written.size(), 4U);  // a page of the cache ends there
    EXPECT_TRUE(write(states, written));
    EXPECT_EQ(written, expected);
    return result;
  });
  EXPECT_EQ(refusals, 3 + 1);
}

TEST_F(OutOfMemory, RestoringSaysSoAndHoldsNothing) {
  const auto path = folder_.path() / "state";
  ASSERT_TRUE(test::saveWhole(read(1030), path, engine_->modelHash()));
  const int refusals = refuseEach([&]() -> Result<void> {
    TRY(engine_->restore(test::filesAt(path)));
    return {};
  });
  EXPECT_EQ(refusals, 2 + 3);
}

// A device that fails in the middle of a step leaves states that are neither here nor there.
TEST_F(OutOfMemory, AFaultInTheMiddleOfAStepSpendsTheSequenceAlone) {
  States states = read(100);
  const States whole = states.fork().value();
  backend_->beforeWait = []() -> Result<void> {
    return Error{ErrorCode::Internal, "The device has failed in AddNorm."};
  };
  EXPECT_EQ(engine_->prefill(states, tokens(3), {}, {}).error().message,
            "The device has failed in AddNorm.");
  backend_->beforeWait = nullptr;

  const std::string words =
      "What was read is lost: a fault struck in the middle of a step after 100 tokens. Restore a "
      "saved reading, or read again.";
  EXPECT_EQ(engine_->prefill(states, tokens(3), {}, {}).error().message, words);
  EXPECT_EQ(states.fork().error().message, words);
  EXPECT_EQ(test::saveWhole(states, folder_.path() / "spent", engine_->modelHash()).error().message,
            words);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "spent"));

  States again = whole.fork().value();
  EXPECT_TRUE(engine_->prefill(again, tokens(3), {}, {}));
}

}  // namespace
}  // namespace lectern
