// SPDX-License-Identifier: GPL-3.0-or-later
// A checker that cannot fail proves nothing: every fault is found, of its kind and at its line, and
// its twin without the fault is not complained about, in any order of threads.
#include "tests/simt/kernels/faults.h"

#include "tests/simt/device_array.h"
#include "tests/simt/simt.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

namespace lectern::simt {

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.name;
}

namespace {

std::vector<Fault> allFaults() {
  std::vector<Fault> all;
  for (const auto& some : {raceFaults(), memoryFaults(), barrierFaults(), asyncFaults()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

/// "file.cu:12", where the source says so.
std::string lineOf(const Fault& fault) {
  std::ifstream source(fmt::format("{}/tests/simt/kernels/{}", LECTERN_SOURCE_DIR, fault.file));
  const std::string comment = "// fault: " + fault.name;
  int number = 0;
  for (std::string line; std::getline(source, line);) {
    ++number;
    if (line.size() >= comment.size() && line.ends_with(comment))
      return fmt::format("{}:{}", fault.file, number);
  }
  return "no line says so";
}

class Faults : public ::testing::TestWithParam<Fault> {
 protected:
  /// The findings of one launch.
  std::vector<cuda_runtime::Finding> run(bool faulty, const Options& options) {
    reset(options);
    std::vector<int> numbers(kFaultInts, 3);
    const DeviceArray<int> data(numbers);
    const DeviceArray<int> out(kFaultInts);
    const DeviceArray<int> fresh(kFaultInts);
    EXPECT_EQ(launchFault(GetParam(), faulty, data.data(), out.data(), fresh.data(), nullptr),
              cudaSuccess);
    error_ = cudaDeviceSynchronize();
    return cuda_runtime::findings();
  }

  cudaError_t error_ = cudaSuccess;
};

INSTANTIATE_TEST_SUITE_P(All, Faults, ::testing::ValuesIn(allFaults()), [](const auto& info) {
  return info.param.name;
});

TEST_P(Faults, IsReportedAtItsLine) {
  const Fault& fault = GetParam();
  for (const uint32_t seed : {0U, 1U, 2U}) {
    const auto found = run(true, {.seed = seed, .preemptEvery = seed == 0 ? 0 : 5});
    ASSERT_FALSE(found.empty()) << "seed " << seed;
    EXPECT_TRUE(std::any_of(found.begin(), found.end(),
                            [&](const cuda_runtime::Finding& f) {
                              return f.kind == fault.kind &&
                                     (fault.file.empty() ||
                                      f.text.find(lineOf(fault)) != std::string::npos);
                            }))
        << lineOf(fault) << " seed " << seed << "\n"
        << cuda_runtime::findingsText();
    EXPECT_EQ(found[0].kernel, fault.name + "<true>");
  }
}

TEST_P(Faults, TwinWithoutTheFaultIsClean) {
  for (const uint32_t seed : {0U, 1U, 2U, 3U}) {
    run(false, {.seed = seed, .preemptEvery = seed == 0 ? 0 : 4});
    EXPECT_EQ(error_, cudaSuccess);
    EXPECT_EQ(cuda_runtime::findingsText(), "") << "seed " << seed;
  }
}

TEST_P(Faults, LosesTheDeviceOnlyForWhatHardwareWouldNotSurvive) {
  using cuda_runtime::FindingKind;
  run(true, {});
  switch (GetParam().kind) {
    case FindingKind::OutOfBounds:
    case FindingKind::Wild:
      EXPECT_EQ(error_, cudaErrorIllegalAddress);
      break;
    case FindingKind::Misaligned:
      EXPECT_EQ(error_, cudaErrorMisalignedAddress);
      break;
    case FindingKind::Deadlock:
      EXPECT_EQ(error_, cudaErrorLaunchTimeout);
      break;
    case FindingKind::Race:
    case FindingKind::Uninitialised:
    case FindingKind::InFlight:
    case FindingKind::NeverWaited:
    case FindingKind::ReadOnlyPath:
      EXPECT_EQ(error_, cudaSuccess);
      break;
    default:
      break;
  }
}

}  // namespace
}  // namespace lectern::simt
