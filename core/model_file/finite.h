// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model_file/stored_tensor.h"

#include <cstdint>

namespace lectern {

/// The index of the first element that is a NaN or an infinity, or of the first element of the
/// block that has one; −1: all are finite. Of types that hold weights (not Other). Reads at the
/// speed of the memory.
int64_t firstNotFinite(const StoredTensor& tensor);

}  // namespace lectern
