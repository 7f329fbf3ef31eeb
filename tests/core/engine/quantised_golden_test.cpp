// SPDX-License-Identifier: GPL-3.0-or-later
//
// How far quantising takes a model from its bfloat16 weights, on every backend, and that the
// backends decide alike where the numbers are further apart than a path's error can account for.
#include "core/engine/engine.h"
#include "core/engine/weights.h"
#include "kernels/bfloat16.h"
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
#include <ostream>
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

// midi, its matrices with whole blocks in `experts` or `others`, and the rest in float32.
struct Types {
  DType experts;
  DType others;

  auto operator<=>(const Types&) const = default;
};
constexpr Types kFloats{DType::F32, DType::F32};
constexpr Types kQ8{DType::Q8_0, DType::Q8_0};
constexpr Types kQ4K{DType::Q4_K, DType::Q4_K};
constexpr Types kQ8Experts{DType::Q8_0, DType::BF16};  // models quantize --experts-only

std::string asText(const Types& types) {
  const std::string experts = types.experts == DType::Q8_0 ? "Q8_0" : "Q4_K";
  return types.experts == types.others ? experts : experts + "Experts";
}
void PrintTo(const Types& types, std::ostream* out) {
  *out << asText(types);
}

std::string encoded(DType type, const std::vector<float>& values) {
  const auto block = static_cast<size_t>(kernels::blockShape(type).elements);
  std::string data;
  for (size_t at = 0; at < values.size(); at += block) {
    data += type == DType::Q8_0   ? q8Block(&values[at])
            : type == DType::Q4_K ? q4KBlock(&values[at])
                                  : GgufWriter::raw(kernels::toBFloat16(values[at]));
  }
  return data;
}
int32_t ggufNumberOf(DType type) {
  return type == DType::Q8_0 ? 8 : type == DType::Q4_K ? 12 : 30;
}

const TemporaryFolder& modelOf(const Types& types) {
  static std::map<Types, TemporaryFolder> models;
  const auto [place, isNew] = models.try_emplace(types);
  if (!isNew) return place->second;
  nlohmann::json json = tiny_model::midiConfig();
  const ModelConfig config = parseModelConfig(json, "config").value();
  GgufWriter writer;
  test::writeMetadata(writer, config);
  for (GgufTensor& tensor :
       test::convertedToGguf(tiny_model::tensors(config, {.matrixScale = kMatrixScale}))) {
    const bool areExperts = tensor.name.find("_exps") != std::string::npos;
    const DType type = areExperts ? types.experts : types.others;
    const bool isMatrix = tensor.sides.size() > 1 &&
                          tensor.sides[0] % kernels::blockShape(type).elements == 0 &&
                          tensor.name.find("_inp") == std::string::npos;
    if (type != DType::F32 && isMatrix) {
      std::vector<float> values(tensor.data.size() / sizeof(float));
      std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
      tensor.data = encoded(type, values);
      tensor.type = ggufNumberOf(type);
    }
    writer.tensor(tensor.name, tensor.sides, tensor.type, tensor.data);
  }
  std::ofstream(place->second.path() / "m.gguf", std::ios::binary) << writer.file();
  return place->second;
}

std::vector<float> logitsOf(const Types& types, const EngineOptions& options) {
  const auto engine = Engine::open(modelOf(types).path() / "m.gguf", options, {}).value();
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

class QuantisedGolden : public testing::TestWithParam<std::tuple<Types, std::string>> {};

TEST_P(QuantisedGolden, StaysNearTheModelThatWasQuantised) {
  const auto [types, backend] = GetParam();
  const std::vector<float> expected =
      logitsOf(kFloats, {.backend = "reference", .windowTokens = 128, .matrixType = DType::BF16});
  const std::vector<float> logits = logitsOf(types, {.backend = backend, .windowTokens = 128});
  ASSERT_EQ(logits.size(), expected.size());
  const double error = median(rowErrors(logits, expected, 512)) / largestMagnitude(expected);
  EXPECT_LT(error, types.experts == DType::Q8_0 ? 2e-2 : 8e-2);
  RecordProperty("error", std::to_string(error));
}

TEST_P(QuantisedGolden, DecidesAsTheReferenceWhereTheMarginAllows) {
  const auto [types, backend] = GetParam();
  const std::vector<float> expected =
      logitsOf(types, {.backend = "reference", .windowTokens = 128});
  const std::vector<float> logits = logitsOf(types, {.backend = backend, .windowTokens = 128});
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
                         testing::Combine(testing::Values(kQ8, kQ4K, kQ8Experts),
                                          testing::ValuesIn(test::backendNames())),
                         [](const auto& info) {
                           return asText(std::get<0>(info.param)) + "_" +
                                  test::asTestName(std::get<1>(info.param));
                         });

// Memory for a quantised model is what its file holds, and what packing adds.
TEST(QuantisedModel, TakesTheMemoryOfItsFile) {
  for (const Types& types : {kQ8, kQ4K, kQ8Experts}) {
    const std::filesystem::path file = modelOf(types).path() / "m.gguf";
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
