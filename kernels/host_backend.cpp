// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/host_backend.h"

#include "core/base/huge_pages.h"
#include "kernels/operation_list.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

namespace lectern::kernels {

namespace {

class HostStream final : public Stream {
 public:
  explicit HostStream(HostBackend& backend) : backend_(backend) {}

  void copyIn(void* to, const void* from, int64_t bytes) override { copy(to, from, bytes); }
  void copyOut(void* to, const void* from, int64_t bytes) override { copy(to, from, bytes); }
  void copy(void* to, const void* from, int64_t bytes) override {
    if (bytes > 0) std::memcpy(to, from, static_cast<size_t>(bytes));
  }
  void replay(const Recording& recording, int64_t) override {
    for (const Operation& op : static_cast<const OperationList&>(recording).operations)
      backend_.execute(op);
  }
  Result<void> reserve(int64_t /*workspaceBytes*/) override { return {}; }
  Result<void> wait() override { return {}; }

 private:
  void enqueue(const Operation& operation) override { backend_.execute(operation); }

  HostBackend& backend_;
};

constexpr int64_t kPageBytes = 4096;
constexpr size_t kHugeFrom = size_t{8} << 20;  // where a large page more is not much

}  // namespace

// Fresh pages of the system are zero and come as they are touched, so that a cache for 262,144
// tokens costs what it holds; and a refusal is an answer, not an exception.
Result<Buffer> HostBackend::allocate(int64_t bytes, std::string_view purpose) {
  LECTERN_CHECK(bytes >= 0);
  const auto size =
      static_cast<size_t>((bytes + kPageBytes - 1) / kPageBytes * kPageBytes + kPageBytes);
  void* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) {
    return Error{
        ErrorCode::OutOfMemory,
        fmt::format(
            "{} needs {} MiB of memory, and the system has no more than {} MiB free. Close other "
            "programs or choose a smaller model or window.",
            purpose, bytes >> 20, hostMemory().freeBytes >> 20)};
  }
  if (size >= kHugeFrom) preferHugePages(data, size);
  return Buffer(data, bytes, [size](void* address) { ::munmap(address, size); });
}

Result<std::unique_ptr<Stream>> HostBackend::newStream() {
  return std::make_unique<HostStream>(*this);
}

Result<std::unique_ptr<Recording>> HostBackend::record(
    const std::function<void(Stream&)>& enqueueAll) {
  auto list = std::make_unique<OperationList>();
  ListingStream stream(*list);
  enqueueAll(stream);
  return list;
}

HostMemory hostMemory() {
  HostMemory memory;
  std::ifstream file("/proc/meminfo");
  std::string key;
  int64_t kibibytes = 0;
  for (std::string unit; file >> key >> kibibytes && std::getline(file, unit);) {
    if (key == "MemTotal:") memory.totalBytes = kibibytes << 10;
    if (key == "MemAvailable:") memory.freeBytes = kibibytes << 10;
  }
  return memory;
}

}  // namespace lectern::kernels
