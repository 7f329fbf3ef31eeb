// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/kernels/cuda/counted_traffic.h"
#include "tests/kernels/cuda/kernel_cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <ostream>
#include <string>

namespace lectern::kernels::cuda {
namespace {

// What the kernels ask of memory at the sides and strides of real models, with as many rows or
// tokens as give some sixteen blocks. kernel_costs_traffic counts a sample of whole operations.

void tellWhere() {
  for (const simt::LaunchReport& launch : simt::launches()) {
    std::cout << "  " << launch.kernel << " " << launch.grid.x << "×" << launch.grid.y << "\n";
    for (size_t i = 0; i < std::min<size_t>(launch.lines.size(), 12); ++i) {
      const simt::Traffic& t = launch.lines[i].traffic;
      std::cout << "    " << launch.lines[i].line << ": sectors " << t.sectors << " ("
                << t.globalBytes / 32 << " asked), wavefronts " << t.wavefronts << " of "
                << t.idealWavefronts << '\n';
    }
  }
}

struct Model {
  Sides sides;

  friend void PrintTo(const Model& model, std::ostream* out) { *out << model.sides.name; }
};
class CudaTraffic : public testing::TestWithParam<Model> {};

TEST_P(CudaTraffic, IsLittleMoreThanTheFloor) {
  simt::Options options;
  options.lines = true;
  simt::reset(options);
  for (const KernelCase& one : kernelCases(GetParam().sides, Extent::Slice)) {
    KernelDevice d;
    const Operation operation = one.make(d);
    SCOPED_TRACE(std::string(nameOf(operation)) + " " + one.shape);
    const CountedTraffic counted = countTraffic(d, operation, one.position);
    EXPECT_LE(counted.sectorRatio(), one.mostSectors);
    EXPECT_LE(counted.wavefrontRatio(), one.mostWavefronts);
    const auto ran = [&](const char* kernel) {
      return counted.kernels.find(kernel) != std::string::npos;
    };
    EXPECT_EQ(one.shape.ends_with("in parts"), ran("joinParts"));
    EXPECT_EQ(one.shape.ends_with("in pieces"), ran("joinPieces"));
    if (counted.sectorRatio() > one.mostSectors || counted.wavefrontRatio() > one.mostWavefronts) {
      tellWhere();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models,
                         CudaTraffic,
                         testing::Values(Model{k3B}, Model{kMini}),
                         [](const auto& info) {
                           return "Of" + std::string(info.param.sides.name);
                         });

// 32 channels are one block; 512 tokens are cut into eight pieces where multiprocessors would idle.
TEST(CudaScan, OfFewChannelsAsksForRoomForItsPieces) {
  KernelDevice d;
  const Tensor rows = d.room(512, 32, 0);
  const Tensor states = d.room(16, 32, 0);
  const Tensor channels = d.room(1, 32, 0);
  const Tensor projected = d.room(512, 16, 0);
  const SelectiveScan scan{rows,      rows,     channels, states, projected,
                           projected, channels, rows,     states, rows};
  LaunchContext context;
  context.multiprocessors = 4;
  EXPECT_EQ(workspaceBytes(scan, context), 8 * (states.bytes() + channels.bytes()));
  context.multiprocessors = 1;
  EXPECT_EQ(workspaceBytes(scan, context), 0);
}

}  // namespace
}  // namespace lectern::kernels::cuda
