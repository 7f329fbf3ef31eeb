// SPDX-License-Identifier: GPL-3.0-or-later
//
// How far quantising takes a model from its bfloat16 weights, on every backend, and that the
// backends decide alike where the numbers are further apart than a path's error can account for.
#include "core/engine/engine.h"
#include "core/engine/weights.h"
#include "tests/support/backends.h"
#include "tests/support/gguf_model.h"
#include "tests/support/golden_model.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <tuple>

namespace lectern {
namespace {

using kernels::DType;
using test::GgufTensor;
using test::TemporaryFolder;

constexpr int64_t kTokens = 64;
// The size of the matrices is that of a model that was trained: what a layer adds to the residual
// is small. At midi's own size of 1/2 each matrix makes its input 4.6 times as large, gates
// multiply such numbers, and an error of 0.4 % comes out as 15 %, whoever computes it.
constexpr double kMatrixScale = 1.0 / 32;

// The binary16 of a number that is none of the smallest or largest, cut off.
uint16_t toHalf(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  return static_cast<uint16_t>((bits >> 16 & 0x8000U) | ((bits & 0x7FFFFFFFU) - 0x38000000U) >> 13);
}

std::string q8Block(const float* x) {
  float largest = 0;
  for (int i = 0; i < 32; ++i) largest = std::max(largest, std::abs(x[i]));
  std::string block = GgufWriter::raw(toHalf(largest / 127));
  for (int i = 0; i < 32; ++i) block += static_cast<char>(std::lround(x[i] / largest * 127));
  return block;
}

// Each group of 32 from its least to its largest number in fifteen steps; six bits for each step
// and least number, of the largest of the eight.
std::string q4KBlock(const float* x) {
  float step[8];
  float low[8];
  for (int g = 0; g < 8; ++g) {
    const auto [least, most] = std::minmax_element(x + 32 * g, x + 32 * (g + 1));
    low[g] = std::max(0.0F, -*least);
    step[g] = (*most + low[g]) / 15;
  }
  const float d = *std::max_element(step, step + 8) / 63;
  const float m = *std::max_element(low, low + 8) / 63;
  uint8_t pairs[12] = {};
  uint8_t nibbles[128] = {};
  for (int g = 0; g < 8; ++g) {
    const auto scale = static_cast<int>(std::lround(step[g] / d));
    const auto least = static_cast<int>(std::lround(low[g] / m));
    if (g < 4) {
      pairs[g] |= static_cast<uint8_t>(scale);
      pairs[g + 4] |= static_cast<uint8_t>(least);
    } else {
      pairs[g + 4] = static_cast<uint8_t>((scale & 15) | (least & 15) << 4);
      pairs[g - 4] |= static_cast<uint8_t>(scale >> 4 << 6);
      pairs[g] |= static_cast<uint8_t>(least >> 4 << 6);
    }
    for (int i = 0; i < 32; ++i) {
      const float quant =
          (x[32 * g + i] + m * static_cast<float>(least)) / (d * static_cast<float>(scale));
      nibbles[32 * (g / 2) + i] |= static_cast<uint8_t>(
          std::clamp<int>(static_cast<int>(std::lround(quant)), 0, 15) << (g % 2 * 4));
    }
  }
  std::string block = GgufWriter::raw(toHalf(d)) + GgufWriter::raw(toHalf(m));
  block.append(reinterpret_cast<char*>(pairs), sizeof pairs);
  return block.append(reinterpret_cast<char*>(nibbles), sizeof nibbles);
}

// midi, its matrices with whole blocks in that type and the rest in float32.
const TemporaryFolder& modelOf(DType type) {
  static std::map<DType, TemporaryFolder> models;
  const auto [place, isNew] = models.try_emplace(type);
  if (!isNew) return place->second;
  nlohmann::json json = tiny_model::midiConfig();
  const ModelConfig config = parseModelConfig(json, "config").value();
  GgufWriter writer;
  test::writeMetadata(writer, config);
  const auto block = static_cast<size_t>(kernels::blockShape(type).elements);
  for (GgufTensor& tensor :
       test::convertedToGguf(tiny_model::tensors(config, {.matrixScale = kMatrixScale}))) {
    const bool isMatrix = tensor.sides.size() > 1 &&
                          tensor.sides[0] % static_cast<int64_t>(block) == 0 &&
                          tensor.name.find("_inp") == std::string::npos;
    if (type != DType::F32 && isMatrix) {
      std::vector<float> values(tensor.data.size() / sizeof(float));
      std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
      tensor.data.clear();
      for (size_t at = 0; at < values.size(); at += block) {
        tensor.data += type == DType::Q8_0 ? q8Block(&values[at]) : q4KBlock(&values[at]);
      }
      tensor.type = type == DType::Q8_0 ? 8 : 12;
    }
    writer.tensor(tensor.name, tensor.sides, tensor.type, tensor.data);
  }
  std::ofstream(place->second.path() / "m.gguf", std::ios::binary) << writer.file();
  return place->second;
}

std::vector<float> logitsOf(DType type, const EngineOptions& options) {
  const auto engine = Engine::open(modelOf(type).path() / "m.gguf", options, {}).value();
  States states = engine->newStates().value();
  std::vector<int32_t> tokens;
  for (int64_t i = 0; i < kTokens; ++i) {
    tokens.push_back(static_cast<int32_t>((7 * i * i + 3 * i + 1) % 512));
  }
  std::vector<float> all;
  EXPECT_TRUE(engine->allLogits(states, tokens,
                                [&](std::span<const float> logits) -> Result<void> {
                                  all.insert(all.end(), logits.begin(), logits.end());
                                  return {};
                                },
                                {}));
  return all;
}

class QuantisedGolden : public testing::TestWithParam<std::tuple<DType, std::string>> {};

TEST_P(QuantisedGolden, StaysNearTheModelThatWasQuantised) {
  const auto [type, backend] = GetParam();
  const std::vector<float> expected = logitsOf(
      DType::F32, {.backend = "reference", .windowTokens = 128, .matrixType = DType::BF16});
  const std::vector<float> logits = logitsOf(type, {.backend = backend, .windowTokens = 128});
  ASSERT_EQ(logits.size(), expected.size());
  const double error = median(rowErrors(logits, expected, 512)) / largestMagnitude(expected);
  EXPECT_LT(error, type == DType::Q8_0 ? 2e-2 : 8e-2);
  RecordProperty("error", std::to_string(error));
}

TEST_P(QuantisedGolden, DecidesAsTheReferenceWhereTheMarginAllows) {
  const auto [type, backend] = GetParam();
  const std::vector<float> expected = logitsOf(type, {.backend = "reference", .windowTokens = 128});
  const std::vector<float> logits = logitsOf(type, {.backend = backend, .windowTokens = 128});
  const double error = median(rowErrors(logits, expected, 512));
  int decided = 0;
  for (auto row = expected.begin(); row != expected.end(); row += 512) {
    std::vector<float> sorted(row, row + 512);
    std::nth_element(sorted.begin(), sorted.begin() + 1, sorted.end(), std::greater<>());
    if (double{sorted[0]} - double{sorted[1]} <= 3 * error) continue;
    ++decided;
    const auto other = logits.begin() + (row - expected.begin());
    EXPECT_EQ(std::max_element(other, other + 512) - other, std::max_element(row, row + 512) - row);
  }
  EXPECT_GE(decided, kTokens / 2);
  RecordProperty("decided", decided);
}

INSTANTIATE_TEST_SUITE_P(Backends,
                         QuantisedGolden,
                         testing::Combine(testing::Values(DType::Q8_0, DType::Q4_K),
                                          testing::ValuesIn(test::backendNames())),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param) == DType::Q8_0 ? "Q8_0_"
                                                                                     : "Q4_K_") +
                                  test::asTestName(std::get<1>(info.param));
                         });

// Memory for a quantised model is what its file holds, and what packing adds.
TEST(QuantisedModel, TakesTheMemoryOfItsFile) {
  for (const DType type : {DType::Q8_0, DType::Q4_K}) {
    const std::filesystem::path file = modelOf(type).path() / "m.gguf";
    const auto folder = ModelFolder::open(file).value();
    const ModelConfig config = parseModelConfig(folder->config(), "config").value();
    for (const std::string& name : test::backendNames()) {
      const auto backend = kernels::openBackend(name, 1).value();
      const auto weights = Weights::load(*folder, config, *backend, {}, {}).value();
      EXPECT_LT(static_cast<double>(weights->bytes),
                1.05 * static_cast<double>(std::filesystem::file_size(file)))
          << name;
    }
  }
}

}  // namespace
}  // namespace lectern
