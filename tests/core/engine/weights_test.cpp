// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/weights.h"

#include "tests/support/engine_fixture.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

namespace lectern {
namespace {

class WeightsTest : public testing::Test {
 protected:
  void SetUp() override {
    config_ = parseModelConfig(tiny_model::miniConfig(), "config").value();
    tensors_ = tiny_model::tensors(config_);
    backend_ = kernels::openBackend("reference", 1).value();
  }
  TensorToWrite& named(const std::string& name) {
    return *std::find_if(tensors_.begin(), tensors_.end(),
                         [&](const auto& t) { return t.name == name; });
  }
  [[nodiscard]] Result<std::shared_ptr<const ModelFolder>> files() const {
    TRY(writeFileAtomically(folder_.path() / "config.json", tiny_model::miniConfig().dump()));
    TRY(writeFileAtomically(folder_.path() / "model.safetensors", safetensorsFile(tensors_)));
    return ModelFolder::open(folder_.path());
  }
  Result<std::shared_ptr<const Weights>> load(std::stop_token stop = {}) {
    const auto files = TRY(this->files());
    return Weights::load(*files, config_, *backend_, {}, std::move(stop));
  }
  bool refusedFor(const std::string& cause) {
    const auto weights = load();
    if (weights) return false;
    EXPECT_EQ(weights.error().code, ErrorCode::ModelUnusable);
    const bool named = weights.error().message.find(cause) != std::string::npos;
    if (!named) ADD_FAILURE() << weights.error().message;
    return named;
  }

  TemporaryFolder folder_;
  ModelConfig config_;
  std::vector<TensorToWrite> tensors_;
  std::unique_ptr<kernels::Backend> backend_;
};

TEST_F(WeightsTest, LoadsEveryTensorOfASoundModel) {
  EXPECT_EQ(tensors_.size(), 83U);
  const auto weights = load().value();
  EXPECT_EQ(weights->layers.size(), 4U);
  EXPECT_EQ(weights->bytes, 20'919 * 4);
}

TEST_F(WeightsTest, UsesTheEmbeddingWhereThereIsNoHead) {
  std::erase_if(tensors_, [](const auto& t) { return t.name == "lm_head.weight"; });
  const auto weights = load().value();
  EXPECT_EQ(weights->head.data, weights->embedding.data);
}

TEST_F(WeightsTest, NamesATensorThatIsMissingOrUnknown) {
  named("model.layers.2.self_attn.k_proj.weight").name = "model.layers.2.self_attn.kk_proj.weight";
  EXPECT_TRUE(refusedFor("\"model.layers.2.self_attn.k_proj.weight\" is missing"));
  tensors_ = tiny_model::tensors(config_);
  tensors_.push_back({"model.layers.9.mamba.D", "F32", {1}, "1234"});
  EXPECT_TRUE(refusedFor("\"model.layers.9.mamba.D\" that its config does not ask for"));
}

TEST_F(WeightsTest, SaysBothShapes) {
  named("model.layers.0.mamba.A_log").shape = {5, 32};
  EXPECT_TRUE(refusedFor("\"model.layers.0.mamba.A_log\" is [5, 32], not [32, 5]"));
}

TEST_F(WeightsTest, RefusesTypesThatAreNotWeights) {
  TensorToWrite& tensor = named("model.final_layernorm.weight");
  tensor.type = "I32";
  EXPECT_TRUE(refusedFor("of type I32"));
}

TEST_F(WeightsTest, RefusesNumbersThatAreNone) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    tensors_ = tiny_model::tensors(config_);
    std::memcpy(named("model.layers.1.feed_forward.experts.3.up_proj.weight").data.data() + 40,
                &bad, 4);
    EXPECT_TRUE(refusedFor(
        "experts.3.up_proj.weight\" holds a value that is not a finite number, at [0, 10]"));
  }
}

TEST_F(WeightsTest, ChecksWithoutLoading) {
  const auto check = [&](WeightCheck what) {
    int64_t done = 0;
    const auto result = Weights::check(*files().value(), config_, what,
                                       [&](int64_t bytes, int64_t) { done = bytes; }, {});
    EXPECT_TRUE(!result || done == 20'919 * 4);
    return result ? std::string() : result.error().message;
  };
  EXPECT_EQ(check(WeightCheck::Values), "");
  const float bad = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(named("model.layers.3.mamba.D").data.data() + 4, &bad, 4);
  EXPECT_EQ(check(WeightCheck::Shapes), "");
  EXPECT_NE(check(WeightCheck::Values).find("\"model.layers.3.mamba.D\""), std::string::npos);
  named("model.layers.3.mamba.D").shape = {16, 2};
  EXPECT_NE(check(WeightCheck::Shapes).find("[16, 2], not [32]"), std::string::npos);
}

TEST_F(WeightsTest, WidensHalfPrecisionExactly) {
  TensorToWrite& tensor = named("model.final_layernorm.weight");
  tensor.type = "F16";
  const uint16_t halves[] = {0x3C00, 0xC000, 0x0001, 0x03FF, 0x7BFF, 0x8000, 0x3555, 0,
                             0,      0,      0,      0,      0,      0,      0,      0};
  tensor.data.assign(reinterpret_cast<const char*>(halves), sizeof halves);
  const auto weights = load().value();
  const float* values = weights->finalNorm.row<float>(0);
  EXPECT_EQ(values[0], 1.0F);
  EXPECT_EQ(values[1], -2.0F);
  EXPECT_EQ(values[2], 0x1p-24F);
  EXPECT_EQ(values[3], 1023 * 0x1p-24F);
  EXPECT_EQ(values[4], 65504.0F);
  EXPECT_EQ(values[6], 0x1.554p-2F);
}

TEST_F(WeightsTest, StopsWhenAsked) {
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(load(source.get_token()).error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace lectern
