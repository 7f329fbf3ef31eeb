// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/spawn_helper.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace lectern {

namespace {

// Descriptors are moved above those of the protocol first, so that none is overwritten by another's
// move into its place.
constexpr int kAboveProtocol = protocol::kWishesFd + 1;

Error cannotStart(const std::filesystem::path& helper, int errorNumber) {
  return {ErrorCode::Internal,
          fmt::format("{}, the program that reads files for Lectern, cannot be started ({}). "
                      "Install Lectern again.",
                      helper.string(), describeErrno(errorNumber))};
}

// posix_spawn's list of what the child does with its descriptors.
class FileActions {
 public:
  FileActions() { posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;

  // False where this process has no descriptors left.
  bool move(int fd, int target) {
    FileDescriptor copy(fcntl(fd, F_DUPFD_CLOEXEC, kAboveProtocol));
    const bool copied = copy.isOpen();
    if (copied) posix_spawn_file_actions_adddup2(&actions_, copy.get(), target);
    copies_.push_back(std::move(copy));
    return copied;
  }
  void closeFrom(int fd) { posix_spawn_file_actions_addclosefrom_np(&actions_, fd); }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
  std::vector<FileDescriptor> copies_;
};

// Whatever this process blocks or ignores, the helper starts with every signal as usual.
class Attributes {
 public:
  Attributes() {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    // A group of its own: a terminal's Ctrl-C is for us, and we end the helper.
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  [[nodiscard]] const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

std::vector<std::string> helperEnvironment() {
  std::vector<std::string> environment = {"LANG=C.UTF-8", "LC_ALL=C.UTF-8"};
#ifdef LECTERN_SANITIZED
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) {
      environment.push_back(fmt::format("{}={}", name, value));
    }
  }
#endif
  return environment;
}

Result<FileDescriptor> memoryWith(std::string_view bytes) {
  FileDescriptor memory =
      TRY(makeSharedMemory("lectern-request", static_cast<int64_t>(bytes.size())));
  if (pwrite(memory.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()) ||
      fcntl(memory.get(), F_ADD_SEALS, F_SEAL_WRITE) != 0) {
    return Error{
        ErrorCode::OutOfMemory,
        fmt::format("The helper's request could not be written ({}).", describeErrno(errno))};
  }
  return memory;
}

}  // namespace

Result<FileDescriptor> makeSharedMemory(const char* name, int64_t sizeBytes) {
  FileDescriptor memory(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory.isOpen() || ftruncate(memory.get(), sizeBytes) != 0 ||
      fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
    return Error{
        ErrorCode::OutOfMemory,
        fmt::format("No memory could be had to share with the helper ({}).", describeErrno(errno))};
  }
  return memory;
}

Result<SpawnedHelper> spawnHelper(const std::filesystem::path& helper,
                                  const FileDescriptor& file,
                                  const protocol::Request& request,
                                  const FileDescriptor& pixels) {
  const FileDescriptor requestMemory = TRY(memoryWith(protocol::encodeRequest(request)));
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return cannotStart(helper, errno);
  FileDescriptor readEnd(ends[0]);
  const FileDescriptor writeEnd(ends[1]);
  fcntl(readEnd.get(), F_SETFL, O_NONBLOCK);
  FileDescriptor wishes;
  FileDescriptor wishesEnd;
  if (request.draws) {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      return cannotStart(helper, errno);
    }
    wishes = FileDescriptor(ends[0]);
    wishesEnd = FileDescriptor(ends[1]);
  }
  const FileDescriptor nowhere(open("/dev/null", O_RDWR | O_CLOEXEC));

  FileActions actions;
  bool mapped = actions.move(requestMemory.get(), protocol::kRequestFd) &&
                actions.move(nowhere.get(), STDOUT_FILENO) &&
                actions.move(file.get(), protocol::kFileFd) &&
                actions.move(writeEnd.get(), protocol::kFramesFd);
#ifndef LECTERN_SANITIZED
  mapped = mapped && actions.move(nowhere.get(), STDERR_FILENO);  // where sanitizers report
#endif
  if (request.draws) {
    mapped = mapped && actions.move(pixels.get(), protocol::kPixelsFd) &&
             actions.move(wishesEnd.get(), protocol::kWishesFd);
  }
  if (!mapped) return cannotStart(helper, errno);
  actions.closeFrom(request.draws ? protocol::kWishesFd + 1 : protocol::kPixelsFd);

  const Attributes attributes;
  std::string name = helper.string();
  std::array<char*, 2> arguments = {name.data(), nullptr};
  std::vector<std::string> variables = helperEnvironment();
  std::vector<char*> environment;
  environment.reserve(variables.size() + 1);
  for (std::string& variable : variables) environment.push_back(variable.data());
  environment.push_back(nullptr);

  SpawnedHelper spawned;
  const int error = posix_spawn(&spawned.pid, name.c_str(), actions.get(), attributes.get(),
                                arguments.data(), environment.data());
  if (error != 0) return cannotStart(helper, error);
  spawned.frames = std::move(readEnd);
  spawned.wishes = std::move(wishes);
  return spawned;
}

}  // namespace lectern
