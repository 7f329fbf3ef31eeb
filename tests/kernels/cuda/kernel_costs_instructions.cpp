// SPDX-License-Identifier: GPL-3.0-or-later
// Prints what kernel_table.py makes a table of: engine B's count of the instructions that whole
// operations of real models execute, from a sample of their blocks.
#include "tests/kernels/cuda/kernel_cases.h"
#include "tests/ptx/launcher.h"

#include <gtest/gtest.h>

#include <iostream>

namespace lectern::kernels::cuda {
namespace {

TEST(KernelCosts, OfInstructions) {
  for (const Sides& sides : {k3B, kMini}) {
    for (const KernelCase& one : kernelCases(sides, Extent::Whole)) {
      ptx::reset({.seed = 7, .trace = false, .sampleBlocks = kSampledBlocks});
      KernelDevice d(kWholeCard, true);
      const Operation operation = one.make(d);
      ptx::clearLaunches();
      d.run(operation);
      double instructions = 0;
      for (const ptx::Launched& launch : ptx::launches()) {
        instructions += static_cast<double>(launch.warpInstructions) *
                        static_cast<double>(launch.blocks) / static_cast<double>(launch.blocksRun);
      }
      std::cout << "instructions|" << sides.name << '|' << nameOf(operation) << '|' << one.shape
                << '|' << static_cast<int64_t>(instructions) << std::endl;
    }
  }
}

}  // namespace
}  // namespace lectern::kernels::cuda
