// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/model_folder.h"

#include "tests/support/safetensors_writer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace lectern {
namespace {

class ModelFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "lectern-model-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    write("config.json", "{}");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& bytes) {
    ASSERT_TRUE(writeFileAtomically(folder_ / name, bytes));
  }
  void writeShards(const std::string& weightMap) {
    write("one.safetensors", safetensorsFile({{"a", "F32", {1}, "aaaa"}}));
    write("two.safetensors", safetensorsFile({{"b", "F32", {1}, "bbbb"}}));
    write("model.safetensors.index.json", "{\"weight_map\":" + weightMap + "}");
  }
  bool refusedFor(const std::string& cause) {
    const auto model = ModelFolder::open(folder_);
    if (model) return false;
    EXPECT_EQ(model.error().code, ErrorCode::ModelUnusable);
    const bool found = model.error().message.find(cause) != std::string::npos;
    if (!found) ADD_FAILURE() << model.error().message;
    return found;
  }

  std::filesystem::path folder_;
};

TEST_F(ModelFolderTest, ReadsASingleFile) {
  write("model.safetensors", safetensorsFile({{"a", "F32", {1}, "aaaa"}}));
  EXPECT_EQ(ModelFolder::open(folder_).value()->find("a")->data, "aaaa");
  EXPECT_EQ(ModelFolder::open(folder_).value()->find("b"), nullptr);
}

TEST_F(ModelFolderTest, ReadsShardsByTheirIndex) {
  writeShards(R"({"a":"one.safetensors","b":"two.safetensors"})");
  const auto model = ModelFolder::open(folder_).value();
  EXPECT_EQ(model->find("a")->data, "aaaa");
  EXPECT_EQ(model->find("b")->data, "bbbb");
  std::vector<std::string> names;
  for (const ModelFolder::File& file : model->files()) {
    names.push_back(file.name);
    const FileDescriptor now = openForReading(folder_ / file.name).value();
    EXPECT_EQ(file.stamp, stampOf(now, folder_ / file.name).value());
  }
  EXPECT_EQ(names, (std::vector<std::string>{"config.json", "model.safetensors.index.json",
                                             "one.safetensors", "two.safetensors"}));
}

TEST_F(ModelFolderTest, RefusesAnIndexThatDoesNotAgreeWithItsShards) {
  writeShards(R"({"a":"one.safetensors"})");
  EXPECT_EQ(ModelFolder::open(folder_).value()->tensors().size(),
            1U);  // "two" is not part of this model
  writeShards(R"({"a":"one.safetensors","b":"one.safetensors"})");
  EXPECT_TRUE(refusedFor("that one.safetensors has not"));
  writeShards(R"({"a":"two.safetensors","b":"two.safetensors"})");
  EXPECT_TRUE(refusedFor("that two.safetensors has not"));
  writeShards(R"({"b":"one.safetensors"})");
  EXPECT_TRUE(refusedFor("does not say that the tensor \"a\" is in one.safetensors"));
  writeShards(R"({"a":"one.safetensors","b":"three.safetensors"})");
  EXPECT_TRUE(refusedFor("three.safetensors"));
}

TEST_F(ModelFolderTest, RefusesAnIndexThatRepeatsItselfOrIsNone) {
  writeShards(R"({"a":"one.safetensors","a":"two.safetensors"})");
  EXPECT_TRUE(refusedFor("\"a\" stands twice"));
  writeShards(R"({"a":7})");
  EXPECT_TRUE(refusedFor("names no file for \"a\""));
  writeShards("[]");
  EXPECT_TRUE(refusedFor("has no weight_map"));
  const std::string index = R"({"weight_map":{"a":"one.safetensors","b":"two.safetensors"}})";
  for (size_t size = 0; size < index.size(); ++size) {
    write("model.safetensors.index.json", index.substr(0, size));
    EXPECT_FALSE(ModelFolder::open(folder_).has_value()) << size;
  }
}

TEST_F(ModelFolderTest, RefusesATensorUnderItsOldNameAndItsNewOne) {
  write("model.safetensors",
        safetensorsFile({{"l.moe.router.weight", "F32", {1}, "1234"},
                         {"l.feed_forward.router.weight", "F32", {1}, "1234"}}));
  EXPECT_TRUE(refusedFor("\"l.feed_forward.router.weight\" stands in two places"));
}

TEST_F(ModelFolderTest, RefusesShardsOutsideTheFolder) {
  for (const std::string name : {"../one.safetensors", "/etc/passwd", "a\\\\b", "", "x\\u0000y"}) {
    writeShards("{\"a\":\"" + name + "\"}");
    EXPECT_TRUE(refusedFor("outside its folder")) << name;
  }
}

TEST_F(ModelFolderTest, GivesTheFirstReleasesNamesByTodays) {
  write("model.safetensors",
        safetensorsFile({{"model.layers.1.moe.experts.0.up_proj.weight", "F32", {1}, "1234"},
                         {"model.layers.1.pre_moe_layernorm.weight", "F32", {1}, "1234"},
                         {"model.layers.1.mamba.B_layernorm.weight", "F32", {1}, "1234"}}));
  const auto model = ModelFolder::open(folder_).value();
  EXPECT_NE(model->find("model.layers.1.feed_forward.experts.0.up_proj.weight"), nullptr);
  EXPECT_NE(model->find("model.layers.1.pre_ff_layernorm.weight"), nullptr);
  EXPECT_NE(model->find("model.layers.1.mamba.b_layernorm.weight"), nullptr);
}

TEST_F(ModelFolderTest, SaysWhatIsMissingOrDamaged) {
  EXPECT_TRUE(refusedFor("model.safetensors"));
  write("config.json", "{\"a\":1,\"a\":2}");
  EXPECT_TRUE(refusedFor("stands twice"));
  std::filesystem::remove(folder_ / "config.json");
  EXPECT_TRUE(refusedFor("config.json"));
}

}  // namespace
}  // namespace lectern
