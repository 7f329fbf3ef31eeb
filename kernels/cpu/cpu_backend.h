// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/backend.h"
#include "kernels/cpu/dispatch.h"

#include <memory>

namespace lectern::kernels {

/// The backends whose names begin with "cpu-": vector kernels on a pool of threads,
/// `threads` of them with the caller, 0 for one a physical core. Activations and sums are float32,
/// weights of any type, the cache float32, bfloat16 or bytes. Results are equal to the bit however
/// many threads there are and however many tokens come at once, but for one alone with quantised
/// weights on the matrix unit (kernels/README.md); they differ between instruction sets.
std::unique_ptr<Backend> makeCpuBackend(const cpu::Kernels& kernels, int threads);

}  // namespace lectern::kernels
