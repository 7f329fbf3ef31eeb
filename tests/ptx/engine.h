// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "tests/ptx/block.h"
#include "tests/ptx/module.h"
#include "tests/ptx/program.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::ptx {

struct LaunchOptions {
  Dimensions grid{1, 1, 1};
  Dimensions threads{1, 1, 1};
  int64_t dynamicSharedBytes = 0;
  uint32_t seed = 1;
  int sampleBlocks = 0;  ///< of more than these a sample runs (cuda_runtime/sample.h); 0: all run
  AccessObserver* observer = nullptr;
};

struct LaunchReport {
  std::vector<Finding> findings;
  bool faulted = false;  ///< a device would have lost the context
  int64_t blocksRun = 0;
  /// Instructions by their full name (fma.rn.f32): issued once a warp, or part of one; and executed
  /// by threads whose guard held.
  std::map<std::string, int64_t> warpInstructions;
  std::map<std::string, int64_t> threadInstructions;
};

/// A PTX module that is ready to run: its variables have memory, its kernels are linked when they
/// are launched first. One thread at a time.
class LoadedModule {
 public:
  /// Errors: InputRefused for text that is not PTX as we know it.
  static Result<std::unique_ptr<LoadedModule>> load(std::string_view text, DeviceMemory& memory);

  bool hasKernel(const std::string& name) const;
  /// Errors: as linkProgram's.
  Result<const Program*> program(const std::string& name);
  /// A copy of a kernel's arguments as it reads them; `arguments` points to one value for each of
  /// its parameters. Errors: as linkProgram's.
  Result<std::vector<std::byte>> parameters(const std::string& kernel,
                                            const void* const* arguments);
  /// Runs a kernel to its end.
  ///
  /// Errors: as linkProgram's; Usage for a block or a grid of no or too many threads.
  Result<LaunchReport> launch(const std::string& kernel,
                              const LaunchOptions& options,
                              std::vector<std::byte> parameters);
  /// A .global or .const variable; null where there is none.
  std::byte* variable(const std::string& name) const;
  const Module& module() const { return module_; }

 private:
  LoadedModule(Module module, DeviceMemory& memory) : module_(std::move(module)), memory_(memory) {}
  Result<void> placeVariables();

  Module module_;
  DeviceMemory& memory_;
  SymbolTable symbols_;
  std::map<std::string, Program> programs_;
};

}  // namespace lectern::ptx
