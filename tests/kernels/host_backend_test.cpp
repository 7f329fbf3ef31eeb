// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/host_backend.h"

#include "kernels/backend.h"
#include "tests/kernels/op_data.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace lectern::kernels {
namespace {

TEST(HostBackend, GivesAlignedZeroedMemory) {
  const auto backend = openBackend("reference", 1).value();
  const Buffer buffer = backend->allocate(1000, "a test").value();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % 64, 0U);
  for (int64_t i = 0; i < buffer.bytes(); ++i)
    ASSERT_EQ(static_cast<const char*>(buffer.data())[i], 0);
}

TEST(HostBackend, SaysWhatMemoryWasRefusedFor) {
  const auto backend = openBackend("reference", 1).value();
  const Result<Buffer> buffer = backend->allocate(int64_t{1} << 60, "The cache");
  ASSERT_FALSE(buffer.has_value());
  EXPECT_EQ(buffer.error().code, ErrorCode::OutOfMemory);
  EXPECT_NE(buffer.error().message.find("The cache needs"), std::string::npos);
}

TEST(HostBackend, ReplaysARecordingWithFreshValues) {
  const auto backend = openBackend("reference", 1).value();
  const auto stream = backend->newStream().value();
  Matrix weight = Matrix::random(3, 4, 1);
  Matrix in = Matrix::random(1, 4, 2);
  Matrix out(1, 3);
  const Linear op{weight.weight(), in.view(), {}, out.view()};
  const auto recording = backend->record([&](Stream& s) { backend->run(op, s); }).value();
  EXPECT_EQ(out.values(), std::vector<float>(3, 0.0F));

  for (const uint32_t seed : {3U, 4U}) {
    in.values() = Matrix::random(1, 4, seed).values();
    stream->replay(*recording, 0);
    ASSERT_TRUE(stream->wait());
    const std::vector<float> replayed = out.values();
    backend->run(op, *stream);
    EXPECT_EQ(out.values(), replayed);
  }
}

TEST(ChosenBackend, IsTheOneThatIsOpened) {
  for (const char* name : {"", "cpu", "reference"}) {
    const BackendProperties opened = openBackend(name, 1).value()->properties();
    const BackendProperties chosen = chosenBackend(name).value();
    EXPECT_EQ(chosen.name, opened.name) << name;
    EXPECT_EQ(chosen.reason, opened.reason) << name;
  }
  EXPECT_EQ(chosenBackend("abacus").error().message, openBackend("abacus", 1).error().message);
  const auto card = openBackend("cuda", 1);
  if (card) return;
  EXPECT_EQ(chosenBackend("cuda").error().message, card.error().message);
}

TEST(HostBackend, ListsTheNamesWhereOneIsUnknown) {
  const auto backend = openBackend("abacus", 1);
  ASSERT_FALSE(backend.has_value());
  EXPECT_EQ(backend.error().code, ErrorCode::Usage);
  EXPECT_NE(backend.error().message.find("reference"), std::string::npos);
}

TEST(HostBackend, KnowsTheMachinesMemory) {
  EXPECT_GT(hostMemory().totalBytes, 0);
  EXPECT_GT(hostMemory().freeBytes, 0);
  EXPECT_EQ(availableBackends().back().name, "reference");
}

}  // namespace
}  // namespace lectern::kernels
