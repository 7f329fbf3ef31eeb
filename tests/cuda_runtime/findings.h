// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// What the engines and the runtime stand-in found wrong. One list for the whole test program.
namespace lectern::cuda_runtime {

enum class FindingKind : uint8_t {
  OutOfBounds,
  Wild,  ///< an address that no allocation is near
  UseAfterFree,
  RedZone,  ///< bytes beside an allocation were changed by code that is not checked access by
            ///< access
  Misaligned,
  Uninitialised,
  Race,          ///< two accesses, one a write, with no barrier between them
  StreamRace,    ///< the same between operations of different streams: an event is missing
  ReadOnlyPath,  ///< __ldg of bytes that the same launch writes
  InFlight,      ///< touched while a cp.async into it has not been waited for
  NeverWaited,   ///< a cp.async that no wait follows
  Barrier,       ///< threads of a block meet at different barriers
  Collective,  ///< lanes of a warp do different things together, or one that takes no part is asked
               ///< for its value
  Deadlock,
  Launch,   ///< a configuration that no device accepts
  Runtime,  ///< misuse of the runtime API
};

struct Finding {
  FindingKind kind;
  std::string kernel;  ///< or operation
  std::string text;    ///< what, by whom, and at which source lines
};

const char* name(FindingKind kind);
std::string toString(const Finding& finding);

/// All findings since the last clearFindings(), in order; at most kMaxFindings, for one fault is
/// seldom found once.
constexpr size_t kMaxFindings = 32;
const std::vector<Finding>& findings();
void clearFindings();

/// The findings as text, one a line; empty when there are none: EXPECT_EQ(findingsText(), "").
std::string findingsText();

void report(FindingKind kind, std::string kernel, std::string text);

/// False once the list is full: then no text needs to be made.
bool wantsMoreFindings();

}  // namespace lectern::cuda_runtime
