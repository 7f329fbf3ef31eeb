// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/reference/reference_backend.h"

#include "kernels/host_backend.h"
#include "kernels/reference/reference.h"

#include <cstring>

namespace lectern::kernels {

namespace {

class ReferenceBackend final : public HostBackend {
 public:
  [[nodiscard]] BackendProperties properties() const override {
    const HostMemory memory = hostMemory();
    BackendProperties properties;
    properties.name = "reference";
    properties.device = "plain loops in float32, one thread";
    properties.memoryBytes = memory.totalBytes;
    properties.memoryFreeBytes = memory.freeBytes;
    properties.reason = choiceReason();
    return properties;
  }

  [[nodiscard]] std::string packing() const override { return "rows, version 1"; }
  [[nodiscard]] int64_t packedBytes(DType dtype,
                                    int64_t groups,
                                    int64_t out,
                                    int64_t in) const override {
    return groups * out * elementsBytes(dtype, in);
  }
  Result<void> pack(const Weight& weight, int64_t group, const void* rows, void* packed) override {
    const int64_t groupBytes = weight.out * elementsBytes(weight.dtype, weight.in);
    std::memcpy(static_cast<char*>(packed) + group * groupBytes, rows,
                static_cast<size_t>(groupBytes));
    return {};
  }

  void execute(const Operation& operation) override {
    std::visit([](const auto& op) { reference::run(op); }, operation);
  }
};

}  // namespace

std::unique_ptr<Backend> makeReferenceBackend() {
  return std::make_unique<ReferenceBackend>();
}

}  // namespace lectern::kernels
