// SPDX-License-Identifier: GPL-3.0-or-later
// lectern-extract: reads one foreign document on behalf of the program that started it. It takes no
// arguments; ingest/README.md says what it finds at its descriptors and what it answers.
#include "core/base/file.h"
#include "ingest/helper/sandbox.h"
#include "ingest/helper/serve.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>

namespace lectern::helper {

namespace {

Result<protocol::Request> readRequest() {
  std::string bytes;
  char buffer[4096];
  ssize_t size = 0;
  while ((size = pread(protocol::kRequestFd, buffer, sizeof(buffer),
                       static_cast<off_t>(bytes.size()))) > 0) {
    bytes.append(buffer, static_cast<size_t>(size));
  }
  return protocol::decodeRequest(bytes);
}

Result<int64_t> fileSize() {
  struct stat status{};
  if (fstat(protocol::kFileFd, &status) != 0) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("The file cannot be read ({}).", describeErrno(errno))};
  }
  return static_cast<int64_t>(status.st_size);
}

Result<std::string_view> mapFile(int64_t sizeBytes) {
  if (sizeBytes == 0) return std::string_view();
  void* memory =
      mmap(nullptr, static_cast<size_t>(sizeBytes), PROT_READ, MAP_PRIVATE, protocol::kFileFd, 0);
  if (memory == MAP_FAILED) {
    return Error{ErrorCode::InputRefused,
                 fmt::format("The file cannot be read ({}).", describeErrno(errno))};
  }
  return std::string_view(static_cast<const char*>(memory), static_cast<size_t>(sizeBytes));
}

// The mapped file and the picture lie in the same address space as what the reader allocates.
Result<void> run(const protocol::Request& request, FrameWriter& frames) {
  const int64_t size = TRY(fileSize());
  const int64_t pictureBytes = request.draws ? protocol::kMaxPixels * 4 : 0;
  const int64_t addressSpace = std::numeric_limits<int64_t>::max() - size - pictureBytes;
  protocol::Started started;
  started.sandboxNotice = TRY(enterSandbox(
      {.cpuSeconds = request.cpuSeconds,
       .addressSpaceBytes = std::min(request.memoryBytes, addressSpace) + size + pictureBytes}));
  frames.send(protocol::FrameType::Started, protocol::encodeStarted(started));
  serve(request, TRY(mapFile(size)), frames);
  return {};
}

}  // namespace

}  // namespace lectern::helper

int main() {
  using namespace lectern;
  // Each arena of glibc's allocator reserves 64 MB of the address space that is counted.
  mallopt(M_ARENA_MAX, 1);
  const auto request = helper::readRequest();
  if (!request.has_value()) {
    std::fputs("lectern-extract is started by Lectern and does nothing by itself.\n", stderr);
    return 2;
  }
  helper::FrameWriter frames(protocol::kFramesFd);
  const auto done = helper::run(*request, frames);
  if (!done.has_value()) {
    frames.send(protocol::FrameType::Refused, protocol::encodeRefused(done.error()));
  }
  // Nothing is left to be flushed or freed, and destructors of a hostile document's objects are one
  // more place to crash.
  _exit(0);
}
