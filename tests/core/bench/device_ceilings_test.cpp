// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/ceilings.h"
#include "kernels/backend.h"
#include "tests/support/wrapped_backend.h"

#include <gtest/gtest.h>

namespace lectern::bench {
namespace {

// A backend of the processor can be measured as a device, too.
TEST(DeviceCeilings, AreTheBackendsOwn) {
  test::WrappedBackend backend(kernels::openBackend("cpu", 2).value());
  const Ceilings ceilings = measureDeviceCeilings(backend).value();
  const Ceilings machine = measureCeilings(2).value();
  EXPECT_GT(ceilings.memoryBytes, machine.memoryBytes / 50);
  EXPECT_GT(ceilings.float32Operations, machine.float32Operations / 50);
  EXPECT_GT(ceilings.bfloat16Operations, machine.float32Operations / 50);
  EXPECT_GT(ceilings.int8Operations, machine.float32Operations / 50);
  EXPECT_EQ(backend.heldBytes(), 0);
}

TEST(DeviceCeilings, SayWhatTheDeviceRefuses) {
  test::WrappedBackend backend(kernels::openBackend("cpu", 2).value());
  backend.beforeAllocate = [](int64_t bytes, std::string_view) -> Result<void> {
    if (bytes < 1 << 23) return {};
    return Error{ErrorCode::OutOfMemory, "The card is full."};
  };
  const auto ceilings = measureDeviceCeilings(backend);
  ASSERT_FALSE(ceilings.has_value());
  EXPECT_EQ(ceilings.error().message, "The card is full.");
}

}  // namespace
}  // namespace lectern::bench
