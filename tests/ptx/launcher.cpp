// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ptx/launcher.h"

#include "tests/cuda_runtime/cuda_runtime.h"
#include "tests/ptx/binaries.h"
#include "tests/ptx/engine.h"
#include "tests/ptx/runtime_memory.h"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <numeric>

namespace lectern::ptx {
namespace {

using cuda_runtime::FindingKind;

struct State {
  Options options;
  uint32_t launches = 0;
  std::map<std::string, InstructionCounts> counts;
  std::vector<Launched> launched;
};

State& state() {
  static State instance;
  return instance;
}

cudaError_t errorOf(const std::vector<Finding>& findings) {
  switch (findings.empty() ? FindingKind::Runtime : findings.back().kind) {
    case FindingKind::OutOfBounds:
    case FindingKind::Wild:
    case FindingKind::UseAfterFree:
      return cudaErrorIllegalAddress;
    case FindingKind::Misaligned:
      return cudaErrorMisalignedAddress;
    case FindingKind::Deadlock:
      return cudaErrorLaunchTimeout;
    default:
      return cudaErrorLaunchFailure;
  }
}

void add(std::map<std::string, int64_t>& to, const std::map<std::string, int64_t>& from) {
  for (const auto& [name, count] : from) to[name] += count;
}

int64_t total(const std::map<std::string, int64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), int64_t{0},
                         [](int64_t sum, const auto& entry) { return sum + entry.second; });
}

void account(const std::string& kernel, const Dimensions& grid, const LaunchReport& report) {
  InstructionCounts& counts = state().counts[kernel];
  ++counts.launches;
  add(counts.warps, report.warpInstructions);
  add(counts.threads, report.threadInstructions);
  state().launched.push_back({kernel, int64_t{grid[0]} * grid[1] * grid[2], report.blocksRun,
                              total(report.warpInstructions)});
}

void runKernel(LoadedModule& module,
               const std::string& kernel,
               LaunchOptions options,
               const std::vector<std::byte>& parameters) {
  const Options& chosen = state().options;
  // Every launch has an order of its own, and the same one when the test runs again.
  options.seed = chosen.seed + 7919 * state().launches++;
  runtimeMemory().forgetRecent();
  options.sampleBlocks = chosen.sampleBlocks;
  if (chosen.trace) options.observer = &runtimeMemory();
  const auto report = module.launch(kernel, options, parameters);
  if (!report) {
    cuda_runtime::report(FindingKind::Launch, kernel, report.error().message);
    cuda_runtime::fault(cudaErrorInvalidKernelImage);
    return;
  }
  account(kernel, options.grid, *report);
  for (const Finding& finding : report->findings) {
    cuda_runtime::report(finding.kind, kernel, finding.text);
  }
  if (report->faulted) cuda_runtime::fault(errorOf(report->findings));
}

cudaError_t refuse(FindingKind kind,
                   const std::string& kernel,
                   const std::string& why,
                   cudaError_t error) {
  cuda_runtime::report(kind, kernel, why);
  return error;
}

bool isAccepted(const cudaLaunchConfig_t& config,
                int64_t fixedBytes,
                std::optional<int64_t> granted) {
  constexpr uint64_t kMostThreads = 1024;
  constexpr unsigned kMostBlocks = 65535;  // in y and z
  const dim3& grid = config.gridDim;
  const uint64_t threads = uint64_t{config.blockDim.x} * config.blockDim.y * config.blockDim.z;
  if (threads == 0 || threads > kMostThreads) return false;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return false;
  if (grid.y > kMostBlocks || grid.z > kMostBlocks) return false;
  const auto dynamicBytes = static_cast<int64_t>(config.dynamicSmemBytes);
  const int64_t bytes = fixedBytes + dynamicBytes;
  if (bytes > cuda_runtime::settings().sharedBytesPerBlock) return false;
  return bytes <= kSharedBytesWithoutAsking || dynamicBytes <= granted.value_or(0);
}

}  // namespace

void reset(const Options& options, const cuda_runtime::Settings& settings) {
  cuda_runtime::reset(settings);
  state() = State{options, 0, {}, {}};
}

int64_t InstructionCounts::warpTotal() const {
  return total(warps);
}
int64_t InstructionCounts::threadTotal() const {
  return total(threads);
}

const std::map<std::string, InstructionCounts>& instructionCounts() {
  return state().counts;
}

const std::vector<Launched>& launches() {
  return state().launched;
}
void clearLaunches() {
  state().launched.clear();
}

cudaError_t launchKernel(const void* stub, const cudaLaunchConfig_t& config, void** arguments) {
  const KernelName kernel = kernelOf(stub);
  if (kernel.name.empty()) return cudaErrorInvalidDeviceFunction;
  if (config.numAttrs != 0) {
    return refuse(FindingKind::Launch, kernel.name, "launch attributes are not modelled",
                  cudaErrorNotSupported);
  }
  auto module = moduleOf(kernel);
  if (!module) {
    return refuse(FindingKind::Launch, kernel.name, module.error().message,
                  cudaErrorInvalidKernelImage);
  }
  auto parameters = (*module)->parameters(kernel.name, arguments);
  if (!parameters) {
    return refuse(FindingKind::Launch, kernel.name, parameters.error().message,
                  cudaErrorInvalidKernelImage);
  }
  const auto dynamicBytes = static_cast<int64_t>(config.dynamicSmemBytes);
  const int64_t fixedBytes = (*(*module)->program(kernel.name))->sharedBytes;
  if (!isAccepted(config, fixedBytes, grantedSharedBytes(stub))) {
    return refuse(FindingKind::Launch, kernel.name,
                  "no device accepts so many threads, blocks or bytes of shared memory",
                  cudaErrorInvalidConfiguration);
  }
  LaunchOptions options;
  options.grid = {config.gridDim.x, config.gridDim.y, config.gridDim.z};
  options.threads = {config.blockDim.x, config.blockDim.y, config.blockDim.z};
  options.dynamicSharedBytes = dynamicBytes;
  auto run = [loaded = *module, name = kernel.name, options, bytes = std::move(*parameters)] {
    runKernel(*loaded, name, options, bytes);
  };
  return cuda_runtime::enqueueLaunch(config.stream, std::move(run),
                                     {kernel.name, config.gridDim, config.blockDim});
}

}  // namespace lectern::ptx
