// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/gguf_file_writer.h"

#include "core/model_file/gguf.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace lectern {
namespace {

namespace fs = std::filesystem;
using test::TemporaryFolder;
using ::testing::HasSubstr;

GgufHeader header() {
  GgufHeader header;
  header.string("general.architecture", "jamba");
  header.u32("a.number", 7);
  header.f32("a.fraction", 0.5F);
  header.flag("a.flag", true);
  header.i32s("some.numbers", std::vector<int32_t>{0, -3, 5});
  header.f32s("some.fractions", std::vector<float>{0.25F, -1});
  header.strings("some.words", std::vector<std::string>{"", "▁ab"});
  return header;
}

TEST(GgufFileWriter, WritesWhatTheReaderReads) {
  const TemporaryFolder folder;
  const fs::path path = folder.path() / "m.gguf";
  GgufHeader plan = header();
  plan.tensor("first", StoredType::F32, {3});
  plan.tensor("second", StoredType::Q8_0, {2, 3, 32});
  plan.tensor("third", StoredType::Q4_K, {2, 256});
  const std::string blocks(6 * 34, '\x21');
  const std::string superBlocks(2 * 144, '\x42');
  {
    GgufFileWriter writer = GgufFileWriter::create(path, plan).value();
    ASSERT_TRUE(writer.append(std::string(12, '\x11')));
    ASSERT_TRUE(writer.endTensor());
    ASSERT_TRUE(writer.append(blocks.substr(0, 100)));
    ASSERT_TRUE(writer.append(blocks.substr(100)));
    ASSERT_TRUE(writer.endTensor());
    ASSERT_TRUE(writer.append(superBlocks));
    ASSERT_TRUE(writer.endTensor());
    EXPECT_FALSE(fs::exists(path));
    ASSERT_TRUE(writer.commit());
  }
  const std::string bytes = readFile(path, 1 << 20).value();
  const GgufContent content = readGguf(bytes, "m.gguf").value();
  EXPECT_EQ(std::get<int64_t>(content.metadata.at("a.number")), 7);
  EXPECT_EQ(std::get<double>(content.metadata.at("a.fraction")), 0.5);
  EXPECT_TRUE(std::get<bool>(content.metadata.at("a.flag")));
  EXPECT_EQ(std::get<std::vector<int64_t>>(content.metadata.at("some.numbers")),
            (std::vector<int64_t>{0, -3, 5}));
  EXPECT_EQ(std::get<std::vector<double>>(content.metadata.at("some.fractions")),
            (std::vector<double>{0.25, -1}));
  EXPECT_EQ(std::get<std::vector<std::string_view>>(content.metadata.at("some.words")),
            (std::vector<std::string_view>{"", "▁ab"}));
  ASSERT_EQ(content.tensors.size(), 3U);
  EXPECT_EQ(content.tensors[1].shape, (std::vector<int64_t>{2, 3, 32}));
  EXPECT_EQ(content.tensors[1].data, blocks);
  EXPECT_EQ(content.tensors[2].type, StoredType::Q4_K);
  EXPECT_EQ(content.tensors[2].data, superBlocks);
}

TEST(GgufFileWriter, TakesKeysOverToTheByte) {
  const std::string first = header().bytes();
  GgufHeader second;
  const GgufContent content = readGguf(first, "first").value();
  for (const GgufKey& key : content.keys) second.encoded(key.name, key.encoded);
  EXPECT_TRUE(second.bytes() == first);
}

TEST(GgufFileWriter, LeavesNothingWhereItIsNotFinished) {
  const TemporaryFolder folder;
  GgufHeader plan = header();
  plan.tensor("t", StoredType::F32, {1000});
  {
    GgufFileWriter writer = GgufFileWriter::create(folder.path() / "m.gguf", plan).value();
    ASSERT_TRUE(writer.append("half"));
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(GgufFileWriter, SaysWhatDoesNotFitBeforeItWrites) {
  const TemporaryFolder folder;
  GgufHeader plan;
  plan.tensor("t", StoredType::F32, {int64_t{1} << 50});
  const auto refused = GgufFileWriter::create(folder.path() / "m.gguf", plan);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Storage);
  EXPECT_THAT(refused.error().message, testing::AllOf(HasSubstr("m.gguf"), HasSubstr("free")));
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace lectern
