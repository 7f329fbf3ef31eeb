// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/backend.h"

#include <memory>

namespace lectern::kernels {

/// The scalar float32 backend "reference": slow, and the measure of all others. Operations are
/// carried out when they are enqueued.
std::unique_ptr<Backend> makeReferenceBackend();

}  // namespace lectern::kernels
