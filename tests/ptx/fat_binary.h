// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <string_view>
#include <vector>

namespace lectern::ptx {

/// The PTX texts in a fat binary that nvcc embedded in an object file; machine code beside them is
/// passed over. `data` is what __fatBinC_Wrapper_t points to.
///
/// The layout, as nvcc 13 writes it (it is not documented; little endian):
///
///   header  u32 magic 0xBA55ED50, u16 version, u16 header bytes, u64 bytes that follow the header
///   entry   u16 kind (1 PTX, 2 machine code), u16, u32 header bytes, u64 payload bytes, …,
///           u64 flags at byte 40; the payload follows the entry's header
///
/// Errors: InputRefused for another magic, an entry that reaches past the end, or compressed PTX
/// (flags 0x2000 and 0x8000): such an object was built without -no-compress.
Result<std::vector<std::string_view>> ptxTexts(const void* data);

}  // namespace lectern::ptx
