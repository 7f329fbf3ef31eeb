// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/kernels/cuda/stand_in_run.h"
#include "tests/ptx/launcher.h"

namespace lectern::kernels {
namespace {

const StandInRun kRun([](const StandInRun& run) {
  ptx::Options options;
  options.seed = static_cast<uint32_t>(run.setting("seed", 1));
  options.trace = run.setting("trace", 1) != 0;
  ptx::reset(options, run.runtime());
});

}  // namespace
}  // namespace lectern::kernels
