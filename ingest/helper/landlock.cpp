// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace lectern::helper {

namespace {

// linux/landlock.h as of ABI 7; Debian 12 has the header of ABI 2. The kernel takes a shorter
// structure from older programs and refuses bits it does not know, so both follow its ABI number.
struct RulesetAttributes {
  uint64_t handledAccessFs = 0;
  uint64_t handledAccessNet = 0;
  uint64_t scoped = 0;
};

constexpr uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr uint64_t kReadDir = LANDLOCK_ACCESS_FS_READ_DIR;

uint64_t fileAccessOf(long abi) {
  uint64_t access = (uint64_t{1} << 13) - 1;  // ABI 1: execute, write, read, make and remove
  if (abi >= 2) access |= uint64_t{1} << 13;  // rename and link across folders
  if (abi >= 3) access |= uint64_t{1} << 14;  // truncate
  if (abi >= 5) access |= uint64_t{1} << 15;  // ioctl of devices
  return access;
}

long createRuleset(const RulesetAttributes* attributes, size_t size, uint32_t flags) {
  return syscall(SYS_landlock_create_ruleset, attributes, size, flags);
}

void allowReading(int ruleset, const char* folder) {
  const int fd = open(folder, O_PATH | O_CLOEXEC | O_DIRECTORY);
  if (fd < 0) return;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = kReadFile | kReadDir;
  rule.parent_fd = fd;
  syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  close(fd);
}

}  // namespace

bool restrictToReading(std::span<const char* const> folders) {
  const long abi = createRuleset(nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 1) return false;
  RulesetAttributes attributes;
  attributes.handledAccessFs = fileAccessOf(abi);
  size_t size = sizeof(uint64_t);
  if (abi >= 4) {
    attributes.handledAccessNet = 3;  // bind and connect TCP
    size += sizeof(uint64_t);
  }
  if (abi >= 6) {
    attributes.scoped = 3;  // abstract sockets and signals
    size += sizeof(uint64_t);
  }
  const auto ruleset = static_cast<int>(createRuleset(&attributes, size, 0));
  if (ruleset < 0) return false;
  for (const char* folder : folders) allowReading(ruleset, folder);
  const bool restricted = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
  close(ruleset);
  return restricted;
}

}  // namespace lectern::helper
