// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper_client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>

namespace lectern {

namespace {

using std::chrono::nanoseconds;

// How long we wait before we look at the clock, the budget and the stop token again.
constexpr int kTickMs = 50;
constexpr size_t kReadBytes = size_t{1} << 16;

#ifdef LECTERN_SANITIZED
constexpr bool kWatchesResidentSize = true;
#else
constexpr bool kWatchesResidentSize = false;
#endif

nanoseconds toDuration(const timespec& time) {
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

nanoseconds toDuration(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

int64_t residentBytes(pid_t pid) {
  std::array<char, 32> path{};
  std::snprintf(path.data(), path.size(), "/proc/%d/statm", pid);
  long long pages = 0;
  if (FILE* file = std::fopen(path.data(), "re")) {
    if (std::fscanf(file, "%*d %lld", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  return pages * sysconf(_SC_PAGESIZE);
}

}  // namespace

Result<std::unique_ptr<HelperClient>> HelperClient::start(const std::filesystem::path& helper,
                                                          const FileDescriptor& file,
                                                          const protocol::Request& request,
                                                          const FileDescriptor& pixels) {
  SpawnedHelper spawned = TRY(spawnHelper(helper, file, request, pixels));
  return std::unique_ptr<HelperClient>(new HelperClient(std::move(spawned), request));
}

HelperClient::HelperClient(SpawnedHelper spawned, const protocol::Request& request)
    : pid_(spawned.pid),
      frames_(std::move(spawned.frames)),
      wishes_(std::move(spawned.wishes)),
      cutter_(protocol::maxPayloadBytes(request.pageTextBytes)),
      memoryBytes_(request.memoryBytes) {}

void HelperClient::startPhase(const HelperBudget& budget) {
  budget_ = budget;
  phaseStartCpu_ = lastCpu_ = cpuTime();
  idle_ = {};
}

void HelperClient::wish(const protocol::Wish& wish) {
  const std::string bytes = protocol::encodeWish(wish);
  // So few bytes go at once or not at all. A helper that is gone raises no signal.
  (void)send(wishes_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

Result<std::variant<protocol::Frame, HelperLoss>> HelperClient::receive(
    const std::stop_token& stop) {
  for (;;) {
    if (stop.stop_requested()) return Error{ErrorCode::Cancelled, "Reading was stopped."};
    auto frame = cutter_.next();
    if (!frame.has_value()) {
      end();
      return HelperLoss{HelperLoss::Cause::Nonsense};
    }
    if (frame->has_value()) return std::move(**frame);
    if (!fill()) return lossAtEnd();
    if (const auto loss = overBudget()) {
      end();
      return *loss;
    }
  }
}

// Waits for one tick and takes what has come. False at the end of the stream.
bool HelperClient::fill() {
  if (!running_) return false;
  const auto before = std::chrono::steady_clock::now();
  pollfd poller{frames_.get(), POLLIN, 0};
  const int ready = poll(&poller, 1, kTickMs);
  const nanoseconds cpu = cpuTime();
  if (ready > 0 || cpu > lastCpu_) {
    idle_ = {};
  } else {
    idle_ += std::chrono::steady_clock::now() - before;
  }
  lastCpu_ = cpu;
  if (ready <= 0) return true;
  std::array<char, kReadBytes> buffer;
  const ssize_t size = read(frames_.get(), buffer.data(), buffer.size());
  if (size > 0) cutter_.append({buffer.data(), static_cast<size_t>(size)});
  return size > 0 || (size < 0 && (errno == EINTR || errno == EAGAIN));
}

std::optional<HelperLoss> HelperClient::overBudget() {
  if (lastCpu_ - phaseStartCpu_ > budget_.cpu) return HelperLoss{HelperLoss::Cause::Cpu};
  if (idle_ > budget_.idle) return HelperLoss{HelperLoss::Cause::Idle};
  if (kWatchesResidentSize && residentBytes(pid_) > memoryBytes_) {
    return HelperLoss{HelperLoss::Cause::Memory};
  }
  return std::nullopt;
}

// The stream ended although no last frame came.
HelperLoss HelperClient::lossAtEnd() {
  using Cause = HelperLoss::Cause;
  end();
  const int signal = WIFSIGNALED(status_) ? WTERMSIG(status_) : 0;
  if (signal == SIGXCPU || cpuTime() - phaseStartCpu_ > budget_.cpu) return {Cause::Cpu};
  if (signal == SIGBUS) return {Cause::Truncated};
  if (signal == SIGSYS) return {Cause::Forbidden};
  // What is refused by the limit of address space is rarely seen as such from here: the libraries
  // abort, or fall over a null pointer. A process that held most of its allowance died of that.
  if (peakBytes_ > memoryBytes_ / 2) return {Cause::Memory};
  if (signal == SIGKILL) return {Cause::Killed};
  return {Cause::Crashed};
}

void HelperClient::end() {
  if (!running_) return;
  running_ = false;
  kill(pid_, SIGKILL);
  rusage usage{};
  while (wait4(pid_, &status_, 0, &usage) < 0 && errno == EINTR) {
  }
  peakBytes_ = int64_t{usage.ru_maxrss} * 1024;
  endCpu_ = toDuration(usage.ru_utime) + toDuration(usage.ru_stime);
  frames_.reset();
  wishes_.reset();
}

nanoseconds HelperClient::cpuTime() const {
  if (!running_) return endCpu_;
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &time) != 0) return lastCpu_;
  return toDuration(time);
}

}  // namespace lectern
