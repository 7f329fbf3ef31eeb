// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/simt/engine.h"

#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>
#include <tuple>
#include <utility>

namespace lectern::simt {

/// One launch on its way to the engine. `call` is the kernel with its copied arguments, entered
/// once by every thread; its `callBytes` are the parameter space that a kernel may read.
struct Launch {
  dim3 grid;
  dim3 block;
  size_t dynamicSharedBytes = 0;
  const void* kernel = nullptr;
  std::shared_ptr<void> call;
  size_t callBytes = 0;
  void (*enter)(void* call) = nullptr;
};

/// Checks the configuration as the runtime would and hands the launch to the stream.
cudaError_t enqueue(Launch launch, cudaStream_t stream);

}  // namespace lectern::simt

namespace lectern::gpu {

using Stream = cudaStream_t;

struct Config {
  dim3 grid;
  dim3 block;
  size_t dynamicSharedBytes = 0;
  Stream stream = nullptr;
};

template <class... Parameters, class... Arguments>
cudaError_t launch(const Config& config, void (*kernel)(Parameters...), Arguments&&... arguments) {
  struct Call {
    void (*kernel)(Parameters...);
    std::tuple<Parameters...> arguments;
  };
  static_assert(sizeof...(Parameters) == sizeof...(Arguments),
                "as many arguments as the kernel has parameters");
  auto call = std::make_shared<Call>(Call{kernel, std::tuple<Parameters...>(static_cast<Parameters>(
                                                      std::forward<Arguments>(arguments))...)});
  simt::Launch launch;
  launch.grid = config.grid;
  launch.block = config.block;
  launch.dynamicSharedBytes = config.dynamicSharedBytes;
  launch.kernel = reinterpret_cast<const void*>(kernel);
  launch.call = call;
  launch.callBytes = sizeof(Call);
  launch.enter = [](void* made) {
    auto* self = static_cast<Call*>(made);
    std::apply(self->kernel, self->arguments);
  };
  return simt::enqueue(std::move(launch), config.stream);
}

}  // namespace lectern::gpu
