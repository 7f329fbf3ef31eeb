// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/plugin.h"

#include "core/base/check.h"
#include "kernels/operation_list.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <system_error>
#include <utility>

namespace lectern::kernels {

namespace fs = std::filesystem;

namespace {

using plugin::AnyOperation;
using plugin::Fault;
using plugin::Table;

Error errorOf(const Fault& fault) {
  return {static_cast<ErrorCode>(fault.code - 1), fault.text};
}

AnyOperation crossing(const Operation& operation) {
  return {operation.index(),
          std::visit([](const auto& op) -> const void* { return &op; }, operation)};
}

BackendProperties propertiesOf(const plugin::DeviceFacts& facts, std::string name) {
  BackendProperties properties;
  properties.name = std::move(name);
  properties.device = facts.hardware;
  properties.memoryBytes = facts.memoryBytes;
  properties.memoryFreeBytes = facts.memoryFreeBytes;
  properties.hostMemory = false;
  properties.usable = facts.isUsable != 0;
  properties.reason = facts.reason;
  properties.products = facts.products;
  if (facts.rowsAtOnce > 0) properties.rowsAtOnce = facts.rowsAtOnce;
  return properties;
}

/// Of the memory of the device of that name, by all that have it open.
std::shared_ptr<std::atomic<int64_t>> heldBytesOf(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<std::atomic<int64_t>>> all;  // guarded by `mutex`
  const std::lock_guard lock(mutex);
  auto& held = all[name];
  if (held == nullptr) held = std::make_shared<std::atomic<int64_t>>(0);
  return held;
}

/// A device that stays open as long as anything of it lives: its buffers are given back to it.
struct OpenDevice {
  OpenDevice(const Table& functions, plugin::Device* opened, const std::string& name)
      : table(functions), handle(opened), heldBytes(heldBytesOf(name)) {}
  ~OpenDevice() { table.close(handle); }
  OpenDevice(const OpenDevice&) = delete;
  OpenDevice& operator=(const OpenDevice&) = delete;

  const Table& table;
  plugin::Device* handle;
  std::shared_ptr<std::atomic<int64_t>> heldBytes;
};
using OpenDevicePtr = std::shared_ptr<const OpenDevice>;

class PluginRecording final : public Recording {
 public:
  PluginRecording(OpenDevicePtr device, plugin::Recording* handle)
      : device_(std::move(device)), handle_(handle) {}
  ~PluginRecording() override { device_->table.closeRecording(handle_); }
  [[nodiscard]] const plugin::Recording* handle() const { return handle_; }

 private:
  OpenDevicePtr device_;
  plugin::Recording* handle_;
};

class PluginStream final : public Stream {
 public:
  PluginStream(OpenDevicePtr device, plugin::Queue* queue)
      : device_(std::move(device)), queue_(queue) {}
  ~PluginStream() override {
    table().closeStream(queue_);
    *device_->heldBytes -= reservedBytes_;
  }

  void copyIn(void* to, const void* from, int64_t bytes) override {
    table().copyIn(queue_, to, from, bytes);
  }
  void copyOut(void* to, const void* from, int64_t bytes) override {
    table().copyOut(queue_, to, from, bytes);
  }
  void copy(void* to, const void* from, int64_t bytes) override {
    table().copy(queue_, to, from, bytes);
  }
  void replay(const Recording& recording, int64_t contextTokens) override {
    table().replay(queue_, static_cast<const PluginRecording&>(recording).handle(), contextTokens);
  }
  Result<void> reserve(int64_t workspaceBytes) override {
    Fault fault{};
    table().reserve(queue_, workspaceBytes, &fault);
    if (fault.code != 0) return errorOf(fault);
    *device_->heldBytes += workspaceBytes - reservedBytes_;
    reservedBytes_ = workspaceBytes;
    return {};
  }
  Result<void> wait() override {
    Fault fault{};
    table().wait(queue_, &fault);
    if (fault.code != 0) return errorOf(fault);
    return {};
  }

 private:
  [[nodiscard]] const Table& table() const { return device_->table; }
  void enqueue(const Operation& operation) override {
    const AnyOperation any = crossing(operation);
    table().enqueue(queue_, &any);
  }

  OpenDevicePtr device_;
  plugin::Queue* queue_;
  int64_t reservedBytes_ = 0;
};

class PluginBackend final : public Backend {
 public:
  PluginBackend(OpenDevicePtr device, std::string name)
      : device_(std::move(device)), name_(std::move(name)) {}

  [[nodiscard]] BackendProperties properties() const override {
    plugin::DeviceFacts facts{};
    table().facts(device_->handle, &facts);
    BackendProperties properties = propertiesOf(facts, name_);
    properties.memoryHeldBytes = *device_->heldBytes;
    if (properties.usable) properties.reason = choiceReason();
    return properties;
  }

  Result<Buffer> allocate(int64_t bytes, std::string_view purpose) override {
    LECTERN_CHECK(bytes >= 0);
    Fault fault{};
    void* data = table().allocate(device_->handle, bytes, std::string(purpose).c_str(), &fault);
    if (data == nullptr) return errorOf(fault);
    *device_->heldBytes += bytes;
    return Buffer(data, bytes, [device = device_, bytes](void* address) {
      device->table.release(device->handle, address);
      *device->heldBytes -= bytes;
    });
  }

  Result<std::unique_ptr<Stream>> newStream() override {
    Fault fault{};
    plugin::Queue* queue = table().newStream(device_->handle, &fault);
    if (queue == nullptr) return errorOf(fault);
    return std::make_unique<PluginStream>(device_, queue);
  }

  [[nodiscard]] std::string packing() const override { return table().packing(device_->handle); }
  [[nodiscard]] int64_t packedBytes(DType dtype,
                                    int64_t groups,
                                    int64_t out,
                                    int64_t in) const override {
    return table().packedBytes(device_->handle, dtype, groups, out, in);
  }
  [[nodiscard]] int64_t workspaceBytes(const Operation& operation) const override {
    const AnyOperation any = crossing(operation);
    return table().workspaceBytes(device_->handle, &any);
  }
  Result<void> pack(const Weight& weight, int64_t group, const void* rows, void* packed) override {
    Fault fault{};
    table().pack(device_->handle, &weight, group, rows, packed, &fault);
    if (fault.code != 0) return errorOf(fault);
    return {};
  }

  Result<std::unique_ptr<Recording>> record(
      const std::function<void(Stream&)>& enqueueAll) override {
    OperationList list;
    ListingStream stream(list);
    enqueueAll(stream);
    std::vector<AnyOperation> operations;
    operations.reserve(list.operations.size());
    for (const Operation& operation : list.operations) operations.push_back(crossing(operation));
    Fault fault{};
    plugin::Recording* recording = table().record(device_->handle, operations.data(),
                                                  static_cast<int64_t>(operations.size()), &fault);
    if (recording == nullptr) return errorOf(fault);
    return std::make_unique<PluginRecording>(device_, recording);
  }

 private:
  [[nodiscard]] const Table& table() const { return device_->table; }

  OpenDevicePtr device_;
  std::string name_;
};

// The plug-in's table, or why there is none. Opened once.
const Result<const Table*>& cudaPlugin() {
  static const Result<const Table*> table = loadPlugin(cudaPluginFile());
  return table;
}

std::vector<BackendProperties> listCudaDevices() {
  BackendProperties none;
  none.name = "cuda";
  none.usable = false;
  const Result<const Table*>& table = cudaPlugin();
  if (!table) {
    none.reason = table.error().message;
    return {none};
  }
  constexpr int32_t kRoom = 64;
  std::vector<plugin::DeviceFacts> facts(kRoom);
  Fault fault{};
  const int32_t count = std::min((*table)->devices(facts.data(), kRoom, &fault), kRoom);
  if (count <= 0) {
    none.reason = fault.text;
    return {none};
  }
  std::vector<BackendProperties> devices;
  devices.reserve(static_cast<size_t>(count));
  for (int32_t i = 0; i < count; ++i) {
    devices.push_back(propertiesOf(facts[static_cast<size_t>(i)], fmt::format("cuda:{}", i)));
  }
  return devices;
}

}  // namespace

Result<const Table*> loadPlugin(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) {
    return Error{ErrorCode::NotFound,
                 fmt::format("The part of Lectern for NVIDIA graphics cards is not installed: "
                             "there is no {}.",
                             file.string())};
  }
  const auto unusable = [&file](std::string_view cause) {
    return Error{ErrorCode::Internal,
                 fmt::format("{} cannot be used: {}. Install it anew together with the program.",
                             file.string(), cause)};
  };
  // An absolute path, so that no search path decides what is loaded.
  void* library = ::dlopen(fs::absolute(file, ignored).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* cause = ::dlerror();
    return unusable(cause != nullptr ? cause : "it cannot be loaded");
  }
  const auto entry = reinterpret_cast<plugin::Entry>(::dlsym(library, plugin::kEntryName));
  if (entry == nullptr) return unusable("it is no plug-in of Lectern");
  const Table* table = entry(plugin::kVersion);
  if (table == nullptr || table->version != plugin::kVersion ||
      table->layout != plugin::layoutSum()) {
    return unusable("it belongs to another version of the program");
  }
  return table;
}

fs::path cudaPluginFile() {
  constexpr const char* kName = "liblectern-cuda.so";
  if (const char* own = std::getenv("LECTERN_CUDA_PLUGIN"); own != nullptr && *own != '\0') {
    return own;
  }
  std::error_code ignored;
  const fs::path folder = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  if (fs::path beside = folder / kName; fs::exists(beside, ignored)) return beside;
  return (folder / ".." / "lib" / "lectern" / kName).lexically_normal();
}

Result<std::unique_ptr<Backend>> openPluginDevice(const Table& table, int index, std::string name) {
  Fault fault{};
  plugin::Device* device = table.open(index, &fault);
  if (device == nullptr) return errorOf(fault);
  auto opened = std::make_shared<const OpenDevice>(table, device, name);
  return std::make_unique<PluginBackend>(std::move(opened), std::move(name));
}

const std::vector<BackendProperties>& cudaDevices() {
  static const std::vector<BackendProperties> devices = listCudaDevices();
  return devices;
}

Result<std::unique_ptr<Backend>> openCudaDevice(int index) {
  const auto& devices = cudaDevices();
  const BackendProperties& device = devices.at(static_cast<size_t>(index));
  if (!device.usable) return Error{ErrorCode::Usage, device.reason};
  return openPluginDevice(**cudaPlugin(), index, device.name);
}

}  // namespace lectern::kernels
