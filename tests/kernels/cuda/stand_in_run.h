// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cuda/cublas.h"
#include "tests/cublas/attach.h"
#include "tests/cuda_runtime/cuda_runtime.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace lectern::kernels {

/// The run of a whole program on a card that is none: what makes of the backend's own sources, the
/// stand-in for the runtime and an engine a plug-in that any program of ours can open
/// (LECTERN_CUDA_PLUGIN). One of it, at namespace level. LECTERN_STAND_IN is a list of settings,
/// "seed=3,preempt=101,trace=0,memory-mib=2048,busy-kib=0,devices=2,cublas-from=0"; busy-kib is
/// what others hold of each device. LECTERN_CUBLAS may be the substitute
/// (tests/cublas), which then multiplies matrices of so many numbers; the real library would be
/// given streams that are none, so it is off. What the engine finds wrong ends the program with
/// 86 when it would end.
class StandInRun {
 public:
  /// `start` sets engine and runtime up.
  explicit StandInRun(void (*start)(const StandInRun& run)) {
    start(*this);
    const char* library = std::getenv("LECTERN_CUBLAS");
    if (library != nullptr) cublas_ = cublas_substitute::attach(library);
    if (cublas_ == nullptr) (void)::setenv("LECTERN_CUBLAS", "off", 1);
    cuda::Cublas::Least least;
    least.elements = setting("cublas-from", least.elements);
    cuda::Cublas::setLeast(least);
  }
  StandInRun(const StandInRun&) = delete;
  StandInRun& operator=(const StandInRun&) = delete;
  ~StandInRun() {
    std::string found = cuda_runtime::findingsText();
    // A program that only asks what there is opens no card.
    if (cublas_ != nullptr && cublas_->creations > 0 && cublas_->products == 0) {
      found += "cuBLAS has multiplied nothing\n";
    }
    if (found.empty()) return;
    std::fprintf(stderr, "%s\n", found.c_str());
    std::fflush(nullptr);
    std::_Exit(86);
  }

  [[nodiscard]] static int64_t setting(std::string_view name, int64_t otherwise) {
    const char* given = std::getenv("LECTERN_STAND_IN");
    const std::string_view list = given != nullptr ? given : "";
    for (size_t at = 0; at < list.size();) {
      const std::string_view item = list.substr(at, list.find(',', at) - at);
      if (item.starts_with(name) && item.substr(name.size()).starts_with('=')) {
        return std::atoll(std::string(item.substr(name.size() + 1)).c_str());
      }
      at += item.size() + 1;
    }
    return otherwise;
  }
  [[nodiscard]] static cuda_runtime::Settings runtime() {
    cuda_runtime::Settings settings;
    settings.seed = static_cast<uint32_t>(setting("seed", 0));
    settings.memoryBytes = setting("memory-mib", settings.memoryBytes >> 20) << 20;
    settings.devices = static_cast<int>(setting("devices", settings.devices));
    settings.busyBytes.assign(static_cast<size_t>(settings.devices), setting("busy-kib", 0) << 10);
    return settings;
  }

 private:
  cublas_substitute::Control* cublas_ = nullptr;
};

}  // namespace lectern::kernels
