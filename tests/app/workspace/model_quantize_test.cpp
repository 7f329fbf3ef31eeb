// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workspace/model_quantize.h"

#include "core/engine/engine.h"
#include "tests/app/support/model_folders.h"
#include "tests/support/golden_model.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace lectern {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using ::testing::HasSubstr;

class QuantizeModel : public ::testing::Test {
 protected:
  /// Writes a model whose every matrix has rows of whole super-blocks, but for dt_proj's.
  void writeMidi(tiny_model::Numbers numbers, const nlohmann::json& changes = {}) {
    nlohmann::json config = tiny_model::midiConfig();
    if (!changes.is_null()) config.update(changes);
    ASSERT_TRUE(tiny_model::write(source, config, numbers));
    ASSERT_TRUE(writeFileAtomically(source / "tokenizer.json", tinyTokenizer().dump()));
  }
  Result<QuantizedModel> quantize(Quantization wanted, const fs::path& model, const fs::path& out) {
    return quantizeModel({model, wanted, out, {}}, folder.path() / "data", {}, {});
  }
  std::vector<float> logitsOf(const fs::path& model) {
    const auto engine = Engine::open(model, {.backend = "reference"}, {});
    if (!engine) {
      ADD_FAILURE() << engine.error().message;
      return {};
    }
    States states = (*engine)->newStates().value();
    std::vector<int32_t> tokens;
    for (int32_t i = 0; i < 96; ++i) tokens.push_back((7 * i * i + 3 * i + 1) % 270);
    std::vector<float> all;
    EXPECT_TRUE((*engine)->allLogits(states, tokens,
                                     [&](std::span<const float> rows) -> Result<void> {
                                       all.insert(all.end(), rows.begin(), rows.end());
                                       return {};
                                     },
                                     {}));
    return all;
  }
  /// max|Δ| / max|logit|, the median over the positions.
  double errorOf(const fs::path& model) {
    const std::vector<float> expected = logitsOf(source);
    const std::vector<float> values = logitsOf(model);
    const size_t vocab = expected.size() / 96;
    return median(rowErrors(values, expected, vocab)) / largestMagnitude(expected);
  }

  TemporaryFolder folder;
  fs::path source = folder.path() / "midi";
  fs::path out = folder.path() / "midi.gguf";
};

// The size of the matrices is that of a model that was trained: they make their input no larger. At
// midi's own size of 1/2 the first rounding to bfloat16 alone moves the logits by 9 %.
TEST_F(QuantizeModel, AnswersNearlyLikeTheOriginal) {
  writeMidi({.bfloat16 = true, .matrixScale = 1.0 / 16});
  const struct {
    StoredType type;
    double bound;
  } cases[] = {{StoredType::Q8_0, 2e-2}, {StoredType::Q4_K, 8e-2}, {StoredType::Q4_0, 8e-2}};
  for (const auto& [type, bound] : cases) {
    const auto made = quantize({type}, source, out);
    ASSERT_TRUE(made) << made.error().message;
    const double error = errorOf(out);
    EXPECT_LT(error, bound);
    EXPECT_GT(error, 0);
    fs::remove(out);
  }
}

TEST_F(QuantizeModel, OfExpertsAloneErrsLess) {
  writeMidi({.bfloat16 = true, .matrixScale = 1.0 / 16});
  ASSERT_TRUE(quantize({StoredType::Q8_0}, source, out));
  const double ofAll = errorOf(out);
  fs::remove(out);
  const auto made = quantize({StoredType::Q8_0, true}, source, out);
  ASSERT_TRUE(made) << made.error().message;
  for (const QuantizedTensor& tensor : made->tensors) {
    const bool areExperts = tensor.name.ends_with("_exps.weight");
    EXPECT_EQ(tensor.type == StoredType::Q8_0, areExperts) << tensor.name;
    EXPECT_EQ(tensor.largestError > 0, areExperts) << tensor.name;
  }
  const double error = errorOf(out);
  EXPECT_GT(error, 0);
  EXPECT_LT(error, ofAll);
}

TEST_F(QuantizeModel, CarriesConfigTokenizerAndTemplateOver) {
  writeMidi({}, {{"eos_token_id", {2, 7}}, {"max_position_embeddings", 1000}});
  ASSERT_TRUE(writeFileAtomically(source / "chat_template.jinja", "{{ messages }}"));
  ASSERT_TRUE(quantize({StoredType::Q8_0}, source, out));
  const auto before = describeModel(source, WeightCheck::Values, {}, {});
  const auto after = describeModel(out, WeightCheck::Values, {}, {});
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->config, before->config);
  EXPECT_EQ(after->parameters, before->parameters);
  EXPECT_EQ(chatTemplateOf(out), "{{ messages }}");
  const auto own = readTokenizer(source).value();
  const auto carried = readTokenizer(out).value();
  EXPECT_EQ(carried->pieces(), own->pieces());
  EXPECT_EQ(carried->merges(), own->merges());
  for (const std::string text : {"abab  é€ <|end|>\n<note>", "   ab"}) {
    EXPECT_EQ(carried->encode(text), own->encode(text));
    EXPECT_EQ(carried->encodeLiteral(text), own->encodeLiteral(text));
  }
}

// What other programs see of the tokenizer is the same, too.
TEST_F(QuantizeModel, TellsThePiecesAsOthersReadThem) {
  writeMidi({});
  ASSERT_TRUE(quantize({StoredType::Q8_0}, source, out));
  const auto model = ModelFolder::open(out).value();
  const auto& keys = model->metadata();
  const auto tokenizer = text::Tokenizer::fromPieces(
      std::get<std::vector<std::string_view>>(keys.at("tokenizer.ggml.tokens")),
      std::get<std::vector<int64_t>>(keys.at("tokenizer.ggml.token_type")), "out");
  ASSERT_TRUE(tokenizer) << tokenizer.error().message;
  const auto own = readTokenizer(source).value();
  const std::string text = "abab  é€ <|end|>\n<note> ab";
  EXPECT_EQ((*tokenizer)->encode(text), own->encode(text));
  EXPECT_EQ((*tokenizer)->encodeLiteral(text), own->encodeLiteral(text));
  EXPECT_EQ(std::get<std::vector<double>>(keys.at("tokenizer.ggml.scores")).size(), 274U);
}

TEST_F(QuantizeModel, TakesAGgufFileWithItsKeys) {
  const fs::path gguf = folder.path() / "tiny-F32.gguf";
  test::writeGgufModel(gguf);
  const auto made = quantize({StoredType::Q8_0}, gguf, out);
  ASSERT_TRUE(made) << made.error().message;
  const auto before = ModelFolder::open(gguf).value();
  const auto after = ModelFolder::open(out).value();
  for (const GgufKey& key : before->ggufKeys()) {
    const auto found = std::ranges::find(after->ggufKeys(), key.name, &GgufKey::name);
    ASSERT_NE(found, after->ggufKeys().end()) << key.name;
    EXPECT_EQ(found->encoded, key.encoded);
  }
  EXPECT_EQ(after->config(), before->config());
}

TEST_F(QuantizeModel, ARowThatNoBlockDividesStaysExact) {
  nlohmann::json config = test::tinyConfig();
  config["hidden_size"] = 24;
  config["intermediate_size"] = 40;
  test::writeModel(source, config);
  const auto made = quantize({StoredType::Q4_K}, source, out);
  ASSERT_TRUE(made) << made.error().message;
  for (const QuantizedTensor& tensor : made->tensors) EXPECT_EQ(tensor.largestError, 0);
  EXPECT_EQ(logitsOf(out), logitsOf(source));
}

TEST_F(QuantizeModel, RefusesWhatTheFormatCannotHold) {
  const auto refusal = [&](const nlohmann::json& changes) {
    writeMidi({}, changes);
    const auto made = quantize({StoredType::Q8_0}, source, out);
    EXPECT_FALSE(made);
    EXPECT_FALSE(fs::exists(out));
    return made ? std::string() : made.error().message;
  };
  EXPECT_THAT(refusal({{"mamba_proj_bias", true}}), HasSubstr("mamba.in_proj.bias"));
  EXPECT_THAT(refusal({{"eos_token_id", {2, 3, 4, 5}}}), HasSubstr("end tokens"));
  EXPECT_THAT(refusal({{"model_type", "mamba"}, {"state_size", 16}, {"intermediate_size", 512}}),
              HasSubstr("cannot become a GGUF file"));
}

TEST_F(QuantizeModel, RefusesTheSecondTime) {
  writeMidi({});
  ASSERT_TRUE(quantize({StoredType::Q8_0}, source, out));
  const auto again = quantize({StoredType::Q4_K}, out, folder.path() / "again.gguf");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::Usage);
  EXPECT_THAT(again.error().message, HasSubstr("quantized already"));
}

}  // namespace
}  // namespace lectern
