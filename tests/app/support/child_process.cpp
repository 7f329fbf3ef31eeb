// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/support/child_process.h"

#include "tests/support/temporary_folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <thread>

namespace lectern::test {

namespace {

void redirect(const std::filesystem::path& file, int target) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || ::dup2(fd, target) < 0) std::_Exit(126);
  ::close(fd);
}

}  // namespace

ChildProcess::ChildProcess(const std::filesystem::path& scratch,
                           const std::vector<std::string>& arguments,
                           const Options& options) {
  static int number = 0;
  ++number;
  outFile_ = options.out.empty() ? scratch / ("out" + std::to_string(number)) : options.out;
  errFile_ = scratch / ("err" + std::to_string(number));
  pid_ = ::fork();
  if (pid_ == 0) {
    ::setpgid(0, 0);
    redirect("/dev/null", STDIN_FILENO);
    redirect(outFile_, STDOUT_FILENO);
    redirect(errFile_, STDERR_FILENO);
    for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
    if (options.maxFileBytes > 0) {
      const auto bytes = static_cast<rlim_t>(options.maxFileBytes);
      const rlimit limit{bytes, bytes};
      ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (const std::string& argument : arguments)
      argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    std::_Exit(127);
  }
  ::setpgid(pid_, pid_);  // whoever comes first; a signal to the group must not miss
}

ChildProcess::~ChildProcess() {
  if (!isRunning()) return;
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, &status_, 0);
}

bool ChildProcess::isRunning() {
  if (!ended_) ended_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
  return !ended_;
}

ProcessOutcome ChildProcess::wait(std::chrono::seconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (isRunning()) {
    if (std::chrono::steady_clock::now() > end) {
      ADD_FAILURE() << "the process did not end within " << limit.count() << " seconds";
      ::kill(-pid_, SIGKILL);
      ::waitpid(pid_, &status_, 0);
      ended_ = true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ProcessOutcome outcome;
  if (WIFEXITED(status_)) outcome.code = WEXITSTATUS(status_);
  if (WIFSIGNALED(status_)) outcome.signal = WTERMSIG(status_);
  if (std::filesystem::is_regular_file(outFile_)) outcome.out = bytesOf(outFile_);
  outcome.err = bytesOf(errFile_);
  return outcome;
}

}  // namespace lectern::test
