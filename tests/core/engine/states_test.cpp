// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/states.h"

#include "tests/support/engine_fixture.h"
#include "tests/support/saved_states.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lectern {
namespace {

class StatesTest : public testing::Test {
 protected:
  // Tokens enough for more than one page of the cache.
  static std::vector<int32_t> tokens(size_t count, int32_t seed) {
    std::vector<int32_t> list(count);
    for (size_t i = 0; i < count; ++i)
      list[i] = static_cast<int32_t>((i * 11 + static_cast<size_t>(seed)) % 32);
    return list;
  }
  std::vector<float> goOn(States& states) {
    return loaded_.read(states, tokens(9, 5), std::vector<int64_t>{3});
  }
  Result<States> restore(const std::filesystem::path& path) {
    return States::restore(test::filesAt(path), kModel, loaded_.config, kernels::DType::F32,
                           loaded_.maxTokens, loaded_.devices());
  }

  static constexpr Sha256 kModel = {1, 2, 3};
  LoadedModel loaded_ = LoadedModel::load(tiny_model::miniConfig(), "reference", 2048).value();
  TemporaryFolder folder_;
};

TEST_F(StatesTest, ForksGoOnByThemselvesAndShareWhatTheyHave) {
  States root = loaded_.newStates();
  loaded_.read(root, tokens(700, 1), std::vector<int64_t>{512});
  States first = root.fork().value();
  States second = root.fork().value();
  EXPECT_EQ(first.prefix(), root.prefix());

  loaded_.read(first, tokens(400, 2),
               std::vector<int64_t>{100});  // over the end of the shared page
  const auto fromFork = goOn(second);
  const auto fromRoot = goOn(root);
  EXPECT_EQ(fromFork, fromRoot);
  EXPECT_EQ(second.prefix(), root.prefix());
  EXPECT_NE(first.prefix(), root.prefix());
}

TEST_F(StatesTest, RestoringEqualsNeverHavingLeft) {
  States states = loaded_.newStates();
  loaded_.read(states, tokens(700, 1), std::vector<int64_t>{512});
  const auto path = folder_.path() / "state";
  ASSERT_TRUE(test::saveWhole(states, path, kModel));
  const auto expected = goOn(states);

  States restored = restore(path).value();
  EXPECT_EQ(restored.position(), 700);
  EXPECT_EQ(goOn(restored), expected);
  EXPECT_EQ(restored.prefix(), states.prefix());
}

// One layer has its page for the next tokens, the other was refused it.
TEST_F(StatesTest, AreSavedWholeWhereMemoryForMoreWasRefused) {
  nlohmann::json json = tiny_model::miniConfig();
  json["num_hidden_layers"] = 8;
  loaded_ = LoadedModel::load(json, "reference", 2048).value();
  States states = loaded_.newStates();
  loaded_.read(states, tokens(512, 1), std::vector<int64_t>{512});
  int requests = 0;
  loaded_.backend->beforeAllocate = [&](int64_t, std::string_view) -> Result<void> {
    if (++requests == 1) return {};
    return Error{ErrorCode::OutOfMemory, "There is none."};
  };
  ASSERT_FALSE(loaded_.model->run(states, tokens(9, 5), {}));
  ASSERT_EQ(requests, 2);
  loaded_.backend->beforeAllocate = nullptr;

  const auto path = folder_.path() / "state";
  ASSERT_TRUE(test::saveWhole(states, path, kModel));
  States restored = restore(path).value();
  EXPECT_EQ(restored.position(), 512);
  EXPECT_EQ(goOn(restored), goOn(states));
}

TEST_F(StatesTest, AnEmptySequenceCanBeSavedToo) {
  ASSERT_TRUE(test::saveWhole(loaded_.newStates(), folder_.path() / "empty", kModel));
  EXPECT_EQ(restore(folder_.path() / "empty").value().position(), 0);
}

TEST_F(StatesTest, RefusesWhatIsNotItsOwnOrNotWhole) {
  States states = loaded_.newStates();
  loaded_.read(states, tokens(20, 1), std::vector<int64_t>{20});
  const auto path = folder_.path() / "state";
  ASSERT_TRUE(test::saveWhole(states, path, kModel));
  const std::string bytes = readFile(path, 1 << 24).value();

  const auto refusal = [&](const std::string& content) {
    EXPECT_TRUE(writeFileAtomically(path, content));
    const Result<States> result = restore(path);
    if (result) return std::string("accepted");
    EXPECT_EQ(result.error().code, ErrorCode::InputRefused);
    return result.error().message;
  };
  EXPECT_NE(refusal("hello, this is no state").find("no saved reading"), std::string::npos);
  for (const size_t size : {size_t{0}, size_t{7}, bytes.size() / 2, bytes.size() - 1}) {
    EXPECT_NE(refusal(bytes.substr(0, size)), "accepted") << size;
  }
  std::string flipped = bytes;
  flipped[bytes.size() / 2] = static_cast<char>(flipped[bytes.size() / 2] ^ 1);
  EXPECT_NE(refusal(flipped).find("damaged"), std::string::npos);

  ASSERT_TRUE(writeFileAtomically(path, bytes));
  EXPECT_NE(States::restore(test::filesAt(path), Sha256{9}, loaded_.config, kernels::DType::F32,
                            2048, loaded_.devices())
                .error()
                .message.find("another model"),
            std::string::npos);
  EXPECT_NE(States::restore(test::filesAt(path), kModel, loaded_.config, kernels::DType::BF16, 2048,
                            loaded_.devices())
                .error()
                .message.find("it keeps keys and values in another type than bf16"),
            std::string::npos);
  ModelConfig other = loaded_.config;
  other.headDim *= 2;
  EXPECT_NE(States::restore(test::filesAt(path), kModel, other, kernels::DType::F32, 2048,
                            loaded_.devices())
                .error()
                .message.find("another shape"),
            std::string::npos);
  EXPECT_NE(States::restore(test::filesAt(path), kModel, loaded_.config, kernels::DType::F32, 10,
                            loaded_.devices())
                .error()
                .message.find("it holds 20 tokens, and the window 10"),
            std::string::npos);
}

TEST_F(StatesTest, AreRestoredFromPiecesOfTheirKeysAndValues) {
  const auto file = [&](const char* name) { return folder_.path() / name; };
  States states = loaded_.newStates();
  ASSERT_TRUE(states.savePages(file("none"), kModel, {}));
  const TokenPrefix none = states.prefix();
  loaded_.read(states, tokens(700, 1), std::vector<int64_t>{512});
  const TokenPrefix first = states.prefix();
  ASSERT_TRUE(states.savePages(file("first"), kModel, none));
  loaded_.read(states, tokens(500, 2), std::vector<int64_t>{324, 512});
  ASSERT_TRUE(states.savePages(file("second"), kModel, first));
  ASSERT_TRUE(states.saveState(file("state"), kModel, "a note"));
  EXPECT_EQ(
      readStatesFileHeader(file("state")).value(),
      (StatesFileHeader{StatesFileHeader::Kind::State, kModel, states.prefix(), {}, 0, "a note"}));
  EXPECT_EQ(readStatesFileHeader(file("second")).value().from, first);

  const auto restored = [&](const std::vector<std::string>& pieces) {
    SavedStates saved{file("state"), {}};
    for (const std::string& piece : pieces) saved.pages.push_back(folder_.path() / piece);
    return States::restore(saved, kModel, loaded_.config, kernels::DType::F32, loaded_.maxTokens,
                           loaded_.devices());
  };
  States whole = restored({"first", "second"}).value();
  EXPECT_EQ(whole.prefix(), states.prefix());
  EXPECT_EQ(goOn(whole), goOn(states));
  EXPECT_TRUE(restored({"none", "first", "second"}));

  const auto refusal = [&](const std::vector<std::string>& pieces) {
    const Result<States> result = restored(pieces);
    return result ? "accepted" : result.error().message;
  };
  for (const std::vector<std::string>& pieces :
       {std::vector<std::string>{}, {"first"}, {"second"}, {"first", "first", "second"}}) {
    EXPECT_NE(refusal(pieces).find("cannot be used"), std::string::npos)
        << testing::PrintToString(pieces);
  }
  EXPECT_NE(refusal({"state"}).find("does not go on"), std::string::npos);
}

TEST_F(StatesTest, KeepAQuarterOfFloatsAndTheScalesInBytes) {
  const auto pages = [&](kernels::DType type) {
    loaded_.cacheType = type;
    States states = loaded_.newStates();
    const int64_t empty = states.bytes();
    loaded_.read(states, tokens(700, 1), std::vector<int64_t>{512});
    return states.bytes() - empty;
  };
  const ModelConfig& config = loaded_.config;
  const int64_t rows = config.attentionLayers() * 2 * States::kPageTokens * 2 *  // two pages
                       config.numKeyValueHeads;
  EXPECT_EQ(pages(kernels::DType::F32), rows * config.headDim * 4);
  EXPECT_EQ(pages(kernels::DType::I8), rows * (config.headDim + 4));
}

TEST_F(StatesTest, RestoringBytesEqualsNeverHavingLeftAndIsNoneOfFloats) {
  loaded_.cacheType = kernels::DType::I8;
  States states = loaded_.newStates();
  loaded_.read(states, tokens(700, 1), std::vector<int64_t>{512});
  const auto path = folder_.path() / "state";
  ASSERT_TRUE(test::saveWhole(states, path, kModel));
  const auto expected = goOn(states);
  const auto restored = [&](kernels::DType type, const Sha256& model) {
    return States::restore(test::filesAt(path), model, loaded_.config, type, loaded_.maxTokens,
                           loaded_.devices());
  };
  States again = restored(kernels::DType::I8, kModel).value();
  EXPECT_EQ(goOn(again), expected);
  // A model's hash is another with another type.
  for (const Sha256& model : {kModel, Sha256{9}}) {
    const auto refused = restored(kernels::DType::BF16, model);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::InputRefused);
    EXPECT_NE(refused.error().message.find(
                  "cannot be used: it keeps keys and values in another type than bf16."),
              std::string::npos);
  }
}

TEST_F(StatesTest, HashesTokensAndNotChunks) {
  States a = loaded_.newStates();
  States b = loaded_.newStates();
  loaded_.read(a, tokens(30, 1), std::vector<int64_t>{30});
  loaded_.read(b, tokens(30, 1), std::vector<int64_t>{7});
  EXPECT_EQ(a.prefix(), b.prefix());
  EXPECT_NE(a.prefix(), loaded_.newStates().prefix());
}

}  // namespace
}  // namespace lectern
