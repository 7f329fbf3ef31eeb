// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/cpu/cpu_backend.h"

#include "kernels/host_backend.h"

#include <fmt/format.h>

#include <fstream>
#include <mutex>

namespace lectern::kernels {

namespace {

std::string processorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "processor";
}

class CpuBackend final : public HostBackend {
 public:
  CpuBackend(const cpu::Kernels& kernels, int threads)
      : kernels_(kernels), workspace_(threads > 0 ? threads : cpu::physicalCores()) {}

  [[nodiscard]] BackendProperties properties() const override {
    const HostMemory memory = hostMemory();
    BackendProperties properties;
    properties.name = kernels_.name;
    properties.device = processorName();
    properties.memoryBytes = memory.totalBytes;
    properties.memoryFreeBytes = memory.freeBytes;
    properties.threads = workspace_.pool.threads();
    properties.reason = choiceReason();
    return properties;
  }

  [[nodiscard]] std::string packing() const override {
    return fmt::format("panels of {} rows, version {}", kernels_.layout.rows, cpu::kPackingVersion);
  }
  [[nodiscard]] int64_t packedBytes(DType dtype,
                                    int64_t groups,
                                    int64_t out,
                                    int64_t in) const override {
    return groups * kernels_.layout.groupBytes(dtype, out, in);
  }
  Result<void> pack(const Weight& weight, int64_t group, const void* rows, void* packed) override {
    const std::lock_guard lock(mutex_);
    const auto panel = [&](int64_t index) {
      cpu::packPanel(kernels_.layout, weight, group, rows, index, packed);
    };
    workspace_.pool.run(
        kernels_.layout.panels(weight.out),
        [](const void* context, int64_t item, int) {
          (*static_cast<const decltype(panel)*>(context))(item);
        },
        &panel);
    return {};
  }

  void execute(const Operation& operation) override {
    forEachTensor(operation, [](const char*, const Tensor& tensor, Access) {
      LECTERN_CHECK(tensor.dtype != DType::BF16);
    });
    const std::lock_guard lock(mutex_);
    kernels_.run(operation, workspace_);
  }

 private:
  const cpu::Kernels& kernels_;
  std::mutex mutex_;  // guards workspace_: streams of several threads share it
  cpu::Workspace workspace_;
};

}  // namespace

std::unique_ptr<Backend> makeCpuBackend(const cpu::Kernels& kernels, int threads) {
  return std::make_unique<CpuBackend>(kernels, threads);
}

}  // namespace lectern::kernels
