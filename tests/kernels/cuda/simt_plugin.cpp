// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/kernels/cuda/stand_in_run.h"
#include "tests/simt/simt.h"

namespace lectern::kernels {
namespace {

const StandInRun kRun([](const StandInRun& run) {
  simt::Options options;
  options.seed = static_cast<uint32_t>(run.setting("seed", 0));
  options.preemptEvery = static_cast<int>(run.setting("preempt", 0));
  options.trace = run.setting("trace", 1) != 0;
  simt::reset(options, run.runtime());
});

}  // namespace
}  // namespace lectern::kernels
