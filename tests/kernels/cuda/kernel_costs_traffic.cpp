// SPDX-License-Identifier: GPL-3.0-or-later
// Prints what kernel_table.py makes a table of: engine A's count of what whole operations of real
// models ask of memory, from a sample of their blocks.
#include "tests/kernels/cuda/counted_traffic.h"
#include "tests/kernels/cuda/kernel_cases.h"

#include <gtest/gtest.h>

#include <iostream>

namespace lectern::kernels::cuda {
namespace {

TEST(KernelCosts, OfTraffic) {
  for (const Sides& sides : {k3B, kMini}) {
    for (const KernelCase& one : kernelCases(sides, Extent::Whole)) {
      simt::Options options;
      options.seed = 7;
      options.sampleBlocks = kSampledBlocks;
      simt::reset(options);
      KernelDevice d(kWholeCard, true);
      const Operation operation = one.make(d);
      const CountedTraffic counted = countTraffic(d, operation, one.position);
      std::cout << "traffic|" << sides.name << '|' << nameOf(operation) << '|' << one.shape << '|'
                << counted.work.bytesRead + counted.work.bytesWritten << '|' << counted.work.flops
                << '|' << counted.sectorRatio() << '|'
                << (counted.idealWavefronts == 0 ? 0 : counted.wavefrontRatio()) << '|'
                << counted.kernels << std::endl;
    }
  }
}

}  // namespace
}  // namespace lectern::kernels::cuda
