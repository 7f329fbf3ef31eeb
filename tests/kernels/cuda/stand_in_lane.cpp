// SPDX-License-Identifier: GPL-3.0-or-later
// What the lanes on the stand-in for the runtime have in common: the backend behind the plug-in's
// table, linked into the program.
#include "kernels/plugin.h"
#include "tests/cuda_runtime/cuda_runtime.h"
#include "tests/kernels/suite/lane.h"

#include <cstdlib>

extern "C" const lectern::kernels::plugin::Table* lecternPlugin(uint32_t version);

namespace lectern::kernels {

std::unique_ptr<Backend> openTested(const std::string& name, int threads) {
  if (name == "reference") return openBackend(name, threads).value();
  // The machine's own would be given streams that are none.
  (void)::setenv("LECTERN_CUBLAS", "off", 0);
  return openPluginDevice(*lecternPlugin(plugin::kVersion), 0, "cuda:0").value();
}

std::string whySkipped() {
  return {};
}

std::string endCase() {
  return cuda_runtime::findingsText();
}

}  // namespace lectern::kernels
