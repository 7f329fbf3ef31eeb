// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector_types.h>

#include <cstddef>
#include <cstdint>
#include <source_location>

/// What a running kernel asks of the engine. The host_*.h headers turn CUDA's words into these
/// calls; nothing else calls them. All run on the fiber of one CUDA thread. Memory that crosses is
/// the caller's own stack, because kernel code is compiled with every access traced and may touch
/// nothing of the engine's.
namespace lectern::simt {

using Where = std::source_location;

// Values do not change while a fiber lives, so the compiler may ask once.
[[gnu::const]] uint3 threadIndex();
[[gnu::const]] uint3 blockIndex();
[[gnu::const]] dim3 blockDimensions();
[[gnu::const]] dim3 gridDimensions();
[[gnu::const]] unsigned laneIndex();

/// __syncthreads and its counting forms: how many live threads of the block came with a true
/// predicate.
int syncBlock(bool predicate, Where where);

/// What the lanes of a warp do together. Lanes that meet must do the same.
enum class Collective : uint8_t {
  SyncWarp,
  ShuffleIndex,
  ShuffleUp,
  ShuffleDown,
  ShuffleXor,
  Vote,
  Match,
  Reduce,
  LoadMatrix,
  Mma,
};

constexpr int kWarpLanes = 32;
constexpr size_t kMaxPayloadBytes = 32;

/// Waits for the lanes of `mask`, then copies every lane's payload to all[32][bytes]; the lanes
/// that took part are the result. Lanes that have returned from the kernel are not waited for.
unsigned gather(
    Collective kind, unsigned mask, const void* mine, size_t bytes, void* all, Where where);

/// The same for one lane's payload. A source that takes no part is reported: its value is
/// undefined.
void shuffle(Collective kind,
             unsigned mask,
             const void* mine,
             size_t bytes,
             void* theirs,
             int sourceLane,
             Where where);

/// The block's array for this declaration, the same for all its threads; `key` tells declarations
/// apart.
void* sharedArray(const void* key, size_t bytes, const char* name);
void* dynamicShared();

/// Plain accesses of `bytes` that count as one request.
void load(void* to, const void* from, size_t bytes);
void loadReadOnly(void* to, const void* from, size_t bytes);
void store(void* to, const void* from, size_t bytes);

/// First half of an atomic: reports the access and reads; nothing comes between it and atomicStore.
void atomicLoad(void* to, const void* from, size_t bytes);
void atomicStore(void* to, const void* from, size_t bytes);

/// cp.async. A copy lands as late as the model allows, at the wait, and counts as a write from the
/// moment it is asked for.
void asyncCopy(void* shared, const void* global, size_t bytes, size_t validBytes);
void asyncCommit();
void asyncWait(int keepGroups);

void loadMatrix(uint32_t* registers, int matrices, bool transposed, const void* row, Where where);
void mmaBf16(float* d, const uint32_t* a, const uint32_t* b, Where where);
void mmaS8(int32_t* d, const uint32_t* a, const uint32_t* b, Where where);

}  // namespace lectern::simt
