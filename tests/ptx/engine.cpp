// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ptx/engine.h"

#include "tests/ptx/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace lectern::ptx {
namespace {

constexpr uint64_t kMostThreads = 1024;

LaunchReport reportOf(LaunchContext&& launch) {
  LaunchReport report;
  report.findings = std::move(launch.findings);
  report.faulted = launch.faulted;
  report.blocksRun = launch.blocksRun;
  for (std::size_t i = 0; i < launch.program.code.size(); ++i) {
    if (launch.counts.warps[i] == 0) continue;
    const auto statement = static_cast<std::size_t>(launch.program.code[i].statement);
    const std::string& name = launch.program.statements[statement].name;
    report.warpInstructions[name] += launch.counts.warps[i];
    report.threadInstructions[name] += launch.counts.threads[i];
  }
  return report;
}

}  // namespace

Result<std::unique_ptr<LoadedModule>> LoadedModule::load(std::string_view text,
                                                         DeviceMemory& memory) {
  Module module = TRY(parseModule(text));
  std::unique_ptr<LoadedModule> loaded(new LoadedModule(std::move(module), memory));
  TRY(loaded->placeVariables());
  return loaded;
}

Result<void> LoadedModule::placeVariables() {
  for (const auto& [name, variable] : module_.variables) {
    if (variable.space == Space::Shared) continue;
    std::byte* data = memory_.allocateVariable(variable.sizeBytes, name);
    if (data == nullptr) {
      return Error{ErrorCode::OutOfMemory, fmt::format("no memory for the variable {}", name)};
    }
    std::memset(data, 0, static_cast<std::size_t>(variable.sizeBytes));
    std::copy_n(reinterpret_cast<const std::byte*>(variable.initial.data()),
                variable.initial.size(), data);
    symbols_[name] = reinterpret_cast<uint64_t>(data);
  }
  // Addresses of variables, now that all have one.
  for (const auto& [name, variable] : module_.variables) {
    for (const AddressInitializer& initializer : variable.addresses) {
      const auto target = symbols_.find(initializer.symbol);
      if (target == symbols_.end()) {
        return Error{ErrorCode::InputRefused, fmt::format("{} points to {}, which is not declared",
                                                          name, initializer.symbol)};
      }
      const uint64_t address = target->second + static_cast<uint64_t>(initializer.addend);
      std::memcpy(reinterpret_cast<std::byte*>(symbols_[name]) + initializer.offset, &address,
                  sizeof address);
    }
  }
  return {};
}

bool LoadedModule::hasKernel(const std::string& name) const {
  const auto found = module_.functions.find(name);
  return found != module_.functions.end() && found->second.isEntry;
}

Result<const Program*> LoadedModule::program(const std::string& name) {
  const auto found = programs_.find(name);
  if (found != programs_.end()) return &found->second;
  Program linked = TRY(linkProgram(module_, name, symbols_));
  return &programs_.emplace(name, std::move(linked)).first->second;
}

Result<std::vector<std::byte>> LoadedModule::parameters(const std::string& kernel,
                                                        const void* const* arguments) {
  const Program* program = TRY(this->program(kernel));
  std::vector<std::byte> bytes(static_cast<std::size_t>(program->kernelParameterBytes));
  for (std::size_t i = 0; i < program->parameters.size(); ++i) {
    const auto size = static_cast<std::size_t>(program->parameters[i].sizeBytes);
    if (size > 0) std::memcpy(bytes.data() + program->parameterOffsets[i], arguments[i], size);
  }
  return bytes;
}

Result<LaunchReport> LoadedModule::launch(const std::string& kernel,
                                          const LaunchOptions& options,
                                          std::vector<std::byte> parameters) {
  const Program* program = TRY(this->program(kernel));
  const auto product = [](const Dimensions& size) {
    return static_cast<uint64_t>(size[0]) * size[1] * size[2];
  };
  if (product(options.threads) == 0 || product(options.threads) > kMostThreads ||
      product(options.grid) == 0) {
    return Error{ErrorCode::Usage,
                 fmt::format("{} is launched with no or too many threads", kernel)};
  }
  LaunchContext launch{*program, memory_};
  launch.observer = options.observer;
  launch.grid = options.grid;
  launch.threads = options.threads;
  launch.sampleBlocks = options.sampleBlocks;
  launch.dynamicSharedBytes = options.dynamicSharedBytes;
  launch.parameters = std::move(parameters);
  runLaunch(launch, options.seed);
  return reportOf(std::move(launch));
}

std::byte* LoadedModule::variable(const std::string& name) const {
  const auto found = symbols_.find(name);
  return found == symbols_.end() ? nullptr : reinterpret_cast<std::byte*>(found->second);
}

}  // namespace lectern::ptx
