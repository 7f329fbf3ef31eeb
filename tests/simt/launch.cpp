// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cuda_runtime/cuda_runtime.h"
#include "tests/cuda_runtime/sample.h"
#include "tests/simt/block.h"
#include "tests/simt/host_launch.h"
#include "tests/simt/random.h"
#include "tests/simt/simt.h"
#include "tests/simt/trace.h"

#include <fmt/format.h>

#include <utility>

namespace lectern::simt {
namespace {

struct Engine {
  Options options;
  std::vector<LaunchReport> launches;
  uint64_t launchCount = 0;
};

Engine& engine() {
  static Engine instance;
  return instance;
}

constexpr uint64_t kMaxThreads = 1024;
constexpr unsigned kMaxBlockDepth = 64;
constexpr unsigned kMaxGridYz = 65535;

bool isLaunchable(const Launch& launch) {
  const dim3& grid = launch.grid;
  const dim3& block = launch.block;
  const uint64_t threads = uint64_t{block.x} * block.y * block.z;
  return threads >= 1 && threads <= kMaxThreads && block.z <= kMaxBlockDepth && grid.x >= 1 &&
         grid.x <= 0x7FFFFFFF && grid.y >= 1 && grid.y <= kMaxGridYz && grid.z >= 1 &&
         grid.z <= kMaxGridYz &&
         static_cast<int64_t>(launch.dynamicSharedBytes) <=
             cuda_runtime::settings().sharedBytesPerBlock;
}

/// In the order in which they run.
std::vector<uint32_t> blocksToRun(uint32_t count, Random* random) {
  std::vector<uint32_t> blocks =
      cuda_runtime::sampledBlocks(count, static_cast<uint32_t>(engine().options.sampleBlocks),
                                  [&](uint32_t bound) { return random->below(bound); });
  if (engine().options.seed != 0) random->shuffle(blocks);
  return blocks;
}

/// What nvcc or the driver would refuse.
void checkStaticShared(const Block& block, const Launch& launch, const std::string& name) {
  constexpr int64_t kMaxStaticBytes = 48 << 10;
  const int64_t bytes = block.staticSharedBytes();
  const int64_t all = bytes + static_cast<int64_t>(launch.dynamicSharedBytes);
  if (bytes <= kMaxStaticBytes && all <= cuda_runtime::settings().sharedBytesPerBlock) return;
  cuda_runtime::report(
      cuda_runtime::FindingKind::Launch, name,
      fmt::format("{} bytes of shared arrays, {} of shared memory in all", bytes, all));
}

void runGrid(const Launch& launch, const std::string& name) {
  const Options& how = engine().options;
  Random random(how.seed + 1000003 * ++engine().launchCount);
  LaunchReport report{
      name, launch.grid, launch.block, static_cast<int64_t>(launch.dynamicSharedBytes), 0, {}, {}};
  const uint32_t count = launch.grid.x * launch.grid.y * launch.grid.z;
  Block block(launch, name);
  beginTrace(block.warpCount(), how.seed);
  uint32_t ordinal = 0;
  for (const uint32_t number : blocksToRun(count, &random)) {
    const bool finished = block.run(number, ordinal++, how.seed != 0 ? &random : nullptr);
    endTraceOfBlock();
    ++report.blocksRun;
    if (!finished) break;
  }
  checkStaticShared(block, launch, name);
  report.traffic = endTrace(how.lines ? &report.lines : nullptr);
  engine().launches.push_back(std::move(report));
}

}  // namespace

cudaError_t enqueue(Launch launch, cudaStream_t stream) {
  std::string name = functionName(launch.kernel);
  if (!isLaunchable(launch)) {
    const dim3& grid = launch.grid;
    const dim3& block = launch.block;
    cuda_runtime::report(
        cuda_runtime::FindingKind::Launch, name,
        fmt::format("grid {}x{}x{}, block {}x{}x{}, {} bytes of dynamic shared memory", grid.x,
                    grid.y, grid.z, block.x, block.y, block.z, launch.dynamicSharedBytes));
    return cudaErrorInvalidConfiguration;
  }
  cuda_runtime::LaunchInfo info{name, launch.grid, launch.block};
  return cuda_runtime::enqueueLaunch(
      stream, [launch = std::move(launch), name] { runGrid(launch, name); }, std::move(info));
}

void configure(const Options& options) {
  engine().options = options;
}
const Options& options() {
  return engine().options;
}
const std::vector<LaunchReport>& launches() {
  return engine().launches;
}
void clearLaunches() {
  engine().launches.clear();
}

Traffic totalTraffic() {
  Traffic total;
  for (const LaunchReport& launch : engine().launches) total += launch.traffic;
  return total;
}

void reset(const Options& options, const cuda_runtime::Settings& settings) {
  cuda_runtime::reset(settings);
  engine() = Engine();
  configure(options);
}

}  // namespace lectern::simt
