// SPDX-License-Identifier: GPL-3.0-or-later
//
// The host's own memory, in a program of its own because it replaces `operator new`. Large memory
// comes from backends and is a Result; what small memory throws passes through the engine and is
// turned into OutOfMemory where a thread begins. On the way nothing may leak (the sanitizers see to
// that), and what was there before must be as it was, or say that it is not.
#include "core/engine/engine.h"
#include "tests/support/saved_states.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"
#include "tests/support/wrapped_backend.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace {

thread_local int64_t requestsUntilRefusal = -1;  // −1: none is refused
thread_local size_t largestRequest = 0;

}  // namespace

// Not inlined: g++ 12 would see `free` beside `new` and warn.
[[gnu::noinline]] void* operator new(size_t bytes) {
  largestRequest = std::max(largestRequest, bytes);
  const bool refused = requestsUntilRefusal == 0;
  if (requestsUntilRefusal >= 0) --requestsUntilRefusal;
  void* memory = refused ? nullptr : std::malloc(std::max<size_t>(bytes, 1));
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return operator new(bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace lectern {
namespace {

using test::TemporaryFolder;

class HostMemory : public testing::Test {
 protected:
  void SetUp() override {
    config_.erase("eos_token_id");  // random weights would end where they please
    ASSERT_TRUE(tiny_model::write(folder_.path(), config_));
    engine_ = open().value();
  }
  Result<std::unique_ptr<Engine>> open() {
    return Engine::open(folder_.path(), {.windowTokens = 2048}, backend_, {});
  }
  States read(size_t count) {
    States states = engine_->newStates().value();
    EXPECT_TRUE(engine_->prefill(states, tokens(count), {}, {}));
    return states;
  }
  static std::vector<int32_t> tokens(size_t count) {
    std::vector<int32_t> list(count);
    for (size_t i = 0; i < count; ++i) list[i] = static_cast<int32_t>(3 + i * i % 29);
    return list;
  }
  std::vector<float> logits() {
    return std::vector<float>(engine_->logits().begin(), engine_->logits().end());
  }

  // Calls as a thread's entry does, with one request refused.
  Result<void> callRefusing(int64_t request, const std::function<Result<void>()>& call) {
    requestsUntilRefusal = request;
    Result<void> result;
    try {
      result = call();
    } catch (const std::bad_alloc&) {
      result = Error{ErrorCode::OutOfMemory, "There is no memory left."};
    }
    refused_ = requestsUntilRefusal < 0;
    requestsUntilRefusal = -1;
    return result;
  }
  // `attempt` calls once through `callRefusing` and looks at what is left. The first sixteen
  // requests are refused each, then every sixteenth part further; says how many that were.
  int refuseMany(const std::function<void(int64_t request)>& attempt) {
    int refusals = 0;
    for (int64_t request = 0;; request += 1 + request / 16) {
      attempt(request);
      if (!refused_) return refusals;
      ++refusals;
    }
  }
  static void expectOutOfMemory(const Result<void>& result) {
    if (result) return;  // the standard library gets along without memory that it only wished for
    EXPECT_EQ(result.error().code, ErrorCode::OutOfMemory) << result.error().message;
  }

  nlohmann::json config_ = tiny_model::miniConfig();
  TemporaryFolder folder_;
  std::shared_ptr<test::WrappedBackend> backend_ =
      std::make_shared<test::WrappedBackend>(kernels::openBackend("reference", 1).value());
  std::unique_ptr<Engine> engine_;
  bool refused_ = false;
};

// nlohmann::json's destructor asks for memory to take nested values apart without recursion, and is
// noexcept: what is refused there ends the program, and no caller can help it. So each attempt is a
// process of its own, and these ends are counted; every other request must be survived.
enum Outcome : int { Survived = 0, Broken = 1, NothingRefused = 2, InADestructor = 3 };

[[noreturn]] void endedInADestructor() {
  requestsUntilRefusal = -1;
  std::_Exit(InADestructor);
}

TEST_F(HostMemory, RefusedWhileOpeningLeavesNothing) {
  engine_.reset();
  const auto attempt = [&](int64_t request) -> Outcome {
    expectOutOfMemory(callRefusing(request, [&]() -> Result<void> {
      TRY(open());
      return {};
    }));
    EXPECT_EQ(backend_->heldBytes(), 0);
    if (HasFailure()) return Broken;
    return refused_ ? Survived : NothingRefused;
  };
  int survived = 0;
  int inDestructors = 0;
  for (int64_t request = 0;; request += 1 + request / 16) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      std::set_terminate(endedInADestructor);
      std::exit(attempt(request));  // with the sanitizers' look at what leaked
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status)) << "request " << request;
    if (WEXITSTATUS(status) == NothingRefused) break;
    survived += WEXITSTATUS(status) == Survived ? 1 : 0;
    inDestructors += WEXITSTATUS(status) == InADestructor ? 1 : 0;
    ASSERT_TRUE(WEXITSTATUS(status) == Survived || WEXITSTATUS(status) == InADestructor)
        << "request " << request << " ended with " << WEXITSTATUS(status);
  }
  EXPECT_GE(survived, 50);
  EXPECT_LE(inDestructors, survived / 20);
  EXPECT_TRUE(open().has_value());
}

TEST_F(HostMemory, RefusedWhileReadingKeepsTheStatesOrSpendsThem) {
  const auto list = tokens(30);
  const States root = read(20);
  States plain = root.fork().value();
  ASSERT_TRUE(engine_->prefill(plain, list, {}, {}));
  const auto expected = logits();
  const int refusals = refuseMany([&](int64_t request) {
    States states = root.fork().value();
    const Result<void> result =
        callRefusing(request, [&] { return engine_->prefill(states, list, {}, {}); });
    expectOutOfMemory(result);
    if (result) return;
    const Result<void> again = engine_->prefill(states, list, {}, {});
    if (!again) {
      EXPECT_NE(again.error().message.find("is lost"), std::string::npos) << again.error().message;
      States fresh = root.fork().value();
      EXPECT_TRUE(engine_->prefill(fresh, list, {}, {}));
    }
    EXPECT_EQ(logits(), expected);
  });
  EXPECT_GE(refusals, 10);
}

TEST_F(HostMemory, RefusedWhileWritingKeepsTheEngine) {
  const States root = read(20);
  const auto write = [&](States& states) -> Result<void> {
    TRY(engine_->generate(states, {.maxTokens = 4},
                          [](const GeneratedToken&) -> Result<void> { return {}; }, {}));
    return {};
  };
  const int refusals = refuseMany([&](int64_t request) {
    read(20);  // leaves the logits to begin with
    States states = root.fork().value();
    expectOutOfMemory(callRefusing(request, [&] { return write(states); }));
  });
  EXPECT_GE(refusals, 10);
  read(20);
  States states = root.fork().value();
  EXPECT_TRUE(write(states));
}

TEST_F(HostMemory, RefusedWhileForkingSavingAndRestoringLeavesTheOriginal) {
  const States states = read(20);
  const auto path = folder_.path() / "states" / "state";
  ASSERT_TRUE(std::filesystem::create_directory(path.parent_path()));
  const int64_t held = backend_->heldBytes();
  EXPECT_GE(refuseMany([&](int64_t request) {
              expectOutOfMemory(callRefusing(request, [&]() -> Result<void> {
                TRY(states.fork());
                return {};
              }));
              EXPECT_EQ(backend_->heldBytes(), held);
            }),
            3);
  EXPECT_GE(refuseMany([&](int64_t request) {
              expectOutOfMemory(callRefusing(
                  request, [&] { return test::saveWhole(states, path, engine_->modelHash()); }));
              // Each file is whole or not there: the last requests come when it has its name
              // already.
              for (const auto& file : std::filesystem::directory_iterator(path.parent_path())) {
                EXPECT_TRUE(readStatesFileHeader(file).has_value()) << file.path();
                std::filesystem::remove(file);
              }
            }),
            3);
  ASSERT_TRUE(test::saveWhole(states, path, engine_->modelHash()));
  EXPECT_GE(refuseMany([&](int64_t request) {
              expectOutOfMemory(callRefusing(request, [&]() -> Result<void> {
                TRY(engine_->restore(test::filesAt(path)));
                return {};
              }));
              EXPECT_EQ(backend_->heldBytes(), held);
            }),
            3);
}

// Sides that a config claims are compared with the file before memory is asked for by them.
TEST_F(HostMemory, IsNotAskedForWhatOnlyAConfigClaims) {
  engine_.reset();
  int refused = 0;
  const nlohmann::json honestConfig = tiny_model::miniConfig();
  for (const auto& [key, honest] : honestConfig.items()) {
    if (!honest.is_number_integer()) continue;
    for (const uint64_t claim :
         {uint64_t{0}, uint64_t{1}, uint64_t{3}, uint64_t{64}, uint64_t{1} << 10, uint64_t{1} << 20,
          uint64_t{1} << 24, (uint64_t{1} << 31) - 1, uint64_t{1} << 31, uint64_t{1} << 62,
          ~uint64_t{0}}) {
      nlohmann::json config = config_;
      config[key] = claim;
      std::ofstream(folder_.path() / "config.json") << config.dump();
      int64_t asked = 0;
      backend_->beforeAllocate = [&](int64_t bytes, std::string_view) -> Result<void> {
        asked += bytes;
        return {};
      };
      largestRequest = 0;
      const auto engine = open();
      EXPECT_LT(asked, 4 << 20) << key << " = " << claim;
      EXPECT_LT(largestRequest, size_t{1} << 20) << key << " = " << claim;
      if (engine) continue;
      ++refused;
      EXPECT_EQ(engine.error().code, ErrorCode::ModelUnusable);
    }
  }
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace lectern
