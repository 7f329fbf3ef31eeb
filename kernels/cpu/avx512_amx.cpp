// SPDX-License-Identifier: GPL-3.0-or-later
#if defined(__x86_64__)

#include "kernels/bfloat16.h"
#include "kernels/cpu/dispatch.h"
#include "kernels/cpu/unroll.h"

#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

// Everything up to the end of the region is compiled for AVX-512 with VNNI and BF16, and AMX; the
// headers above are not, so that what the linker keeps of their inline functions runs everywhere.
#if defined(__clang__)
#pragma clang attribute push(                                                            \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c," \
                          "avx512bf16,amx-tile,amx-bf16"))),                             \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target( \
    "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c,avx512bf16,amx-tile,amx-bf16")
#endif

namespace lectern::kernels::cpu {

namespace {

namespace avx512_amx {

#include "kernels/cpu/avx512-inl.h"
#include "kernels/cpu/avx512_pairs-inl.h"

#define LECTERN_MATRIX_UNIT
#include "kernels/cpu/generic/all-inl.h"

}  // namespace avx512_amx

}  // namespace

}  // namespace lectern::kernels::cpu

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace lectern::kernels::cpu {

namespace {

// The kernel keeps tile registers for those processes alone that ask (arch_prctl(2),
// ARCH_REQ_XCOMP_PERM of XFEATURE_XTILEDATA), and says no where a thread's signal stack is too
// small for them.
bool mayUseTiles() {
  constexpr int kRequestPermission = 0x1023;
  constexpr int kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

}  // namespace

const Kernels kAvx512Amx = {
    "cpu-avx512-amx",
    [] {
      static const bool isSupported = kAvx512Bf16.isSupported() &&
                                      __builtin_cpu_supports("amx-tile") > 0 &&
                                      __builtin_cpu_supports("amx-bf16") > 0 && mayUseTiles();
      return isSupported;
    },
    avx512_amx::kLayout,
    [](const Operation& operation, Workspace& workspace) {
      std::visit([&](const auto& op) { avx512_amx::run(op, workspace); }, operation);
    }};

}  // namespace lectern::kernels::cpu

#endif
