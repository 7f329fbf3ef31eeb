// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/quantize.h"

#include "core/model_file/elements.h"
#include "core/model_file/gguf.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

namespace lectern {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using ::testing::HasSubstr;

/// A source whose values are sines, and what holds them.
struct Source {
  Source(const std::string& name, std::vector<int64_t> shape) {
    tensor = {name, StoredType::F32, "F32", shape, {}};
    std::vector<float> values(static_cast<size_t>(tensor.elements()));
    for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<float>(i));
    data.assign(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    tensor.data = data;
    source = {name, std::move(shape), {&tensor}, false};
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  std::string data;
  StoredTensor tensor;
  GgufSource source;
};

StoredType typeOf(const char* name,
                  std::vector<int64_t> shape,
                  StoredType wanted,
                  bool isHead = false) {
  const Source source(name, std::move(shape));
  return quantizedType(source.source, {wanted}, isHead);
}

TEST(QuantizedType, OfSmallAndDecisiveTensorsIsFloat) {
  for (const StoredType type : {StoredType::Q8_0, StoredType::Q4_0, StoredType::Q4_K}) {
    EXPECT_EQ(typeOf("blk.0.attn_norm.weight", {256}, type), StoredType::F32);
    EXPECT_EQ(typeOf("blk.0.ssm_dt_norm.weight", {256}, type), StoredType::F32);
    EXPECT_EQ(typeOf("blk.0.ssm_conv1d.weight", {256, 256}, type), StoredType::F32);
    EXPECT_EQ(typeOf("blk.0.ssm_dt.bias", {256}, type), StoredType::F32);
    EXPECT_EQ(typeOf("blk.0.ssm_a", {256, 256}, type), StoredType::F32);
    EXPECT_EQ(typeOf("blk.0.ssm_d", {256}, type), StoredType::F32);
    EXPECT_EQ(typeOf("blk.0.ffn_gate_inp.weight", {4, 256}, type), StoredType::F32);
    EXPECT_EQ(typeOf("blk.0.ssm_in.weight", {4, 256}, type), type);
    EXPECT_EQ(typeOf("blk.0.ffn_up_exps.weight", {2, 4, 256}, type), type);
  }
}

TEST(QuantizedType, FallsBackWhereRowsAreNoWholeBlocks) {
  const char* const name = "blk.0.ssm_dt.weight";
  EXPECT_EQ(typeOf(name, {4, 160}, StoredType::Q4_K), StoredType::Q5_0);
  EXPECT_EQ(typeOf(name, {4, 160}, StoredType::Q4_0), StoredType::Q4_0);
  EXPECT_EQ(typeOf(name, {4, 48}, StoredType::Q4_K), StoredType::F32);
  EXPECT_EQ(typeOf(name, {4, 48}, StoredType::Q8_0), StoredType::F32);
}

TEST(QuantizedType, OfTheHeadHasMoreBits) {
  EXPECT_EQ(typeOf("output.weight", {4, 256}, StoredType::Q4_K, true), StoredType::Q6_K);
  EXPECT_EQ(typeOf("output.weight", {4, 256}, StoredType::Q4_0, true), StoredType::Q6_K);
  EXPECT_EQ(typeOf("output.weight", {4, 96}, StoredType::Q4_0, true), StoredType::Q8_0);
  EXPECT_EQ(typeOf("output.weight", {4, 256}, StoredType::Q8_0, true), StoredType::Q8_0);
}

TEST(QuantizedType, OfExpertsAloneLeavesTheRestAsItIs) {
  const auto type = [](const char* name, std::vector<int64_t> shape, StoredType own) {
    Source source(name, std::move(shape));
    source.tensor.type = own;
    const bool isHead = source.source.name == "output.weight";
    return quantizedType(source.source, {StoredType::Q4_K, true}, isHead);
  };
  for (const StoredType own : {StoredType::BF16, StoredType::F16, StoredType::F32}) {
    EXPECT_EQ(type("blk.1.ffn_up_exps.weight", {2, 4, 256}, own), StoredType::Q4_K);
    EXPECT_EQ(type("blk.1.ffn_down_exps.weight", {2, 4, 32}, own), StoredType::Q5_0);
    EXPECT_EQ(type("blk.0.ffn_up.weight", {4, 256}, own), own);
    EXPECT_EQ(type("blk.0.ssm_in.weight", {4, 256}, own), own);
    EXPECT_EQ(type("output.weight", {4, 256}, own), own);
    EXPECT_EQ(type("blk.0.attn_norm.weight", {256}, own), StoredType::F32);
    EXPECT_EQ(type("blk.1.ffn_gate_inp.weight", {4, 256}, own), StoredType::F32);
  }
}

TEST(WriteQuantized, TellsTheErrorOfEachTensor) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "m.gguf";
  // More than are written at once, and no whole number of them.
  const Source large("blk.0.ssm_in.weight", {513, 8448});
  const Source norm("blk.0.attn_norm.weight", {33});
  int64_t heard = 0;
  const auto tensors = writeQuantized({large.source, norm.source}, {StoredType::Q4_0}, {}, file,
                                      [&](int64_t done, int64_t total) {
                                        EXPECT_GT(done, heard);
                                        EXPECT_LE(done, total);
                                        heard = done;
                                      },
                                      {});
  ASSERT_TRUE(tensors) << tensors.error().message;
  EXPECT_EQ(heard, static_cast<int64_t>(large.data.size() + norm.data.size()));
  EXPECT_EQ((*tensors)[1].largestError, 0);
  EXPECT_EQ((*tensors)[1].relativeError, 0);

  const std::string bytes = readFile(file, 1 << 24).value();
  const GgufContent content = readGguf(bytes, "m").value();
  const StoredTensor& back = content.tensors.at(0);
  EXPECT_EQ(back.shape, (std::vector<int64_t>{513, 8448}));
  std::vector<float> values(static_cast<size_t>(back.elements()));
  readElements(back, 0, values);
  double error = 0;
  double squares = 0;
  double largest = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    float original = 0;
    std::memcpy(&original, large.data.data() + 4 * i, 4);
    const double difference = std::abs(double{original} - double{values[i]});
    error += difference * difference;
    squares += double{original} * double{original};
    largest = std::max(largest, difference);
  }
  EXPECT_NEAR((*tensors)[0].relativeError, std::sqrt(error / squares), 1e-12);
  EXPECT_EQ((*tensors)[0].largestError, largest);
  EXPECT_LT(largest, 0.2);
}

TEST(WriteQuantized, PutsTheExpertsOfALayerBehindEachOther) {
  const TemporaryFolder folder;
  Source first("a", {2, 32});
  Source second("b", {2, 32});
  const GgufSource stack{
      "blk.1.ffn_up_exps.weight", {2, 2, 32}, {&first.tensor, &second.tensor}, false};
  const Source one("blk.0.ssm_in.weight", {2, 32});
  ASSERT_TRUE(writeQuantized({stack, one.source}, {StoredType::Q8_0}, {}, folder.path() / "m.gguf",
                             {}, {}));
  const std::string bytes = readFile(folder.path() / "m.gguf", 1 << 20).value();
  const GgufContent content = readGguf(bytes, "m").value();
  const std::string_view own = content.tensors.at(1).data;
  EXPECT_EQ(content.tensors.at(0).data, std::string(own) + std::string(own));
}

TEST(WriteQuantized, RefusesWhatIsQuantizedAlready) {
  const TemporaryFolder folder;
  Source source("blk.0.ssm_in.weight", {2, 32});
  source.tensor.type = StoredType::Q4_1;
  source.tensor.typeName = "Q4_1";
  const auto refused =
      writeQuantized({source.source}, {StoredType::Q8_0}, {}, folder.path() / "m.gguf", {}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Usage);
  EXPECT_THAT(refused.error().message, HasSubstr("Q4_1"));
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(WriteQuantized, RefusesAModelWithoutTheExpertsThatItIsToQuantize) {
  const TemporaryFolder folder;
  const Source source("blk.0.ssm_in.weight", {2, 32});
  const auto refused = writeQuantized({source.source}, {StoredType::Q8_0, true}, {},
                                      folder.path() / "m.gguf", {}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Usage);
  EXPECT_THAT(refused.error().message, HasSubstr("no experts"));
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(WriteQuantized, LeavesNothingWhereItIsStopped) {
  const TemporaryFolder folder;
  const Source source("blk.0.ssm_in.weight", {513, 8448});
  std::stop_source stop;
  const auto refused = writeQuantized(
      {source.source}, {StoredType::Q8_0}, {}, folder.path() / "m.gguf",
      [&](int64_t, int64_t) { stop.request_stop(); }, stop.get_token());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Cancelled);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace lectern
