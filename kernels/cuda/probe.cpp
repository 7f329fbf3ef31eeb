// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cuda/probe.h"

#include <cuda_runtime_api.h>
#include <fmt/format.h>

namespace lectern::kernels::cuda {

namespace {

std::string versionText(int version) {
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

}  // namespace

std::string whyNoCard(const DriverFacts& facts) {
  if (facts.driverVersion == 0) return "No NVIDIA driver is installed.";
  if (facts.driverVersion / 1000 < facts.runtimeVersion / 1000) {
    // CUDA 13's release notes ask for driver 580.
    return fmt::format(
        "The NVIDIA driver is too old: it speaks CUDA {}, and Lectern needs {}. Install driver 580 "
        "or newer.",
        versionText(facts.driverVersion), versionText(facts.runtimeVersion));
  }
  if (facts.status == cudaErrorNoDevice || (facts.status == cudaSuccess && facts.cards == 0)) {
    return "The NVIDIA driver finds no graphics card.";
  }
  if (facts.status == cudaSuccess) return {};
  return fmt::format("The NVIDIA driver does not start: {}. Install it anew, or restart.",
                     cudaGetErrorString(static_cast<cudaError_t>(facts.status)));
}

std::string whyNotUsable(const CardFacts& facts) {
  if (facts.major < kLeastMajor) {
    return fmt::format(
        "{} is too old: it has compute capability {}.{}, and Lectern needs {}.0 (GeForce RTX 30 or "
        "newer).",
        facts.name, facts.major, facts.minor, kLeastMajor);
  }
  if (facts.memoryBytes < kLeastMemoryBytes) {
    return fmt::format("{} has too little memory: {} MiB, and Lectern needs {}.", facts.name,
                       facts.memoryBytes >> 20, kLeastMemoryBytes >> 20);
  }
  if (facts.isProhibited) {
    return fmt::format("{} is set to compute for nobody (nvidia-smi --compute-mode).", facts.name);
  }
  return {};
}

Result<std::vector<CardFacts>> findCards() {
  DriverFacts driver;
  driver.status = cudaGetDeviceCount(&driver.cards);
  if (driver.status != cudaSuccess) driver.cards = 0;
  cudaDriverGetVersion(&driver.driverVersion);
  cudaRuntimeGetVersion(&driver.runtimeVersion);
  (void)cudaGetLastError();
  if (std::string why = whyNoCard(driver); !why.empty()) {
    return Error{ErrorCode::NotFound, std::move(why)};
  }
  std::vector<CardFacts> cards;
  for (int i = 0; i < driver.cards; ++i) {
    cudaDeviceProp properties{};
    int mode = 0;
    cudaError_t status = cudaGetDeviceProperties(&properties, i);
    if (status == cudaSuccess) {
      status = cudaDeviceGetAttribute(&mode, cudaDevAttrComputeMode, i);
    }
    if (status != cudaSuccess) {
      driver.status = status;
      return Error{ErrorCode::NotFound, whyNoCard(driver)};
    }
    cards.push_back(
        {properties.name, properties.major, properties.minor, properties.multiProcessorCount,
         static_cast<int64_t>(properties.totalGlobalMem), mode == cudaComputeModeProhibited});
  }
  return cards;
}

}  // namespace lectern::kernels::cuda
