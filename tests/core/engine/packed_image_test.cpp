// SPDX-License-Identifier: GPL-3.0-or-later
//
// Weights that one start packs and the next one maps: the same to the bit, and packed anew whatever
// became of the file, of the model or of the folder.
#include "core/engine/packed_image.h"

#include "core/engine/engine.h"
#include "core/engine/packed_folder.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace lectern {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PackedTest : public testing::Test {
 protected:
  PackedTest() {
    fs::create_directory(model());
    fs::create_directory(packed());
    writeModel(0.5);
  }
  [[nodiscard]] fs::path model() const { return folder_.path() / "model"; }
  [[nodiscard]] fs::path packed() const { return folder_.path() / "packed"; }

  void writeModel(double scale) {
    EXPECT_TRUE(tiny_model::write(model(), tiny_model::miniConfig(), {.matrixScale = scale}));
  }
  [[nodiscard]] Result<std::shared_ptr<const Weights>> load(
      const std::string& backend = "reference", std::stop_token stop = {}) const {
    const auto files = TRY(ModelFolder::open(model()));
    const auto config = TRY(parseModelConfig(files->config(), "config"));
    const auto opened = TRY(kernels::openBackend(backend, 1));
    LoadOptions options;
    options.packedFolder = packed();
    return Weights::load(*files, config, *opened, options, std::move(stop));
  }
  [[nodiscard]] std::vector<float> logits(const fs::path& packedFolder,
                                          const std::string& backend) const {
    EngineOptions options{.backend = backend, .threads = 1};
    options.packedFolder = packedFolder;
    const auto engine = Engine::open(model(), options, {}).value();
    States states = engine->newStates().value();
    std::vector<int32_t> tokens(20);
    std::iota(tokens.begin(), tokens.end(), 3);
    EXPECT_TRUE(engine->prefill(states, tokens, {}, {}));
    return {engine->logits().begin(), engine->logits().end()};
  }
  [[nodiscard]] std::vector<fs::path> files() const {
    return {fs::directory_iterator(packed()), fs::directory_iterator()};
  }
  // The one file, with this byte of it another one.
  void damage(int64_t at) const {
    std::fstream file(files().at(0), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at, at < 0 ? std::ios::end : std::ios::beg);
    const auto place = file.tellg();
    const auto byte = static_cast<char>(file.get());
    file.seekp(place);
    file.put(static_cast<char>(byte ^ 1));
  }
  // Is packed anew, to what it was, and mapped from then on.
  void expectPackedAnew() const {
    const auto anew = load();
    ASSERT_TRUE(anew) << anew.error().message;
    EXPECT_FALSE((*anew)->wereKept);
    EXPECT_THAT((*anew)->notKept, IsEmpty());
    EXPECT_TRUE(load().value()->wereKept);
    EXPECT_THAT(files(), SizeIs(1));
  }

  test::TemporaryFolder folder_;
};

TEST_F(PackedTest, EveryBackendGivesTheSameBitsFromWeightsThatWereKept) {
  for (const auto& backend : kernels::availableBackends()) {
    const std::vector<float> plain = logits({}, backend.name);
    EXPECT_EQ(logits(packed(), backend.name), plain) << backend.name;
    EXPECT_TRUE(load(backend.name).value()->wereKept) << backend.name;
    EXPECT_EQ(logits(packed(), backend.name), plain) << backend.name;
  }
}

TEST_F(PackedTest, TheModelIsKnownByTheSameSum) {
  const Sha256 first = load().value()->contentSum;
  EXPECT_EQ(load().value()->contentSum, first);
  writeModel(0.4);
  EXPECT_NE(load().value()->contentSum, first);
}

TEST_F(PackedTest, AModelThatHasChangedIsPackedAnew) {
  ASSERT_TRUE(load());
  writeModel(0.4);
  expectPackedAnew();
  const std::vector<float> now = logits(packed(), "reference");
  EXPECT_EQ(now, logits({}, "reference"));
}

// What was opened is what was packed, whatever has its name by then.
TEST_F(PackedTest, AModelThatIsReplacedWhileItIsPackedIsNotTakenForTheNewOne) {
  const auto old = ModelFolder::open(model()).value();
  fs::remove(model() / "model.safetensors");
  writeModel(0.4);
  const auto backend = kernels::openBackend("reference", 1).value();
  const ModelConfig config = parseModelConfig(old->config(), "config").value();
  const LoadOptions options{.matrixType = {}, .progress = {}, .packedFolder = packed()};
  ASSERT_TRUE(Weights::load(*old, config, *backend, options, {}));
  expectPackedAnew();
}

TEST_F(PackedTest, ADamagedFileIsReplaced) {
  ASSERT_TRUE(load());
  const auto size = static_cast<int64_t>(fs::file_size(files().at(0)));
  for (const int64_t at :
       {int64_t{0}, int64_t{8}, int64_t{12}, int64_t{20}, int64_t{4096}, size / 2, int64_t{-1}}) {
    damage(at);
    SCOPED_TRACE(at);
    expectPackedAnew();
  }
}

TEST_F(PackedTest, AFileThatWasCutOffIsReplaced) {
  ASSERT_TRUE(load());
  const auto size = fs::file_size(files().at(0));
  for (const auto left : {uintmax_t{0}, uintmax_t{7}, uintmax_t{100}, uintmax_t{4096}, size - 1}) {
    fs::resize_file(files().at(0), left);
    SCOPED_TRACE(left);
    expectPackedAnew();
  }
}

TEST_F(PackedTest, AFolderThatIsNotThereIsToldAndTheModelRuns) {
  fs::remove(packed());
  const auto weights = load().value();
  EXPECT_FALSE(weights->wereKept);
  EXPECT_THAT(weights->notKept, HasSubstr("could not be kept"));
  EXPECT_THAT(weights->notKept, HasSubstr("No such file"));
}

TEST_F(PackedTest, ADiskWithoutRoomIsToldAndTheModelRuns) {
  const std::vector<float> plain = logits({}, "reference");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit little{1000, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &little), 0);
  const auto weights = load();
  const std::vector<float> now = logits(packed(), "reference");
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  ASSERT_TRUE(weights) << weights.error().message;
  EXPECT_THAT((*weights)->notKept, HasSubstr("could not be kept"));
  EXPECT_EQ(now, plain);
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(PackedTest, StoppedItLeavesNothing) {
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = load("reference", stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(PackedTest, WhatIsOfNoUseIsDeletedWithTheNextPacking) {
  ASSERT_TRUE(load());
  const fs::path other = folder_.path() / "other";
  fs::rename(model(), other);
  fs::create_directory(model());
  writeModel(0.5);
  fs::remove_all(other);
  std::ofstream(packed() / "old.packed") << "LECTPACK of another version";
  std::ofstream(packed() / "somebody's notes") << "kept";
  ASSERT_TRUE(load());
  EXPECT_THAT(files(), SizeIs(2));
  forgetPacked(packed(), model());
  EXPECT_THAT(files(), SizeIs(1));
}

}  // namespace
}  // namespace lectern
