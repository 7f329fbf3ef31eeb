// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "kernels/buffer.h"
#include "kernels/operations.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lectern::kernels {

/// Tokens that a model reads in one pass where nothing speaks for more.
constexpr int64_t kUsualRows = 512;

/// What a device is and can hold. Bytes; `usable` is false with a sentence why in `reason`, for the
/// user. Of a backend that openBackend chose by itself, `reason` says why it took no better one.
struct BackendProperties {
  std::string
      name;  ///< "reference", "cpu-avx512", "cuda:0"; `LECTERN_BACKEND` takes the same names
  std::string device;  ///< the hardware's own name
  int64_t memoryBytes = 0;
  int64_t memoryFreeBytes = 0;
  int64_t memoryHeldBytes = 0;  ///< by this program, of what is not free; 0 of the host's memory
  int threads = 1;
  int64_t rowsAtOnce = kUsualRows;  ///< tokens that fill it, if a model reads so many in one pass
  bool hostMemory = true;           ///< device addresses are addresses of the host
  bool usable = true;
  std::string reason;
  std::string products;  ///< who multiplies large matrices, where more than one could: "cuBLAS
                         ///< 13.1.0", or "Lectern's own" with why not the other
};

/// A sequence of operations that can be enqueued again as one; see Backend::record.
class Recording {
 public:
  virtual ~Recording() = default;
};

/// Operations and copies, carried out in the order they were enqueued, on the host at once. The
/// first fault is kept and returned by `wait`, and everything behind it is left out. Thread: one at
/// a time.
class Stream {
 public:
  virtual ~Stream() = default;
  /// Host to device; `from` may be changed after `wait`.
  virtual void copyIn(void* to, const void* from, int64_t bytes) = 0;
  /// Device to host; `to` is there after `wait`.
  virtual void copyOut(void* to, const void* from, int64_t bytes) = 0;
  /// Within the device.
  virtual void copy(void* to, const void* from, int64_t bytes) = 0;
  /// `contextTokens`: how many tokens the caches of the recorded operations hold afterwards. A
  /// device may choose by it how it splits the work.
  virtual void replay(const Recording& recording, int64_t contextTokens) = 0;
  /// Takes the memory that operations want besides their operands, so that none that wants no more
  /// (Backend::workspaceBytes) has to. Once, before the first; one that was not planned for takes
  /// it when it comes. Errors: OutOfMemory, Internal.
  virtual Result<void> reserve(int64_t workspaceBytes) = 0;
  /// Until all is done. Errors: Internal (a device fault, with the operation's name), OutOfMemory.
  /// A stream that failed once fails for good.
  virtual Result<void> wait() = 0;

 private:
  friend class Backend;
  virtual void enqueue(const Operation& operation) = 0;
};

/// A device that carries out operations. The one interface between models and hardware; a model's
/// forward pass is written once against it. Thread: any, but each stream and buffer one at a time.
class Backend {
 public:
  virtual ~Backend() = default;

  [[nodiscard]] virtual BackendProperties properties() const = 0;

  /// Memory on the device, 64-byte aligned, all zero. Errors: OutOfMemory, naming `purpose`, the
  /// size and what is free.
  virtual Result<Buffer> allocate(int64_t bytes, std::string_view purpose) = 0;
  virtual Result<std::unique_ptr<Stream>> newStream() = 0;

  /// How weights lie in its memory, in words that change with it: equal words, equal bytes.
  [[nodiscard]] virtual std::string packing() const = 0;
  /// Bytes of a weight of that shape once it is packed.
  [[nodiscard]] virtual int64_t packedBytes(DType dtype,
                                            int64_t groups,
                                            int64_t out,
                                            int64_t in) const = 0;
  /// Bytes of a stream's memory that the operation may want besides its operands, and any like it
  /// of fewer rows. Only shapes and types are looked at, not addresses.
  [[nodiscard]] virtual int64_t workspaceBytes(const Operation& operation) const = 0;
  /// Packs one group's matrix [out, in], row by row as in the file, in host memory and perhaps
  /// unaligned, into its place at `packed` (device memory of `packedBytes`). The other fields of
  /// `weight` say what is packed.
  virtual Result<void> pack(const Weight& weight,
                            int64_t group,
                            const void* rows,
                            void* packed) = 0;

  /// Checks the operation's contract (a breach is a bug of ours and ends the program with the words
  /// of contract.h), then enqueues it.
  void run(const Operation& operation, Stream& stream);

  /// Collects what `enqueueAll` enqueues on the stream that it is given, without carrying it out.
  virtual Result<std::unique_ptr<Recording>> record(
      const std::function<void(Stream&)>& enqueueAll) = 0;

  /// For `properties().reason`; of openBackend.
  void explainChoice(std::string reason) { choiceReason_ = std::move(reason); }

 protected:
  [[nodiscard]] const std::string& choiceReason() const { return choiceReason_; }

 private:
  std::string choiceReason_;
};

/// The backends of this machine that can be used, best first; never empty, `reference` comes last.
std::vector<BackendProperties> availableBackends();

/// The devices that would be better but cannot be used, each with its `reason`; one named "cuda"
/// where there is no device at all.
std::vector<BackendProperties> unusableBackends();

/// What openBackend would open for that name, with the `reason` why nothing better, without opening
/// it. Errors: as there.
Result<BackendProperties> chosenBackend(std::string_view name);

/// Opens a backend by its name. "cuda" is the first graphics card that can be used, "cuda:1" the
/// second one of the driver's list, "cpu" the best of the processor. An empty name takes
/// $LECTERN_BACKEND, and the best one where that is not set; its `properties().reason` then says
/// why none that is better was taken. `threads` 0: one a physical core. Errors: Usage for a name
/// that this program or machine does not have, listing those that it has; for a graphics card that
/// cannot be used, with the reason: nothing else is taken in its place.
Result<std::unique_ptr<Backend>> openBackend(std::string_view name, int threads);

}  // namespace lectern::kernels
