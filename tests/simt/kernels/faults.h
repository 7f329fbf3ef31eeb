// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/cuda_runtime/findings.h"

#include <driver_types.h>
#include <vector_types.h>

#include <string>
#include <vector>

/// Small kernels with one fault each, and their twins without it. The line that a report has to
/// name carries the comment "fault: <name>" in the source.
namespace lectern::simt {

constexpr int kFaultInts = 256;

using FaultKernel = void (*)(const int* data, int* out, int* fresh);

struct Fault {
  std::string name;
  cuda_runtime::FindingKind kind;
  std::string file;  ///< that holds the line
  FaultKernel faulty;
  FaultKernel clean;
  unsigned blocks = 1;
  unsigned threads = 64;
};

/// Of threads that read and write without order.
std::vector<Fault> raceFaults();
/// Of addresses and of values that nobody wrote.
std::vector<Fault> memoryFaults();
/// Of barriers and of what lanes do together.
std::vector<Fault> barrierFaults();
/// Of cp.async.
std::vector<Fault> asyncFaults();

/// `data` holds kFaultInts numbers, `out` has room for as many, `fresh` too and nobody has written
/// there.
cudaError_t launchFault(
    const Fault& fault, bool faulty, const int* data, int* out, int* fresh, cudaStream_t stream);

}  // namespace lectern::simt
