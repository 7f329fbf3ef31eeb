// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/answer/answer_service.h"

#include "tests/core/answer/answering_fixture.h"
#include "tests/support/answer_model_fixture.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace lectern {
namespace {

using test::Heard;
using test::TinyAnswerModel;
using test::TinyFamily;

/// Hears a question's events on the service's thread, and waits for the last on another.
class Listener {
 public:
  AnswerSink sink(std::function<void(const AnswerEvent&)> also = {}) {
    return [this, also](const AnswerEvent& event) {
      if (also) also(event);
      const std::lock_guard lock(mutex_);
      thread_ = std::this_thread::get_id();
      heard_.take(event);
      if (heard_.ends > 0) ended_.notify_all();
    };
  }
  Heard wait() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(ended_.wait_for(lock, std::chrono::minutes(2), [this] { return heard_.ends > 0; }));
    EXPECT_NE(thread_, std::this_thread::get_id());
    return heard_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  Heard heard_;
  std::thread::id thread_;
};

class AnswerServiceTest : public test::AnsweringTest {
 protected:
  AnswerServiceOptions options() {
    AnswerServiceOptions made;
    made.libraryFolder = folder.path();
    made.modelFolder = model.path();
    made.engine.backend = "reference";
    return made;
  }
  AnswerRequest request(uint64_t seed, int64_t tokens = 40) {
    AnswerRequest made;
    made.question = "How much is the deposit?";
    made.scope = {lease};
    made.options.maxTokens = tokens;
    made.options.sampler.temperature = 1.5;
    made.options.sampler.seed = seed;
    return made;
  }

  TinyAnswerModel model{TinyFamily::Jamba2};
};

TEST_F(AnswerServiceTest, AnswersQuestionsInTheirOrder) {
  AnswerService service(options());
  std::mutex mutex;
  std::vector<int> order;
  std::vector<Listener> listeners(3);
  for (int i = 0; i < 3; ++i) {
    service.ask(request(static_cast<uint64_t>(i)),
                listeners[static_cast<size_t>(i)].sink([&, i](const AnswerEvent& event) {
                  if (!std::holds_alternative<Finished>(event)) return;
                  const std::lock_guard lock(mutex);
                  order.push_back(i);
                }));
  }
  for (Listener& listener : listeners) EXPECT_TRUE(listener.wait().finished);
  const std::lock_guard lock(mutex);
  EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 2));
}

TEST_F(AnswerServiceTest, AStoppedQuestionEndsAndTheNextIsAnswered) {
  AnswerService service(options());
  Listener first;
  std::stop_source stop;
  const auto handle = service.ask(request(1, 100'000), first.sink());
  Listener waiting;
  const auto behind = service.ask(request(2), waiting.sink());
  behind.stop();
  handle.stop();
  const Heard heard = first.wait();
  EXPECT_TRUE(heard.failed ? heard.failed->code == ErrorCode::Cancelled
                           : heard.finished->end == AnswerEnd::Stopped ||
                                 heard.finished->end == AnswerEnd::Whole);
  EXPECT_EQ(waiting.wait().failed->code, ErrorCode::Cancelled);
  Listener next;
  service.ask(request(3), next.sink());
  EXPECT_TRUE(next.wait().finished);
}

TEST_F(AnswerServiceTest, ItsEndStopsWhatRunsAndFailsWhatWaits) {
  Listener running;
  Listener waiting;
  {
    AnswerService service(options());
    service.ask(request(1, 1'000'000), running.sink());
    service.ask(request(2), waiting.sink());
  }
  EXPECT_TRUE(running.wait().ends == 1);
  EXPECT_EQ(waiting.wait().failed->code, ErrorCode::Cancelled);
}

TEST_F(AnswerServiceTest, AModelThatIsNotThereFailsEachQuestion) {
  AnswerServiceOptions wrong = options();
  wrong.modelFolder = folder.path() / "no-model";
  AnswerService service(wrong);
  for (int i = 0; i < 2; ++i) {
    Listener listener;
    service.ask(request(1), listener.sink());
    EXPECT_EQ(listener.wait().failed->code, ErrorCode::ModelUnusable);
  }
}

TEST_F(AnswerServiceTest, QuestionsMayComeFromManyThreads) {
  AnswerService service(options());
  std::vector<Listener> listeners(8);
  std::vector<std::jthread> threads;
  for (size_t i = 0; i < listeners.size(); ++i) {
    threads.emplace_back([&, i] {
      const auto handle = service.ask(request(i, 10), listeners[i].sink());
      if (i % 3 == 0) handle.stop();
    });
  }
  for (Listener& listener : listeners) EXPECT_EQ(listener.wait().ends, 1);
}

}  // namespace
}  // namespace lectern
