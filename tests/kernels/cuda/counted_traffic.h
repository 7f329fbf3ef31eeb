// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/work.h"
#include "tests/kernels/cuda/kernel_cases.h"
#include "tests/kernels/cuda/kernel_device.h"
#include "tests/simt/simt.h"

#include <string>
#include <vector>

namespace lectern::kernels::cuda {

/// What an operation's kernels ask of memory, against what they must ask for: sectors of 32 bytes,
/// and shared memory's wavefronts against the fewest that the same requests could take. Where a
/// sample of the blocks ran, each launch counts as if all its blocks were like these.
struct CountedTraffic {
  Work work;
  double bytes = 0;  ///< of sectors
  double floor = 0;
  double wavefronts = 0;
  double idealWavefronts = 0;
  std::string kernels;  ///< each with its bytes of dynamic shared memory, "name,bytes;"

  [[nodiscard]] double sectorRatio() const { return bytes / floor; }
  [[nodiscard]] double wavefrontRatio() const {
    return idealWavefronts == 0 ? 1 : wavefronts / idealWavefronts;
  }
};

inline CountedTraffic countTraffic(KernelDevice& d, const Operation& operation, int64_t position) {
  simt::clearLaunches();
  d.run(operation);
  CountedTraffic counted;
  std::vector<Grid> grids;
  for (const simt::LaunchReport& launch : simt::launches()) {
    grids.push_back({launch.grid.x, launch.grid.y, launch.grid.z});
    const int64_t blocks = grids.back().x * grids.back().y * grids.back().z;
    const double share = static_cast<double>(blocks) / static_cast<double>(launch.blocksRun);
    counted.bytes += share * static_cast<double>(launch.traffic.sectors) * 32;
    counted.wavefronts += share * static_cast<double>(launch.traffic.wavefronts);
    counted.idealWavefronts += share * static_cast<double>(launch.traffic.idealWavefronts);
    counted.kernels += launch.kernel + ',' + std::to_string(launch.dynamicSharedBytes) + ';';
  }
  counted.work = workOf(operation, position);
  counted.floor = static_cast<double>(counted.work.bytesRead + counted.work.bytesWritten +
                                      bytesBesidesFloor(operation, position, grids));
  return counted;
}

}  // namespace lectern::kernels::cuda
