// SPDX-License-Identifier: GPL-3.0-or-later
//
// A sound model, damaged in ways that no list of rules thinks of: cut anywhere, bytes changed
// anywhere. Each is refused with a sentence, or is a model still.
#include "core/engine/engine.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <string>

namespace lectern {
namespace {

using test::TemporaryFolder;

class DamagedModel : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(tiny_model::write(folder_.path(), tiny_model::miniConfig()));
    config_ = readFile(folder_.path() / "config.json", 1 << 20).value();
    weights_ = readFile(folder_.path() / "model.safetensors", 1 << 20).value();
    headerBytes_ = weights_.find('}', weights_.rfind("data_offsets")) + 2;
  }
  void write(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_.path() / name, std::ios::binary) << bytes;
  }
  // What opening says; empty where it opens.
  std::string refusal() {
    const auto engine = Engine::open(folder_.path(), {.backend = "reference"}, {});
    if (engine) return "";
    EXPECT_EQ(engine.error().code, ErrorCode::ModelUnusable) << engine.error().message;
    EXPECT_FALSE(engine.error().message.empty());
    return engine.error().message;
  }

  TemporaryFolder folder_;
  std::string config_, weights_;
  size_t headerBytes_ = 0;
};

TEST_F(DamagedModel, IsRefusedWhereverItsConfigIsCut) {
  for (size_t size = 0; size < config_.size(); ++size) {
    write("config.json", config_.substr(0, size));
    EXPECT_NE(refusal(), "") << size;
  }
}

TEST_F(DamagedModel, IsRefusedWhereverItsWeightsAreCut) {
  ASSERT_LT(headerBytes_, weights_.size() / 2);
  for (size_t size = 0; size < weights_.size(); size += size < 64 ? 1 : size / 64) {
    write("model.safetensors", weights_.substr(0, size));
    EXPECT_NE(refusal(), "") << size;
  }
  write("model.safetensors", weights_.substr(0, weights_.size() - 1));
  EXPECT_NE(refusal(), "");
  write("model.safetensors", weights_ + "x");
  EXPECT_NE(refusal(), "");
}

TEST_F(DamagedModel, IsRefusedOrSoundWhateverBytesOfItsHeaderChange) {
  std::mt19937 random(1);
  const std::string alphabet = R"("{}[],:0123456789abF.-\ )" + std::string("\0\xff", 2);
  int refused = 0;
  for (int round = 0; round < 200; ++round) {
    std::string damaged = weights_;
    for (uint32_t changes = 1 + random() % 3; changes > 0; --changes)
      damaged[random() % headerBytes_] = alphabet[random() % alphabet.size()];
    write("model.safetensors", damaged);
    refused += refusal().empty() ? 0 : 1;
  }
  EXPECT_GT(refused, 170);
}

TEST_F(DamagedModel, IsRefusedOrSoundWhateverBytesOfItsConfigChange) {
  std::mt19937 random(2);
  int refused = 0;
  for (int round = 0; round < 200; ++round) {
    std::string damaged = config_;
    for (uint32_t changes = 1 + random() % 3; changes > 0; --changes)
      damaged[random() % damaged.size()] = static_cast<char>(random() % 95 + 32);
    write("config.json", damaged);
    refused += refusal().empty() ? 0 : 1;
  }
  EXPECT_GT(refused, 100);
}

TEST_F(DamagedModel, IsRefusedWhereItsFilesAreNone) {
  std::filesystem::remove(folder_.path() / "model.safetensors");
  std::filesystem::create_directory(folder_.path() / "model.safetensors");
  EXPECT_NE(refusal().find("model.safetensors"), std::string::npos);
  std::filesystem::remove(folder_.path() / "config.json");
  std::filesystem::create_symlink("config.json", folder_.path() / "config.json");
  EXPECT_NE(refusal().find("config.json"), std::string::npos);
}

}  // namespace
}  // namespace lectern
