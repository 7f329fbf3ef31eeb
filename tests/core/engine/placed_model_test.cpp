// SPDX-License-Identifier: GPL-3.0-or-later
//
// A model that one graphics card does not hold: experts that stay with the processor, and layers on
// two cards. Both must give what one card gives that holds it all, within what devices differ by.
// The cards are the stand-in for the CUDA runtime, where others hold as much of each card's memory
// as a test wants; the kernels are run by engine A.
#include "core/engine/device_choice.h"
#include "core/engine/engine.h"
#include "kernels/cuda/cuda_backend.h"
#include "tests/cuda_runtime/cuda_runtime.h"
#include "tests/simt/simt.h"
#include "tests/support/golden_model.h"
#include "tests/support/saved_states.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"
#include "tests/support/wrapped_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern {
namespace {

using cuda_runtime::MemoryKind;
using kernels::cuda::CudaBackend;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kWindow = 1024;
constexpr int64_t kCardBytes = int64_t{8} << 30;
constexpr int64_t kVocab = 64;
constexpr int64_t kChunkTokens = 64;  // a card that is filled by few, for these are no quick ones

// Some for the processor, some that are worth sending experts for, one alone.
const std::vector<size_t> kChunks = {5, 33, 1};
constexpr size_t kSteps = 5;

std::vector<int32_t> tokens() {
  size_t count = kSteps;
  for (const size_t chunk : kChunks) count += chunk;
  std::vector<int32_t> list;
  for (size_t i = 0; i < count; ++i) {
    list.push_back(static_cast<int32_t>((5 * i * i + 11 * i + 3) % kVocab));
  }
  return list;
}

class PlacedModel : public testing::Test {
 protected:
  // Eight layers: attention in 2 and 6, experts in 1, 3, 5 and 7, counted from 0.
  PlacedModel() {
    (void)::setenv("LECTERN_CUBLAS", "off", 1);
    config_ = tiny_model::miniConfig();
    config_.update(nlohmann::json::parse(R"({
      "vocab_size": 64, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 8,
      "num_attention_heads": 4, "num_key_value_heads": 2, "mamba_d_state": 4, "mamba_dt_rank": 4})"));
    config_.erase("eos_token_id");  // random weights would end where they please
    EXPECT_TRUE(tiny_model::write(folder_.path(), config_, {.bfloat16 = true}));
    cards({kCardBytes});
    const auto files = ModelFolder::open(folder_.path()).value();
    const ModelConfig config = parseModelConfig(files->config(), "config").value();
    needs_ = needsOnCard(*files, config, {{}, kernels::DType::F32, kWindow}, *card(0)).value();
    for (const LayerNeeds& layer : needs_.layers) {
      if (layer.experts > 0) expertBytes_ = layer.experts;
    }
  }
  ~PlacedModel() override {
    EXPECT_EQ(cuda_runtime::findingsText(), "");
    simt::reset();
  }

  /// Cards with so much memory free.
  static void cards(const std::vector<int64_t>& freeBytes) {
    cuda_runtime::Settings settings;
    settings.devices = static_cast<int>(freeBytes.size());
    settings.memoryBytes = kCardBytes;
    for (const int64_t free : freeBytes) settings.busyBytes.push_back(kCardBytes - free);
    simt::reset({.trace = false}, settings);
  }
  static std::shared_ptr<kernels::Backend> card(int index) {
    auto backend = std::make_shared<test::WrappedBackend>(CudaBackend::open(index).value());
    backend->rowsAtOnce = kChunkTokens;
    return backend;
  }
  /// What a card must have free to hold all but the experts of so many layers, with room to send
  /// them through.
  [[nodiscard]] int64_t freeForAllBut(int staying) const {
    return needs_.bytes() - staying * expertBytes_ + (staying > 0 ? expertBytes_ : 0);
  }
  Result<std::unique_ptr<Engine>> open() {
    std::vector<std::shared_ptr<kernels::Backend>> backends;
    for (int i = 0; i < cuda_runtime::settings().devices; ++i) backends.push_back(card(i));
    return Engine::open(folder_.path(), {.threads = 1, .windowTokens = kWindow}, backends, {});
  }

  static std::vector<float> readAndGoOn(Engine& engine, States& states, size_t from = 0) {
    std::vector<float> logits;
    const std::vector<int32_t> all = tokens();
    size_t at = 0;
    std::vector<size_t> chunks = kChunks;
    chunks.resize(chunks.size() + kSteps, 1);
    for (const size_t chunk : chunks) {
      if (at >= from) {
        EXPECT_TRUE(engine.prefill(states, std::span(all).subspan(at, chunk), {}, {}));
        logits.insert(logits.end(), engine.logits().begin(), engine.logits().end());
      }
      at += chunk;
    }
    return logits;
  }
  static std::vector<float> outcomeOf(Engine& engine) {
    States states = engine.newStates().value();
    return readAndGoOn(engine, states);
  }
  const std::vector<float>& outcomeOnOneCard() {
    static const std::vector<float> outcome = [this] {
      cards({kCardBytes});
      const auto engine = open().value();
      EXPECT_THAT(engine->placement(), IsEmpty());
      return outcomeOf(*engine);
    }();
    return outcome;
  }
  static void expectAlike(const std::vector<float>& logits, const std::vector<float>& expected) {
    ASSERT_EQ(logits.size(), expected.size());
    const double error = median(rowErrors(logits, expected, kVocab)) / largestMagnitude(expected);
    RecordProperty("median_error", std::to_string(error));
    EXPECT_LE(error, 2e-2);
    EXPECT_GE(sameTokens(logits, expected, kVocab), 3);
  }

  nlohmann::json config_;
  test::TemporaryFolder folder_;
  ModelNeeds needs_;
  int64_t expertBytes_ = 0;
};

TEST_F(PlacedModel, StaysWholeWhereItFits) {
  cards({freeForAllBut(0)});
  EXPECT_THAT(open().value()->placement(), IsEmpty());
  cards({freeForAllBut(0) - 1});
  EXPECT_THAT(open().value()->placement(), HasSubstr("The experts of"));
}

TEST_F(PlacedModel, GivesTheSameWhereSomeExpertsStay) {
  const std::vector<float> expected = outcomeOnOneCard();
  cards({freeForAllBut(2)});
  const auto engine = open().value();
  EXPECT_THAT(engine->placement(),
              AllOf(HasSubstr("The experts of 2 of 4 layers stay in the computer's memory"),
                    HasSubstr("free on cuda:0"), HasSubstr("when it reads they are sent there")));
  EXPECT_GT(engine->weights().stayingBytes, 0);
  EXPECT_GT(engine->workingMemory().experts, 0);
  expectAlike(outcomeOf(*engine), expected);
}

TEST_F(PlacedModel, GivesTheSameWhereAllExpertsStay) {
  const std::vector<float> expected = outcomeOnOneCard();
  cards({freeForAllBut(4)});
  const auto engine = open().value();
  EXPECT_THAT(engine->placement(), HasSubstr("The experts of 4 of 4 layers"));
  expectAlike(outcomeOf(*engine), expected);
}

TEST_F(PlacedModel, GivesTheSameWhereThereIsNoRoomToSendExpertsTo) {
  const std::vector<float> expected = outcomeOnOneCard();
  cards({freeForAllBut(4) - 1});
  const auto engine = open().value();
  EXPECT_THAT(engine->placement(), HasSubstr("no room to send them to"));
  EXPECT_EQ(engine->workingMemory().experts, 0);
  expectAlike(outcomeOf(*engine), expected);
}

TEST_F(PlacedModel, IsRefusedWhereItDoesNotFitWithoutExperts) {
  cards({int64_t{60} << 20});  // less than a card keeps free
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::OutOfMemory);
  EXPECT_THAT(refused.error().message,
              AllOf(HasSubstr("cuda:0"), HasSubstr("may stay in the computer's memory")));
  EXPECT_EQ(cuda_runtime::bytesInUse(MemoryKind::Device), 0);
}

// The planned memory is all that is taken, also where experts come and go.
TEST_F(PlacedModel, TakesNoMemoryOnceItIsPlannedWhereExpertsStay) {
  cards({freeForAllBut(3)});
  const auto engine = open().value();
  States states = engine->newStates().value();
  ASSERT_TRUE(states.reserve(static_cast<int64_t>(tokens().size())));
  const int64_t before =
      cuda_runtime::callCount("cudaMalloc") + cuda_runtime::callCount("cudaHostAlloc");
  cuda_runtime::refuseMemory(true);
  (void)readAndGoOn(*engine, states);
  EXPECT_EQ(cuda_runtime::callCount("cudaMalloc") + cuda_runtime::callCount("cudaHostAlloc"),
            before);
}

TEST_F(PlacedModel, SendsExpertsForManyTokensAlone) {
  cards({freeForAllBut(4)});
  const auto engine = open().value();
  const std::vector<int32_t> all = tokens();
  States states = engine->newStates().value();
  const auto copies = [&](size_t from, size_t count) {
    const int64_t before = cuda_runtime::callCount("cudaMemcpyAsync");
    EXPECT_TRUE(engine->prefill(states, std::span(all).subspan(from, count), {}, {}));
    return cuda_runtime::callCount("cudaMemcpyAsync") - before;
  };
  (void)copies(0, 1);  // brings the page table
  const int64_t few = copies(1, 5);
  const int64_t many = copies(6, 33);
  const int64_t one = copies(39, 1);
  EXPECT_EQ(few, one);  // position, tokens, logits, and for each layer three down and one up
  EXPECT_EQ(many - few, 4 * (3 - 4));  // three weights in the place of four activations
}

TEST_F(PlacedModel, StopsBetweenChunksWhereExpertsStayAndGoesOn) {
  cards({freeForAllBut(4)});
  const auto engine = open().value();
  std::vector<int32_t> many;
  for (int i = 0; i < 80; ++i) many.push_back(i * 7 % static_cast<int>(kVocab));
  States whole = engine->newStates().value();
  ASSERT_TRUE(engine->prefill(whole, many, {}, {}));
  const std::vector<float> expected(engine->logits().begin(), engine->logits().end());

  std::stop_source stop;
  States states = engine->newStates().value();
  const auto stopped =
      engine->prefill(states, many, [&](int64_t) { stop.request_stop(); }, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
  ASSERT_EQ(states.position(), kChunkTokens);
  ASSERT_TRUE(engine->prefill(
      states, std::span(many).subspan(static_cast<size_t>(states.position())), {}, {}));
  EXPECT_EQ(std::vector<float>(engine->logits().begin(), engine->logits().end()), expected);
}

// Whatever call fails, the words say what did, and another model can be opened after it.
TEST_F(PlacedModel, SaysWhatFailedWhereExpertsStay) {
  const std::vector<int32_t> all = tokens();
  const auto attempt = [&]() -> Result<void> {
    const auto engine = TRY(open());
    States states = TRY(engine->newStates());
    TRY(engine->prefill(states, std::span(all).first(33), {}, {}));
    return engine->prefill(states, std::span(all).subspan(33, 1), {}, {});
  };
  const std::vector<int64_t> free = {freeForAllBut(2)};
  cards(free);
  ASSERT_TRUE(attempt());
  for (const std::string function : {"cudaMalloc", "cudaMemcpyAsync", "cudaStreamSynchronize"}) {
    const int64_t calls = cuda_runtime::callCount(function);
    const int64_t step = std::max<int64_t>(1, calls / 8);
    int reported = 0;
    for (int64_t k = 1; k <= calls; k += step) {
      SCOPED_TRACE(function + " " + std::to_string(k));
      cards(free);
      cuda_runtime::failCall(
          static_cast<int>(k),
          function == "cudaMalloc" ? cudaErrorMemoryAllocation : cudaErrorUnknown, function);
      const auto done = attempt();
      EXPECT_EQ(cuda_runtime::bytesInUse(MemoryKind::Device), 0);
      if (done) continue;  // a call of what ends
      ++reported;
      EXPECT_THAT(done.error().message, HasSubstr("Lectern test device"));
      EXPECT_EQ(done.error().code,
                function == "cudaMalloc" ? ErrorCode::OutOfMemory : ErrorCode::Internal);
    }
    EXPECT_GE(reported, 4) << function;
    cards(free);
    ASSERT_TRUE(attempt());
  }
}

// --- Several cards ---

class OnTwoCards : public PlacedModel {
 protected:
  /// Each with room for somewhat more than half of the model.
  void halves() const {
    const int64_t half = needs_.working + (needs_.bytes() - needs_.working) * 11 / 20;
    cards({half, half});
  }
  static std::string fileOf(const std::filesystem::path& path) {
    return readFile(path, int64_t{1} << 30).value();
  }
};

// The same kernels on equal cards: the same bits.
TEST_F(OnTwoCards, GiveTheSameBitsAsOne) {
  const std::vector<float> expected = outcomeOnOneCard();
  halves();
  const auto engine = open().value();
  EXPECT_THAT(engine->placement(), AllOf(HasSubstr("layers 1 to"), HasSubstr("to 8 on cuda:1"),
                                         HasSubstr("more than one of them has free")));
  EXPECT_EQ(engine->backend().name, "cuda:0+cuda:1");
  EXPECT_EQ(engine->backend().memoryBytes, 2 * kCardBytes);
  EXPECT_GT(cuda_runtime::bytesInUse(0), expertBytes_);
  EXPECT_GT(cuda_runtime::bytesInUse(1), expertBytes_);
  EXPECT_EQ(outcomeOf(*engine), expected);
}

TEST_F(OnTwoCards, TakesTheFirstThatHoldsAll) {
  cards({needs_.bytes() - 1, needs_.bytes()});
  auto engine = open().value();
  EXPECT_THAT(engine->placement(), IsEmpty());
  EXPECT_EQ(engine->backend().name, "cuda:1");
  engine.reset();
  cards({needs_.bytes(), needs_.bytes()});
  engine = open().value();
  EXPECT_EQ(engine->backend().name, "cuda:0");
}

TEST_F(OnTwoCards, KeepExpertsThatFitOnNeitherWithTheProcessor) {
  const std::vector<float> expected = outcomeOnOneCard();
  int64_t each = needs_.bytes() - 1;
  const auto staying = [&] {
    const auto placement = place(needs_, std::vector<int64_t>{each, each});
    return placement ? placement->stayingLayers() : 4;
  };
  while (staying() == 0) each -= expertBytes_ / 8;
  cards({each, each});
  const auto engine = open().value();
  EXPECT_THAT(engine->placement(), AllOf(HasSubstr("on cuda:1"), HasSubstr("The experts of")));
  expectAlike(outcomeOf(*engine), expected);
}

TEST_F(OnTwoCards, GoOnWithAReadingOfOneAndTheOtherWayRound) {
  constexpr size_t kRead = 38;  // of the chunks the first two
  const auto readOn = [&](const std::filesystem::path& path) {
    const auto engine = open().value();
    const std::vector<int32_t> all = tokens();
    States states = engine->newStates().value();
    EXPECT_TRUE(engine->prefill(states, std::span(all).first(kRead), {}, {}));
    EXPECT_TRUE(test::saveWhole(states, path, engine->modelHash()));
  };
  const auto goOnWith = [&](const std::filesystem::path& path) {
    const auto engine = open().value();
    States states = engine->restore(test::filesAt(path)).value();
    const States kept = states.fork().value();
    const std::vector<float> logits = readAndGoOn(*engine, states, kRead);
    States again = kept.fork().value();
    EXPECT_EQ(readAndGoOn(*engine, again, kRead), logits) << "of a fork";
    return logits;
  };
  const auto one = folder_.path() / "one";
  const auto two = folder_.path() / "two";
  cards({kCardBytes});
  readOn(one);
  const std::vector<float> expected = goOnWith(one);
  halves();
  readOn(two);
  EXPECT_TRUE(fileOf(one) == fileOf(two));
  EXPECT_EQ(goOnWith(one), expected);
  cards({kCardBytes});
  EXPECT_EQ(goOnWith(two), expected);
}

// The tap's mass is a sum over attention layers of both.
TEST_F(OnTwoCards, TapTheSameMass) {
  const auto massOf = [&] {
    const auto engine = open().value();
    const std::vector<int32_t> all = tokens();
    States states = engine->newStates().value();
    EXPECT_TRUE(engine->prefill(states, std::span(all).first(20), {}, {}));
    std::vector<float> mass;
    const GenerateOptions options{
        .maxTokens = 3, .stopTokens = {}, .tapWeights = {1, 0.5F, 0, 2, 1, 1, 3, 0.25F}};
    EXPECT_TRUE(engine->generate(states, options,
                                 [&mass](const GeneratedToken& token) -> Result<void> {
                                   mass.insert(mass.end(), token.mass.begin(), token.mass.end());
                                   return {};
                                 },
                                 {}));
    EXPECT_EQ(mass.size(), 3U);
    return mass;
  };
  cards({kCardBytes});
  const std::vector<float> expected = massOf();
  halves();
  EXPECT_EQ(massOf(), expected);
}

TEST_F(OnTwoCards, SayWhichOfThemFailed) {
  halves();
  const auto engine = open().value();
  const std::vector<int32_t> all = tokens();
  States states = engine->newStates().value();
  // The second card waits last.
  cuda_runtime::failCall(2, cudaErrorLaunchFailure, "cudaStreamSynchronize");
  const auto failed = engine->prefill(states, std::span(all).first(7), {}, {});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::Internal);
  EXPECT_FALSE(engine->prefill(states, std::span(all).first(7), {}, {})) << "the states are spent";
}

}  // namespace
}  // namespace lectern
