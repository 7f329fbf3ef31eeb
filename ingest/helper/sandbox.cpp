// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper/sandbox.h"

#include "core/base/file.h"
#include "ingest/helper/landlock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>

namespace lectern::helper {

namespace {

constexpr std::array kReadableFolders = {"/etc/fonts",
                                         "/usr/share/fonts",
                                         "/usr/local/share/fonts",
                                         "/usr/share/fontconfig",
                                         "/var/cache/fontconfig",
                                         "/usr/share/poppler",
                                         "/usr/share/icu",
                                         "/usr/share/locale",
                                         "/usr/lib",
                                         "/usr/local/lib",
                                         "/lib",
                                         "/lib64"};

// What reading, measuring and drawing text needs. Everything else gives EACCES.
constexpr std::array kAllowed = {SCMP_SYS(read),
                                 SCMP_SYS(readv),
                                 SCMP_SYS(pread64),
                                 SCMP_SYS(write),
                                 SCMP_SYS(writev),
                                 SCMP_SYS(close),
                                 SCMP_SYS(lseek),
                                 SCMP_SYS(stat),
                                 SCMP_SYS(lstat),
                                 SCMP_SYS(fstat),
                                 SCMP_SYS(newfstatat),
                                 SCMP_SYS(statx),
                                 SCMP_SYS(statfs),
                                 SCMP_SYS(fstatfs),
                                 SCMP_SYS(access),
                                 SCMP_SYS(faccessat),
                                 SCMP_SYS(faccessat2),
                                 SCMP_SYS(readlink),
                                 SCMP_SYS(readlinkat),
                                 SCMP_SYS(getcwd),
                                 SCMP_SYS(getdents64),
                                 SCMP_SYS(fadvise64),
                                 SCMP_SYS(fcntl),
                                 SCMP_SYS(dup),
                                 SCMP_SYS(mmap),
                                 SCMP_SYS(munmap),
                                 SCMP_SYS(mremap),
                                 SCMP_SYS(mprotect),
                                 SCMP_SYS(madvise),
                                 SCMP_SYS(brk),
                                 SCMP_SYS(mincore),
                                 SCMP_SYS(membarrier),
                                 SCMP_SYS(futex),
                                 SCMP_SYS(set_robust_list),
                                 SCMP_SYS(get_robust_list),
                                 SCMP_SYS(rseq),
                                 SCMP_SYS(set_tid_address),
                                 SCMP_SYS(arch_prctl),
                                 SCMP_SYS(rt_sigaction),
                                 SCMP_SYS(rt_sigprocmask),
                                 SCMP_SYS(rt_sigreturn),
                                 SCMP_SYS(sigaltstack),
                                 SCMP_SYS(restart_syscall),
                                 SCMP_SYS(sched_yield),
                                 SCMP_SYS(sched_getaffinity),
                                 SCMP_SYS(sched_getparam),
                                 SCMP_SYS(sched_getscheduler),
                                 SCMP_SYS(clock_gettime),
                                 SCMP_SYS(clock_getres),
                                 SCMP_SYS(clock_nanosleep),
                                 SCMP_SYS(nanosleep),
                                 SCMP_SYS(gettimeofday),
                                 SCMP_SYS(time),
                                 SCMP_SYS(poll),
                                 SCMP_SYS(ppoll),
                                 SCMP_SYS(eventfd2),
                                 SCMP_SYS(pipe2),
                                 SCMP_SYS(getpid),
                                 SCMP_SYS(gettid),
                                 SCMP_SYS(getppid),
                                 SCMP_SYS(getuid),
                                 SCMP_SYS(geteuid),
                                 SCMP_SYS(getgid),
                                 SCMP_SYS(getegid),
                                 SCMP_SYS(uname),
                                 SCMP_SYS(sysinfo),
                                 SCMP_SYS(getrlimit),
                                 SCMP_SYS(getrusage),
                                 SCMP_SYS(times),
                                 SCMP_SYS(getrandom),
                                 SCMP_SYS(exit),
                                 SCMP_SYS(exit_group)};

// Nobody calls these by accident: whoever does has taken the process over.
constexpr std::array kDeadly = {
    SCMP_SYS(ptrace),      SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd), SCMP_SYS(kexec_load),       SCMP_SYS(kexec_file_load),
    SCMP_SYS(init_module), SCMP_SYS(finit_module),     SCMP_SYS(delete_module),
    SCMP_SYS(bpf),         SCMP_SYS(perf_event_open),  SCMP_SYS(userfaultfd),
    SCMP_SYS(keyctl),      SCMP_SYS(add_key),          SCMP_SYS(request_key),
    SCMP_SYS(mount),       SCMP_SYS(umount2),          SCMP_SYS(pivot_root),
    SCMP_SYS(setns),       SCMP_SYS(unshare),          SCMP_SYS(reboot),
    SCMP_SYS(swapon),      SCMP_SYS(swapoff)};

Error refused(const char* what, int errorNumber) {
  return {ErrorCode::Internal,
          fmt::format("The helper that reads files could not shut itself in ({}: {}), so nothing "
                      "was read.",
                      what, describeErrno(errorNumber))};
}

Result<void> limit(__rlimit_resource resource, int64_t soft, int64_t hard) {
  const rlimit both{static_cast<rlim_t>(soft), static_cast<rlim_t>(hard)};
  if (setrlimit(resource, &both) != 0) return refused("setrlimit", errno);
  return {};
}

Result<void> setLimits(const SandboxLimits& limits) {
  TRY(limit(RLIMIT_CORE, 0, 0));
  TRY(limit(RLIMIT_FSIZE, 0, 0));
  TRY(limit(RLIMIT_NOFILE, 64, 64));
  TRY(limit(RLIMIT_CPU, limits.cpuSeconds, limits.cpuSeconds + 1));  // SIGXCPU, then SIGKILL
#ifndef LECTERN_SANITIZED
  TRY(limit(RLIMIT_AS, limits.addressSpaceBytes, limits.addressSpaceBytes));
#endif
  return {};
}

// Adds rules and keeps the first error, so that the list of rules reads as a list.
class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EACCES)), seccomp_release) {}

  template <class... Comparisons>
  void add(uint32_t action, int call, Comparisons... comparisons) {
    if (context_ == nullptr || status_ != 0) return;
    if constexpr (sizeof...(comparisons) == 0) {
      status_ = seccomp_rule_add_array(context_.get(), action, call, 0, nullptr);
    } else {
      const std::array<scmp_arg_cmp, sizeof...(comparisons)> list = {comparisons...};
      status_ = seccomp_rule_add_array(context_.get(), action, call,
                                       static_cast<unsigned>(list.size()), list.data());
    }
  }

  Result<void> load() {
    if (context_ == nullptr) return refused("seccomp", ENOMEM);
    if (status_ == 0) status_ = seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1);
    if (status_ == 0) status_ = seccomp_load(context_.get());
    if (status_ != 0) return refused("seccomp", -status_);
    return {};
  }

 private:
  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
  int status_ = 0;
};

Result<void> filterSystemCalls() {
  Filter filter;
  for (const int call : kAllowed) filter.add(SCMP_ACT_ALLOW, call);
  for (const int call : kDeadly) filter.add(SCMP_ACT_KILL_PROCESS, call);

  constexpr scmp_datum_t kWriting = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(open), SCMP_A1(SCMP_CMP_MASKED_EQ, kWriting, O_RDONLY));
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(openat), SCMP_A2(SCMP_CMP_MASKED_EQ, kWriting, O_RDONLY));
  // Threads, which Pango starts to look for fonts, but no processes. What clone3 asks for cannot be
  // seen from here; told that there is none, the C library calls clone.
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(clone),
             SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
  filter.add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
  // Its own limits may be asked for, not set; its own threads may be named and ended (abort).
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0));
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_VMA));
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(tgkill),
             SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(getpid())));
  return filter.load();
}

}  // namespace

Result<std::string> enterSandbox(const SandboxLimits& limits) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return refused("PR_SET_PDEATHSIG", errno);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return refused("PR_SET_NO_NEW_PRIVS", errno);
  TRY(setLimits(limits));
  const bool hasLandlock = restrictToReading(kReadableFolders);
  TRY(filterSystemCalls());
  if (hasLandlock) return std::string();
  return std::string(
      "This system's kernel has no Landlock: the helper could not write or connect, but could have "
      "read other files of yours.");
}

}  // namespace lectern::helper
