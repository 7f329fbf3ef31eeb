// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/cublas/substitute.h"

namespace lectern::cublas_substitute {

/// Opens the library at that place (a file) and gives it the stand-in for the CUDA runtime of this
/// program, for as long as the program runs. Null where it is no substitute, as the real library.
Control* attach(const char* file);

}  // namespace lectern::cublas_substitute
