// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/safetensors.h"

#include "tests/support/safetensors_writer.h"

#include <gtest/gtest.h>

#include <string>

namespace lectern {
namespace {

std::string refusal(const std::string& file) {
  const auto result = readSafetensors(file, "m.safetensors");
  if (result) return "accepted";
  EXPECT_EQ(result.error().code, ErrorCode::ModelUnusable);
  EXPECT_NE(result.error().message.find("m.safetensors"), std::string::npos);
  return result.error().message;
}

bool refusedFor(const std::string& file, const std::string& cause) {
  const std::string message = refusal(file);
  const bool found = message.find(cause) != std::string::npos;
  if (!found) ADD_FAILURE() << message;
  return found;
}

const std::string kF32 = R"("dtype":"F32","shape":[2])";

TEST(Safetensors, ReadsTensorsInTheOrderOfTheirData) {
  const std::string file =
      safetensorsFile({{"b", "BF16", {1, 2}, "wxyz"}, {"a", "F32", {}, "abcd"}});
  const auto tensors = readSafetensors(file, "f").value();
  ASSERT_EQ(tensors.size(), 2U);
  EXPECT_EQ(tensors[0].name, "b");
  EXPECT_EQ(tensors[0].type, StoredType::BF16);
  EXPECT_EQ(tensors[0].shape, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(tensors[0].data, "wxyz");
  EXPECT_EQ(tensors[1].elements(), 1);
}

TEST(Safetensors, TakesMetadataEmptyTensorsAndPaddedHeaders) {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"e":{"dtype":"F32","shape":[0,4],"data_offsets":[0,0]}}  )";
  EXPECT_EQ(readSafetensors(safetensorsFile(header, ""), "f").value().size(), 1U);
}

TEST(Safetensors, RefusesEachBrokenRule) {
  EXPECT_TRUE(refusedFor("1234567", "shorter than eight bytes"));
  EXPECT_TRUE(refusedFor(std::string("\xff\xff\xff\xff\xff\xff\xff\x7f", 8), "bytes long"));
  EXPECT_TRUE(refusedFor(std::string("\x09\0\0\0\0\0\0\0{}", 10), "ends inside its header"));
  EXPECT_TRUE(refusedFor(safetensorsFile("[]", ""), "not an object"));
  EXPECT_TRUE(refusedFor(safetensorsFile("{\"a\":", ""), "not JSON"));
  EXPECT_TRUE(refusedFor(safetensorsFile(R"({"a":3})", ""), "lacks dtype"));
  EXPECT_TRUE(
      refusedFor(safetensorsFile(R"({"a":{"dtype":"Q9","shape":[],"data_offsets":[0,4]}})", "abcd"),
                 "does not know"));
  EXPECT_TRUE(refusedFor(
      safetensorsFile(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", "abcd"),
      "no count"));
  EXPECT_TRUE(refusedFor(
      safetensorsFile("{\"a\":{" + kF32 + ",\"data_offsets\":[8,0]}}", "12345678"), "offsets"));
  EXPECT_TRUE(refusedFor(safetensorsFile("{\"a\":{" + kF32 + ",\"data_offsets\":[0,4]}}", "1234"),
                         "8 bytes"));
  EXPECT_TRUE(
      refusedFor(safetensorsFile("{\"a\":{" + kF32 + ",\"data_offsets\":[0,8]}}", "1234567"),
                 "ends inside tensor"));
  EXPECT_TRUE(
      refusedFor(safetensorsFile("{\"a\":{" + kF32 + ",\"data_offsets\":[0,8]}}", "123456789"),
                 "1 bytes follow"));
  EXPECT_TRUE(refusedFor(
      safetensorsFile("{\"a\":{" + kF32 + ",\"data_offsets\":[1,9]}}", "123456789"), "hole"));
  const std::string twice =
      "{\"a\":{" + kF32 + ",\"data_offsets\":[0,8]},\"b\":{" + kF32 + ",\"data_offsets\":[4,12]}}";
  EXPECT_TRUE(refusedFor(safetensorsFile(twice, "123456789012"), "overlaps"));
  const std::string same =
      "{\"a\":{" + kF32 + ",\"data_offsets\":[0,8]},\"a\":{" + kF32 + ",\"data_offsets\":[0,8]}}";
  EXPECT_TRUE(refusedFor(safetensorsFile(same, "12345678"), "stands twice"));
}

TEST(Safetensors, RefusesShapesWhoseProductWraps) {
  const std::string header =
      R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})";
  EXPECT_TRUE(refusedFor(safetensorsFile(header, ""), "more elements than can be counted"));
}

TEST(Safetensors, RefusesNumbersThatAreNoSizes) {
  const auto file = [](const std::string& shape, const std::string& offsets) {
    return safetensorsFile(
        R"({"a":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}", "1234");
  };
  EXPECT_TRUE(refusedFor(file("[1.5]", "[0,4]"), "no count"));
  EXPECT_TRUE(refusedFor(file("[1e0]", "[0,4]"), "no count"));
  EXPECT_TRUE(refusedFor(file("[18446744073709551615]", "[0,4]"), "no count"));
  EXPECT_TRUE(refusedFor(file("[18446744073709551616]", "[0,4]"), "no count"));
  EXPECT_TRUE(refusedFor(file("1", "[0,4]"), "no short list"));
  EXPECT_TRUE(refusedFor(file("[1,1,1,1,1,1,1,1,1]", "[0,4]"), "no short list"));
  EXPECT_TRUE(refusedFor(file("[1]", "[0,-4]"), "not two numbers"));
  EXPECT_TRUE(refusedFor(file("[1]", "[0,4,8]"), "not two numbers"));
  EXPECT_TRUE(refusedFor(file("[1]", "[18446744073709551615,3]"), "offsets"));
  EXPECT_TRUE(refusedFor(file("[1]", "[18446744073709551612,18446744073709551615]"), "offsets"));
  EXPECT_TRUE(refusedFor(file("[9223372036854775807,0]", "[0,0]"), "than can be counted"));
  const std::string deep = std::string(10'000, '[');
  EXPECT_TRUE(refusedFor(file(deep, "[0,4]"), "nested deeper"));
}

TEST(Safetensors, RefusesEveryCutOfASoundFile) {
  const std::string file =
      safetensorsFile({{"a", "F32", {2}, "12345678"}, {"b", "BF16", {1}, "12"}});
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_NE(refusal(file.substr(0, size)), "accepted") << size;
  }
}

}  // namespace
}  // namespace lectern
