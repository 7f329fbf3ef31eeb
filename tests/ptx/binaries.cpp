// SPDX-License-Identifier: GPL-3.0-or-later
// The functions that nvcc's host code calls: registration before main(), launches, symbols. They
// are not documented; these are the ones that CUDA 13.0 uses.
#include "tests/ptx/binaries.h"

#include "tests/cuda_runtime/cuda_runtime.h"
#include "tests/cuda_runtime/memory.h"
#include "tests/ptx/fat_binary.h"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace lectern::ptx {

struct Binary {
  const void* data = nullptr;
  std::unique_ptr<LoadedModule> module;
};

namespace {

// Filled while other globals are still being constructed, hence made on first use.
struct Registry {
  std::vector<std::unique_ptr<Binary>> binaries;
  std::map<const void*, KernelName> kernels;
  std::map<const void*, KernelName> variables;
  std::map<const void*, int64_t> grants;  ///< of dynamic shared memory, by kernel
  RuntimeMemory memory;
};

Registry& registry() {
  static Registry instance;
  return instance;
}

// What <<< >>> pushes and the kernel's host function pops.
struct CallConfiguration {
  dim3 grid;
  dim3 block;
  size_t sharedBytes = 0;
  cudaStream_t stream = nullptr;
};

std::vector<CallConfiguration>& pushed() {
  thread_local std::vector<CallConfiguration> configurations;
  return configurations;
}

// Whether the module's variables are still what they were; a reset of the stand-in frees them.
bool isAlive(const LoadedModule& module) {
  for (const auto& [name, variable] : module.module().variables) {
    if (variable.space == Space::Shared) continue;
    const std::byte* data = module.variable(name);
    const cuda_runtime::Allocation* allocation = cuda_runtime::find(data);
    if (allocation == nullptr || allocation->freed || allocation->name != name ||
        reinterpret_cast<const std::byte*>(allocation->data) != data) {
      return false;
    }
  }
  return true;
}

std::byte* addressOf(const void* symbol) {
  const auto found = registry().variables.find(symbol);
  if (found == registry().variables.end()) return nullptr;
  const auto module = moduleOf(found->second);
  return module ? (*module)->variable(found->second.name) : nullptr;
}

}  // namespace

KernelName kernelOf(const void* stub) {
  const auto found = registry().kernels.find(stub);
  return found == registry().kernels.end() ? KernelName{} : found->second;
}

Result<LoadedModule*> moduleOf(const KernelName& name) {
  Binary& binary = *name.binary;
  if (binary.module != nullptr && isAlive(*binary.module)) return binary.module.get();
  const std::vector<std::string_view> texts = TRY(ptxTexts(binary.data));
  if (texts.size() != 1) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("the object of {} holds {} PTX texts: build it for one architecture, "
                             "with code=compute_XX",
                             name.name, texts.size())};
  }
  binary.module = TRY(LoadedModule::load(texts[0], registry().memory));
  return binary.module.get();
}

std::optional<int64_t> grantedSharedBytes(const void* stub) {
  const auto found = registry().grants.find(stub);
  if (found == registry().grants.end()) return std::nullopt;
  return found->second;
}

RuntimeMemory& runtimeMemory() {
  return registry().memory;
}

}  // namespace lectern::ptx

using lectern::ptx::Binary;
using lectern::ptx::launchKernel;
using lectern::ptx::pushed;
using lectern::ptx::registry;

extern "C" {

// __fatBinC_Wrapper_t
struct FatBinaryWrapper {
  int magic;
  int version;
  const void* data;
  void* unused;
};

void** __cudaRegisterFatBinary(void* wrapper) {
  auto binary = std::make_unique<Binary>();
  binary->data = static_cast<const FatBinaryWrapper*>(wrapper)->data;
  auto* handle = reinterpret_cast<void**>(binary.get());
  registry().binaries.push_back(std::move(binary));
  return handle;
}

void __cudaRegisterFatBinaryEnd(void** /*handle*/) {}
void __cudaUnregisterFatBinary(void** /*handle*/) {}

void __cudaRegisterFunction(void** handle,
                            const char* stub,
                            char* /*deviceFunction*/,
                            const char* name,
                            int /*threadLimit*/,
                            void* /*tid*/,
                            void* /*bid*/,
                            void* /*blockDim*/,
                            void* /*gridDim*/,
                            int* /*warpSize*/) {
  registry().kernels[stub] = {reinterpret_cast<Binary*>(handle), name};
}

void __cudaRegisterVar(void** handle,
                       char* host,
                       char* /*deviceAddress*/,
                       const char* name,
                       int /*isExternal*/,
                       size_t /*bytes*/,
                       int /*isConstant*/,
                       int /*isGlobal*/) {
  registry().variables[host] = {reinterpret_cast<Binary*>(handle), name};
}

unsigned __cudaPushCallConfiguration(dim3 grid,
                                     dim3 block,
                                     size_t sharedBytes,
                                     cudaStream_t stream) {
  pushed().push_back({grid, block, sharedBytes, stream});
  return 0;
}

cudaError_t __cudaPopCallConfiguration(dim3* grid, dim3* block, size_t* sharedBytes, void* stream) {
  if (pushed().empty()) return cudaErrorInvalidConfiguration;
  const auto top = pushed().back();
  pushed().pop_back();
  *grid = top.grid;
  *block = top.block;
  *sharedBytes = top.sharedBytes;
  *static_cast<cudaStream_t*>(stream) = top.stream;
  return cudaSuccess;
}

cudaError_t __cudaGetKernel(cudaKernel_t* kernel, const void* stub) {
  *kernel = reinterpret_cast<cudaKernel_t>(const_cast<void*>(stub));
  return cudaSuccess;
}

cudaError_t __cudaLaunchKernel(cudaKernel_t kernel,
                               dim3 grid,
                               dim3 block,
                               void** arguments,
                               size_t sharedBytes,
                               cudaStream_t stream) {
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.dynamicSmemBytes = sharedBytes;
  config.stream = stream;
  return launchKernel(kernel, config, arguments);
}

cudaError_t cudaLaunchKernel(const void* stub,
                             dim3 grid,
                             dim3 block,
                             void** arguments,
                             size_t sharedBytes,
                             cudaStream_t stream) {
  return __cudaLaunchKernel(reinterpret_cast<cudaKernel_t>(const_cast<void*>(stub)), grid, block,
                            arguments, sharedBytes, stream);
}

cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t* config,
                                const void* stub,
                                void** arguments) {
  return launchKernel(stub, *config, arguments);
}

cudaError_t cudaFuncSetAttribute(const void* stub, cudaFuncAttribute attribute, int value) {
  if (lectern::ptx::kernelOf(stub).name.empty()) return cudaErrorInvalidDeviceFunction;
  if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaErrorNotSupported;
  if (value < 0 || value > lectern::cuda_runtime::settings().sharedBytesPerBlock) {
    return cudaErrorInvalidValue;
  }
  registry().grants[stub] = value;
  return cudaSuccess;
}

cudaError_t cudaGetSymbolAddress(void** address, const void* symbol) {
  *address = lectern::ptx::addressOf(symbol);
  return *address == nullptr ? cudaErrorInvalidSymbol : cudaSuccess;
}

cudaError_t cudaMemcpyToSymbol(
    const void* symbol, const void* from, size_t bytes, size_t offset, cudaMemcpyKind kind) {
  std::byte* to = lectern::ptx::addressOf(symbol);
  return to == nullptr ? cudaErrorInvalidSymbol : cudaMemcpy(to + offset, from, bytes, kind);
}

cudaError_t cudaMemcpyFromSymbol(
    void* to, const void* symbol, size_t bytes, size_t offset, cudaMemcpyKind kind) {
  const std::byte* from = lectern::ptx::addressOf(symbol);
  return from == nullptr ? cudaErrorInvalidSymbol : cudaMemcpy(to, from + offset, bytes, kind);
}

}  // extern "C"
