// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "kernels/operations.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>

// The border between the program and a plug-in that brings devices: plain functions over plain
// data, so that the two may be built with different standard libraries, and no exception crosses.
// kernels/plugin.cpp makes a Backend of it, kernels/cuda/plugin.cpp is the other side. Strings end
// with a zero and are cut to their room.

namespace lectern::kernels::plugin {

/// Goes up with every change of this file, and of operations.h where sizes do not tell of it.
inline constexpr uint32_t kVersion = 4;

/// A number that changes with the operations and their sizes; of both sides it must be the same.
constexpr uint64_t layoutSum() {
  uint64_t sum = 14695981039346656037U;  // FNV-1a
  const auto add = [&sum](uint64_t value) { sum = (sum ^ value) * 1099511628211U; };
  [&]<size_t... Index>(std::index_sequence<Index...>) {
    (add(sizeof(std::variant_alternative_t<Index, Operation>)), ...);
  }(std::make_index_sequence<std::variant_size_v<Operation>>());
  add(sizeof(Weight));
  return sum;
}

/// What went wrong; `code` is 0 where nothing did, else one more than the number of an ErrorCode.
struct Fault {
  int32_t code;
  char text[1020];
};

/// A device as BackendProperties has it. `reason` is set where it is not usable.
struct DeviceFacts {
  int32_t isUsable;
  int32_t rowsAtOnce;  ///< 0 while it is not open
  char hardware[128];
  char reason[508];
  char products[252];  ///< empty while it is not open
  int64_t memoryBytes;
  int64_t memoryFreeBytes;  ///< 0 while it is not open
};

/// One operation; `kind` is its place in the Operation variant, `fields` points to its struct.
struct AnyOperation {
  uint64_t kind;
  const void* fields;
};

struct Device;
struct Queue;
struct Recording;

/// The functions of a plug-in. They do what the members of Backend and Stream of the same names
/// say; those that can fail fill in `fault` and return null or nothing. Threads as there.
struct Table {
  uint32_t version;
  uint64_t layout;

  /// Fills in up to `room` devices and returns how many there are. Where there are none, `fault`
  /// says why.
  int32_t (*devices)(DeviceFacts* facts, int32_t room, Fault* fault);

  Device* (*open)(int32_t index, Fault* fault);
  void (*close)(Device* device);
  void (*facts)(Device* device, DeviceFacts* facts);
  void* (*allocate)(Device* device, int64_t bytes, const char* purpose, Fault* fault);
  void (*release)(Device* device, void* data);
  const char* (*packing)(Device* device);
  int64_t (*packedBytes)(Device* device, DType dtype, int64_t groups, int64_t out, int64_t in);
  int64_t (*workspaceBytes)(Device* device, const AnyOperation* operation);
  void (*pack)(Device* device,
               const Weight* weight,
               int64_t group,
               const void* rows,
               void* packed,
               Fault* fault);
  Recording* (*record)(Device* device, const AnyOperation* operations, int64_t count, Fault* fault);
  void (*closeRecording)(Recording* recording);

  Queue* (*newStream)(Device* device, Fault* fault);
  void (*closeStream)(Queue* queue);
  void (*copyIn)(Queue* queue, void* to, const void* from, int64_t bytes);
  void (*copyOut)(Queue* queue, void* to, const void* from, int64_t bytes);
  void (*copy)(Queue* queue, void* to, const void* from, int64_t bytes);
  void (*enqueue)(Queue* queue, const AnyOperation* operation);
  void (*replay)(Queue* queue, const Recording* recording, int64_t contextTokens);
  void (*reserve)(Queue* queue, int64_t workspaceBytes, Fault* fault);
  void (*wait)(Queue* queue, Fault* fault);
};

/// The one function that a plug-in exports. Null for a version that it does not speak.
using Entry = const Table* (*)(uint32_t version);
inline constexpr char kEntryName[] = "lecternPlugin";

}  // namespace lectern::kernels::plugin
