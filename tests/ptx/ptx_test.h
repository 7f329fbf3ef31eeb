// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/ptx/engine.h"
#include "tests/ptx/host_memory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::ptx {

/// Runs kernels of tests/ptx/kernels, compiled by nvcc to PTX for the architecture that is the
/// test's parameter. Skips where there is no CUDA toolkit.
class PtxTest : public ::testing::TestWithParam<int> {
 protected:
  /// Loads kernels/<name>.cu.
  void load(const std::string& name) {
#ifdef LECTERN_PTX_KERNELS
    const std::string path =
        std::string(LECTERN_PTX_KERNELS) + "/" + name + "_" + std::to_string(GetParam()) + ".ptx";
    std::ifstream file(path);
    ASSERT_TRUE(file) << path;
    loadText(std::string(std::istreambuf_iterator<char>(file), {}));
#else
    GTEST_SKIP() << "no CUDA toolkit was found when this was built: " << name
                 << " cannot be compiled";
#endif
  }

  void loadText(std::string_view text) {
    auto loaded = LoadedModule::load(text, memory_);
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
    module_ = std::move(*loaded);
  }

  template <class T>
  std::span<T> buffer(std::size_t count) {
    return {reinterpret_cast<T*>(memory_.allocate(static_cast<int64_t>(count * sizeof(T)))), count};
  }
  template <class T>
  std::span<T> buffer(const std::vector<T>& values) {
    const std::span<T> made = buffer<T>(values.size());
    std::copy(values.begin(), values.end(), made.begin());
    return made;
  }

  template <class... Arguments>
  LaunchReport launch(const std::string& kernel, LaunchOptions options, Arguments... arguments) {
    const void* pointers[] = {&arguments..., nullptr};
    auto parameters = module_->parameters(kernel, pointers);
    if (!parameters) {
      ADD_FAILURE() << parameters.error().message;
      return {};
    }
    auto report = module_->launch(kernel, options, std::move(*parameters));
    if (!report) {
      ADD_FAILURE() << report.error().message;
      return {};
    }
    return std::move(*report);
  }
  /// The same, where nothing may be found.
  template <class... Arguments>
  LaunchReport run(const std::string& kernel, int threads, Arguments... arguments) {
    LaunchOptions options;
    options.threads[0] = static_cast<uint32_t>(threads);
    LaunchReport report = launch(kernel, options, arguments...);
    EXPECT_TRUE(report.findings.empty()) << report.findings[0].text;
    return report;
  }

  HostMemory memory_;
  std::unique_ptr<LoadedModule> module_;
};

}  // namespace lectern::ptx
