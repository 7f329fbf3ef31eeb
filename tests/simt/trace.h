// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/simt/simt.h"

#include <cstddef>
#include <cstdint>
#include <string>

/// Every access of a kernel comes through here: is it in bounds, aligned, to bytes somebody wrote,
/// ordered after what others did there, and what does it cost.
namespace lectern::simt {

enum class AccessKind : uint8_t {
  Read,
  Write,
  Atomic,
  ReadOnlyPath,
  AsyncSource,  ///< read by a cp.async: any number of bytes
  AsyncAsked,   ///< the target of a cp.async, from now on
  AsyncLanded,  ///< its bytes arrive
};

/// Called on a fiber; `site` is the address behind the instruction. Does not return if the fault
/// would end the kernel.
void traceAccess(const void* address, size_t bytes, AccessKind kind, void* site, size_t alignment);

/// All threads of the block, or all lanes of a warp, are at the same place: their requests up to
/// here are complete.
void traceBarrier();
void traceWarpTogether(unsigned warp);

void beginTrace(size_t warps, uint64_t seed);
void endTraceOfBlock();
Traffic endTrace(std::vector<LineTraffic>* lines);

/// Source lines of the instruction, innermost first, without the engine's own: "reduce.cuh:12 <
/// norm.cu:40".
std::string sourceLines(const void* site);

/// The function that starts at the address, demangled, without its parameters.
std::string functionName(const void* address);

/// The part of a path behind its last slash.
std::string fileName(const std::string& path);

}  // namespace lectern::simt
