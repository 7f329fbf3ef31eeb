// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/file.h"
#include "core/base/result.h"
#include "ingest/protocol.h"
#include "ingest/spawn_helper.h"

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>

namespace lectern {

/// Why a helper is no more, without having done what it was to do or said Refused.
struct HelperLoss {
  enum class Cause : uint8_t {
    Cpu,        ///< it used up the processor time of its phase
    Idle,       ///< it did nothing for too long
    Memory,     ///< it used up its memory
    Truncated,  ///< the file became shorter under it (SIGBUS)
    Forbidden,  ///< it tried what the sandbox answers with death
    Killed,     ///< somebody else ended it (SIGKILL)
    Crashed,    ///< any other end
    Nonsense,   ///< it sent what the protocol does not know
  };
  Cause cause = Cause::Crashed;
};

/// What a phase of the helper's work may take before it is ended.
struct HelperBudget {
  std::chrono::milliseconds cpu{};
  std::chrono::milliseconds idle{};  ///< waiting for us to take its frames does not count
};

/// A running helper: its process, and the frames it sends. Ends and reaps the process when it goes.
/// Thread: the one that started it; the helper ends with that thread.
class HelperClient {
 public:
  /// Starts `helper` on the open file. It inherits three descriptors of ours (five to draw)
  /// and an empty environment. Errors: Internal when it cannot be started.
  static Result<std::unique_ptr<HelperClient>> start(const std::filesystem::path& helper,
                                                     const FileDescriptor& file,
                                                     const protocol::Request& request,
                                                     const FileDescriptor& pixels);
  ~HelperClient() { end(); }
  HelperClient(const HelperClient&) = delete;
  HelperClient& operator=(const HelperClient&) = delete;

  /// From now on the budget counts anew.
  void startPhase(const HelperBudget& budget);

  /// Sends a wish for a page to a helper that draws; one that is gone is told of by `receive`.
  void wish(const protocol::Wish& wish);

  /// Waits for the next frame, or for the end of the helper. After a loss the process is gone.
  /// Errors: Cancelled, within 50 ms; the helper works on.
  Result<std::variant<protocol::Frame, HelperLoss>> receive(const std::stop_token& stop);

  /// Ends the process, if it still runs, and waits for it. Nothing of it is left afterwards.
  void end();

  /// Processor time of the process so far, or in all once it has ended.
  [[nodiscard]] std::chrono::nanoseconds cpuTime() const;

  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  HelperClient(SpawnedHelper spawned, const protocol::Request& request);

  bool fill();
  std::optional<HelperLoss> overBudget();
  HelperLoss lossAtEnd();

  pid_t pid_;
  FileDescriptor frames_;
  FileDescriptor wishes_;
  protocol::FrameCutter cutter_;
  int64_t memoryBytes_;
  HelperBudget budget_;
  std::chrono::nanoseconds phaseStartCpu_{};
  std::chrono::nanoseconds lastCpu_{};
  std::chrono::nanoseconds idle_{};
  bool running_ = true;
  int status_ = 0;         // of waitpid
  int64_t peakBytes_ = 0;  // resident, once ended
  std::chrono::nanoseconds endCpu_{};
};

}  // namespace lectern
