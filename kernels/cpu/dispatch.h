// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/cpu/packing.h"
#include "kernels/cpu/workspace.h"
#include "kernels/operations.h"

#include <string_view>

namespace lectern::kernels::cpu {

/// The operations written for one instruction set.
struct Kernels {
  std::string_view name;
  bool (*isSupported)() = nullptr;  ///< by this processor and its operating system
  PanelLayout layout;
  void (*run)(const Operation& operation, Workspace& workspace) = nullptr;
};

extern const Kernels kScalar;  ///< four floats at a time, in whatever registers the compiler has
#if defined(__x86_64__)
extern const Kernels kAvx2;      ///< AVX2, FMA and F16C: Haswell, Zen and newer
extern const Kernels kAvx2Vnni;  ///< and AVX-VNNI: Alder Lake, Zen 5 and newer
extern const Kernels kAvx512;    ///< AVX-512 F, BW, DQ, VL, VNNI: Cascade Lake, Ice Lake and newer
extern const Kernels kAvx512Bf16;  ///< and BF16: Cooper Lake, Zen 4 and newer
extern const Kernels kAvx512Amx;   ///< and AMX: Sapphire Rapids and newer Xeons
#endif

}  // namespace lectern::kernels::cpu
