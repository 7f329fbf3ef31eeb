// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "kernels/backend.h"
#include "kernels/plugin_table.h"

#include <filesystem>
#include <memory>
#include <vector>

namespace lectern::kernels {

/// Opens a plug-in and never closes it: device libraries do not survive that. Errors: NotFound,
/// Internal (it is of another version, or cannot be loaded), with the reason.
Result<const plugin::Table*> loadPlugin(const std::filesystem::path& file);

/// Where liblectern-cuda.so is: $LECTERN_CUDA_PLUGIN, else beside this program, else in
/// ../lib/lectern. A name is returned even where no such file is.
std::filesystem::path cudaPluginFile();

/// Device `index` of a plug-in as a backend of that name. Errors: those of the device, with their
/// reason.
Result<std::unique_ptr<Backend>> openPluginDevice(const plugin::Table& table,
                                                  int index,
                                                  std::string name);

/// The graphics cards as liblectern-cuda.so lists them, "cuda:0" first; asked once. Where there are
/// none, one named "cuda" that is not usable, with the reason.
const std::vector<BackendProperties>& cudaDevices();
/// One of them by its place in the list.
Result<std::unique_ptr<Backend>> openCudaDevice(int index);

}  // namespace lectern::kernels
