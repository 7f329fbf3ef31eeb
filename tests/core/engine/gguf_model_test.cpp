// SPDX-License-Identifier: GPL-3.0-or-later
// A GGUF file is the same model as the Hugging Face folder that it was converted from.
#include "tests/support/gguf_model.h"

#include "core/engine/engine.h"
#include "core/model_file/elements.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace lectern {
namespace {

using test::GgufTensor;
using test::TemporaryFolder;

std::vector<float> logitsOf(const std::filesystem::path& model) {
  const auto engine = Engine::open(model, {.backend = "reference", .windowTokens = 64}, {});
  EXPECT_TRUE(engine) << engine.error().message;
  if (!engine) return {};
  auto states = (*engine)->newStates();
  std::vector<int32_t> tokens;
  for (int32_t i = 0; i < 24; ++i) {
    tokens.push_back((7 * i * i + 3 * i + 1) % static_cast<int32_t>((*engine)->config().vocabSize));
  }
  std::vector<float> all;
  EXPECT_TRUE((*engine)->allLogits(*states, tokens,
                                   [&](std::span<const float> logits) {
                                     all.insert(all.end(), logits.begin(), logits.end());
                                     return Result<void>();
                                   },
                                   {}));
  return all;
}

class GgufModel : public testing::Test {
 protected:
  void make(const nlohmann::json& json, const tiny_model::Numbers& numbers = {}) {
    config = parseModelConfig(json, "config").value();
    tensors = tiny_model::tensors(config, numbers);
    converted = test::convertedToGguf(tensors);
    std::filesystem::create_directories(folder.path() / "hf");
    write("hf/config.json", json.dump());
  }
  void writeFolder() { write("hf/model.safetensors", safetensorsFile(tensors)); }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder.path() / name, std::ios::binary) << bytes;
  }
  [[nodiscard]] std::string gguf() const {
    GgufWriter writer;
    test::writeMetadata(writer, config);
    for (const GgufTensor& tensor : converted) {
      writer.tensor(tensor.name, tensor.sides, tensor.type, tensor.data);
    }
    return writer.file();
  }
  [[nodiscard]] std::string refusal() const {
    const auto engine =
        Engine::open(folder.path() / "m.gguf", {.backend = "reference", .windowTokens = 64}, {});
    return engine ? "accepted" : engine.error().message;
  }
  /// What a change of the metadata makes of the model.
  template <class Change>
  std::string refusalAfter(const Change& change) const {
    GgufWriter writer;
    change(writer);
    for (const GgufTensor& tensor : converted) {
      writer.tensor(tensor.name, tensor.sides, tensor.type, tensor.data);
    }
    write("m.gguf", writer.file());
    return refusal();
  }

  TemporaryFolder folder;
  ModelConfig config;
  std::vector<TensorToWrite> tensors;
  std::vector<GgufTensor> converted;
};

TEST_F(GgufModel, GivesTheLogitsOfTheFolder) {
  make(tiny_model::miniConfig());
  writeFolder();
  write("m.gguf", gguf());
  const std::vector<float> expected = logitsOf(folder.path() / "hf");
  ASSERT_EQ(expected.size(), 24U * 32U);
  EXPECT_EQ(logitsOf(folder.path() / "m.gguf"), expected);
}

TEST_F(GgufModel, IsFoundInItsFolder) {
  make(tiny_model::miniConfig(), {.tiedHead = true});
  writeFolder();
  std::filesystem::create_directories(folder.path() / "alone");
  write("alone/m.gguf", gguf());
  EXPECT_EQ(logitsOf(folder.path() / "alone"), logitsOf(folder.path() / "hf"));
  write("alone/n.gguf", gguf());
  const auto engine = Engine::open(folder.path() / "alone", {.backend = "reference"}, {});
  ASSERT_FALSE(engine);
  EXPECT_NE(engine.error().message.find("more than one GGUF model"), std::string::npos);
}

// The layout is what the tensors say: attention first, experts where no period would put them.
TEST_F(GgufModel, HasAnyLayout) {
  nlohmann::json json = tiny_model::miniConfig();
  for (const char* key :
       {"attn_layer_period", "attn_layer_offset", "expert_layer_period", "expert_layer_offset"}) {
    json.erase(key);
  }
  json["layers_block_type"] = {"attention", "mamba", "attention", "mamba"};
  json["layers_num_experts"] = {4, 1, 1, 4};
  make(json);
  writeFolder();
  write("m.gguf", gguf());
  EXPECT_EQ(logitsOf(folder.path() / "m.gguf"), logitsOf(folder.path() / "hf"));
}

TEST_F(GgufModel, IsReadFromTheFilesItWasSplitInto) {
  make(tiny_model::miniConfig());
  writeFolder();
  constexpr size_t kParts = 3;
  for (size_t part = 0; part < kParts; ++part) {
    GgufWriter writer;
    if (part == 0) test::writeMetadata(writer, config);
    writer.key("split.no", 2, GgufWriter::raw(static_cast<uint16_t>(part)));
    writer.key("split.count", 2, GgufWriter::raw(static_cast<uint16_t>(kParts)));
    for (size_t i = part; i < converted.size(); i += kParts) {
      writer.tensor(converted[i].name, converted[i].sides, converted[i].type, converted[i].data);
    }
    write("m-0000" + std::to_string(part + 1) + "-of-00003.gguf", writer.file());
  }
  const std::vector<float> expected = logitsOf(folder.path() / "hf");
  EXPECT_EQ(logitsOf(folder.path() / "m-00001-of-00003.gguf"), expected);

  const auto second =
      Engine::open(folder.path() / "m-00002-of-00003.gguf", {.backend = "reference"}, {});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("name the first part"), std::string::npos);
  std::filesystem::remove(folder.path() / "m-00003-of-00003.gguf");
  const auto lacking =
      Engine::open(folder.path() / "m-00001-of-00003.gguf", {.backend = "reference"}, {});
  ASSERT_FALSE(lacking);
  EXPECT_NE(lacking.error().message.find("m-00003-of-00003.gguf"), std::string::npos);
}

// Quantised matrices give the logits of the numbers that they stand for.
TEST_F(GgufModel, OfQuantisedBlocksIsTheModelOfTheirNumbers) {
  make(tiny_model::midiConfig());
  for (GgufTensor& tensor : converted) {
    const bool isMatrix = tensor.sides.size() > 1 && tensor.sides[0] % 32 == 0 &&
                          tensor.name.find("_inp") == std::string::npos;
    if (!isMatrix) continue;
    std::string blocks;
    for (size_t at = 0; at < tensor.data.size(); at += 32 * sizeof(float)) {
      blocks += GgufWriter::raw<uint16_t>(0x2000);  // 2^−7
      for (size_t j = 0; j < 32; ++j) {
        float value = 0;
        std::memcpy(&value, tensor.data.data() + at + j * sizeof value, sizeof value);
        blocks += GgufWriter::raw(static_cast<int8_t>(std::lround(value * 127.F)));
      }
    }
    tensor.type = 8;
    tensor.data = blocks;
  }
  write("m.gguf", gguf());
  // The folder gets the numbers of the blocks, by the same conversion the other way round.
  for (TensorToWrite& tensor : tensors) {
    const std::vector<GgufTensor> one = test::convertedToGguf({tensor});
    const bool isMatrix = one[0].sides.size() > 1 && one[0].sides[0] % 32 == 0 &&
                          one[0].name.find("_inp") == std::string::npos;
    if (!isMatrix) continue;
    for (size_t at = 0; at < tensor.data.size(); at += sizeof(float)) {
      float value = 0;
      std::memcpy(&value, tensor.data.data() + at, sizeof value);
      value = static_cast<float>(std::lround(value * 127.F)) / 128.F;
      std::memcpy(tensor.data.data() + at, &value, sizeof value);
    }
  }
  writeFolder();
  const std::vector<float> expected = logitsOf(folder.path() / "hf");
  ASSERT_EQ(expected.size(), 24U * 512U);
  EXPECT_EQ(logitsOf(folder.path() / "m.gguf"), expected);
}

TEST_F(GgufModel, IsRefusedWithItsReason) {
  make(tiny_model::miniConfig());
  const auto contains = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  contains(refusalAfter([&](GgufWriter& w) { w.string("general.architecture", "llama"); }),
           "\"llama\"; this program runs jamba");
  contains(refusalAfter([&](GgufWriter&) {}), "names no architecture");
  contains(refusalAfter([&](GgufWriter& w) { w.string("general.architecture", "jamba"); }),
           "jamba.block_count is missing");
  const auto altered = [&](const auto& change) {
    return refusalAfter([&](GgufWriter& w) {
      ModelConfig other = config;
      change(other);
      test::writeMetadata(w, other);
    });
  };
  contains(altered([](ModelConfig& c) { c.mambaInner = 40; }), "no multiple");
  contains(altered([](ModelConfig& c) { c.numExperts = 3; }), "a matrix for each expert");
  contains(altered([](ModelConfig& c) { c.numExperts = 4097; }), "more than 4096");
  contains(altered([](ModelConfig& c) { std::swap(c.layers[1], c.layers[2]); }),
           "disagrees with the tensors of layer 1");
  contains(altered([](ModelConfig& c) { c.layers.resize(3); }), "model.layers.3.");
  contains(altered([](ModelConfig& c) { c.hiddenSize = 32; }), "not [32, 32]");
  contains(altered([](ModelConfig& c) { c.rmsNormEps = -1; }), "rms_norm_eps");
  converted.erase(converted.begin());
  contains(altered([](ModelConfig&) {}), "token_embd.weight");
}

}  // namespace
}  // namespace lectern
