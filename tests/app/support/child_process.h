// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace lectern::test {

/// How a child process ended; `signal` is 0 where it ended by itself.
struct ProcessOutcome {
  int code = -1;
  int signal = 0;
  std::string out;
  std::string err;
};

/// A program that runs beside the test, in a process group of its own, its output going to files.
class ChildProcess {
 public:
  struct Options {
    std::map<std::string, std::string> environment;  ///< beside ours
    int64_t maxFileBytes = 0;                        ///< RLIMIT_FSIZE; 0: none
    std::filesystem::path out;                       ///< where its output goes instead
  };

  ChildProcess(const std::filesystem::path& scratch,
               const std::vector<std::string>& arguments,
               const Options& options);
  /// Ends it, if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] int pid() const { return pid_; }
  [[nodiscard]] bool isRunning();
  /// Waits for its end; after `limit` it is killed, and the test fails.
  ProcessOutcome wait(std::chrono::seconds limit = std::chrono::seconds(60));

 private:
  std::filesystem::path outFile_;
  std::filesystem::path errFile_;
  int pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

}  // namespace lectern::test
