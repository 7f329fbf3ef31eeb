// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model_file/gguf.h"

#include "tests/support/gguf_writer.h"

#include <gtest/gtest.h>

#include <string>

namespace lectern {
namespace {

bool refusedFor(const std::string& file, const std::string& cause) {
  const auto result = readGguf(file, "m.gguf");
  const std::string message = result ? "accepted" : result.error().message;
  const bool found =
      message.find(cause) != std::string::npos && message.find("m.gguf") != std::string::npos;
  if (!found) ADD_FAILURE() << message;
  return found && result.error().code == ErrorCode::ModelUnusable;
}

// A file of one tensor, after `change`.
template <class Change>
std::string changed(const Change& change) {
  GgufWriter writer;
  change(writer);
  return writer.file();
}

GgufWriter sound() {
  GgufWriter writer;
  writer.string("general.architecture", "jamba");
  writer.u32("jamba.block_count", 2);
  writer.f32("eps", 1e-6F);
  writer.flag("yes", true);
  writer.key("small", 1, GgufWriter::raw<int8_t>(-3));
  writer.key("wide", 10, GgufWriter::raw<uint64_t>(1ULL << 40));
  writer.i32s("heads", {0, 0, 4});
  writer.strings("tokens", {"a", "", "▁b"});
  writer.tensor("one", {}, 0, "abcd");
  writer.tensor("two.weight", {64, 3}, 2, std::string(6 * 18, 'q'));
  writer.tensor("three", {3}, 30, "uvwxyz");
  return writer;
}

TEST(Gguf, ReadsMetadataAndTensors) {
  for (const uint32_t version : {2U, 3U}) {
    GgufWriter writer = sound();
    writer.version = version;
    const std::string file = writer.file();
    const auto result = readGguf(file, "m.gguf");
    ASSERT_TRUE(result) << result.error().message;
    const auto& metadata = result->metadata;
    EXPECT_EQ(std::get<std::string_view>(metadata.at("general.architecture")), "jamba");
    EXPECT_EQ(std::get<int64_t>(metadata.at("jamba.block_count")), 2);
    EXPECT_EQ(std::get<double>(metadata.at("eps")), static_cast<double>(1e-6F));
    EXPECT_TRUE(std::get<bool>(metadata.at("yes")));
    EXPECT_EQ(std::get<int64_t>(metadata.at("small")), -3);
    EXPECT_EQ(std::get<int64_t>(metadata.at("wide")), int64_t{1} << 40);
    EXPECT_EQ(std::get<std::vector<int64_t>>(metadata.at("heads")),
              (std::vector<int64_t>{0, 0, 4}));
    EXPECT_EQ(std::get<std::vector<std::string_view>>(metadata.at("tokens")),
              (std::vector<std::string_view>{"a", "", "▁b"}));

    ASSERT_EQ(result->tensors.size(), 3U);
    EXPECT_EQ(result->tensors[0].elements(), 1);
    EXPECT_EQ(result->tensors[0].data, "abcd");
    EXPECT_EQ(result->tensors[1].name, "two.weight");
    EXPECT_EQ(result->tensors[1].type, StoredType::Q4_0);
    EXPECT_EQ(result->tensors[1].shape, (std::vector<int64_t>{3, 64})) << "outermost first";
    EXPECT_EQ(result->tensors[1].data, std::string(6 * 18, 'q'));
    EXPECT_EQ(result->tensors[2].data, "uvwxyz");
  }
}

TEST(Gguf, FollowsTheFilesOwnAlignment) {
  for (const uint32_t alignment : {1U, 8U, 4096U}) {
    GgufWriter writer;
    writer.alignment = alignment;
    writer.u32("general.alignment", alignment);
    writer.tensor("a", {1}, 0, "abcd");
    writer.tensor("b", {3}, 1, "uvwxyz");
    const std::string file = writer.file();
    const auto result = readGguf(file, "m.gguf");
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->tensors[1].data, "uvwxyz");
  }
}

TEST(Gguf, RefusesEachBrokenRuleOfTheHeader) {
  EXPECT_TRUE(refusedFor("", "does not begin"));
  EXPECT_TRUE(refusedFor("GGML12345678901234567890", "does not begin"));
  EXPECT_TRUE(refusedFor("GGUF", "ends inside its header"));
  EXPECT_TRUE(refusedFor(changed([](GgufWriter& w) { w.version = 1; }), "version 1"));
  EXPECT_TRUE(refusedFor(changed([](GgufWriter& w) { w.version = 0x0300'0000; }),
                         "order of another kind of machine"));
  for (const uint64_t count : {~0ULL, 1ULL << 63, 1ULL << 32, 2ULL}) {
    std::string file = GgufWriter().file();
    file.replace(8, 8, GgufWriter::raw(count));
    EXPECT_TRUE(refusedFor(file, "tensors, more than there is room for"));
    file = GgufWriter().file();
    file.replace(16, 8, GgufWriter::raw(count));
    EXPECT_TRUE(refusedFor(file, "keys, more than there is room for"));
  }
}

TEST(Gguf, RefusesEachBrokenRuleOfTheMetadata) {
  const auto key = [](std::string_view name, int32_t kind, const std::string& value) {
    return changed([&](GgufWriter& w) { w.key(name, kind, value); });
  };
  EXPECT_TRUE(refusedFor(key("", 4, GgufWriter::raw(1U)), "no text"));
  EXPECT_TRUE(refusedFor(key("\xff", 4, GgufWriter::raw(1U)), "no text"));
  EXPECT_TRUE(refusedFor(key("k", 13, GgufWriter::raw(1U)), "does not know"));
  EXPECT_TRUE(refusedFor(key("k", -1, GgufWriter::raw(1U)), "does not know"));
  EXPECT_TRUE(refusedFor(key("k", 8, GgufWriter::raw(~0ULL)), "ends inside its header"));
  EXPECT_TRUE(refusedFor(key("k", 8, GgufWriter::raw(1ULL << 40)), "ends inside its header"));
  EXPECT_TRUE(refusedFor(key("k", 10, GgufWriter::raw(~0ULL)), "larger than any size"));
  // A list of lists; a list longer than the file; one whose bytes would wrap.
  EXPECT_TRUE(refusedFor(key("k", 9, GgufWriter::raw<int32_t>(9) + GgufWriter::raw(1ULL)),
                         "the list of \"k\""));
  for (const uint64_t size : {1000ULL, 1ULL << 61, ~0ULL}) {
    EXPECT_TRUE(refusedFor(key("k", 9, GgufWriter::raw<int32_t>(8) + GgufWriter::raw(size)),
                           "more than there is room for"));
  }
  EXPECT_TRUE(refusedFor(changed([](GgufWriter& w) {
                           w.u32("k", 1);
                           w.u32("k", 1);
                         }),
                         "\"k\" twice"));
  for (const uint32_t alignment : {0U, 3U, 48U}) {
    EXPECT_TRUE(refusedFor(changed([&](GgufWriter& w) { w.u32("general.alignment", alignment); }),
                           "no power of two"));
  }
  EXPECT_TRUE(refusedFor(changed([](GgufWriter& w) { w.string("general.alignment", "32"); }),
                         "no power of two"));
}

TEST(Gguf, RefusesEachBrokenRuleOfATensor) {
  const auto tensor = [](std::string_view name, const std::vector<int64_t>& sides, int32_t type,
                         const std::string& data, int64_t offset = -1) {
    return changed([&](GgufWriter& w) { w.tensor(name, sides, type, data, offset); });
  };
  EXPECT_TRUE(refusedFor(tensor("", {1}, 0, "abcd"), "the name of a tensor"));
  EXPECT_TRUE(refusedFor(tensor(std::string(64, 'n'), {1}, 0, "abcd"), "the name of a tensor"));
  EXPECT_TRUE(refusedFor(tensor("\xc5", {1}, 0, "abcd"), "the name of a tensor"));
  EXPECT_TRUE(refusedFor(tensor("t", {1, 1, 1, 1, 1}, 0, "abcd"), "more than four sides"));
  EXPECT_TRUE(refusedFor(tensor("t", {-1}, 0, "abcd"), "an empty side"));
  EXPECT_TRUE(refusedFor(tensor("t", {0, 4}, 0, ""), "an empty side"));
  EXPECT_TRUE(refusedFor(tensor("t", {33}, 2, std::string(36, 'q')), "no whole blocks of Q4_0"));
  EXPECT_TRUE(refusedFor(tensor("t", {32}, 12, std::string(144, 'q')), "no whole blocks of Q4_K"));
  EXPECT_TRUE(refusedFor(tensor("t", {int64_t{1} << 62}, 0, ""), "more elements"));
  EXPECT_TRUE(
      refusedFor(tensor("t", {int64_t{1} << 31, int64_t{1} << 31, 4}, 0, ""), "more elements"));
  EXPECT_TRUE(refusedFor(tensor("t", {2}, 0, "abcd"), "ends inside tensor"));
  EXPECT_TRUE(refusedFor(tensor("t", {1}, 0, "abcd", 32), "does not follow"));
  EXPECT_TRUE(refusedFor(changed([](GgufWriter& w) {
                           w.tensor("t", {1}, 0, "abcd");
                           w.tensor("t", {1}, 0, "abcd");
                         }),
                         "stands in it twice"));
  EXPECT_TRUE(refusedFor(changed([](GgufWriter& w) {
                           w.tensor("a", {1}, 0, "abcd");
                           w.tensor("b", {1}, 0, "abcd", 0);
                         }),
                         "does not follow"));
}

TEST(Gguf, NamesTheTypesThatItDoesNotRead) {
  for (const auto& [id, name] : {std::pair{10, "Q2_K"}, {23, "IQ4_XS"}, {99, "number 99"}}) {
    const std::string file =
        changed([id = id](GgufWriter& w) { w.tensor("t", {256}, id, std::string(84, 'q')); });
    EXPECT_TRUE(refusedFor(file, std::string("is of type ") + name));
    EXPECT_TRUE(refusedFor(file, "take a file of one of these"));
  }
}

TEST(Gguf, RefusesEveryCutOfASoundFile) {
  const std::string file = sound().file();
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_FALSE(readGguf(file.substr(0, size), "m.gguf")) << size;
  }
}

}  // namespace
}  // namespace lectern
