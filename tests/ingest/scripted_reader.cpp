// SPDX-License-Identifier: GPL-3.0-or-later
// The test helper's one format: a script that says, a line a page, what reading the page does to
// the helper. Everything around it is lectern-extract's own code, sandbox included.
//
//   page WORDS        a page with these words        fail SENTENCE   the reader's own refusal
//   hang sleep crash exit kill allocate throw overflow forbidden     ways to go down
//   try ACT           the name of the error that the sandbox answers with
//   controls          a text full of control characters
//   pid doze          drawn with this process's number as the first pixel; and that after a while
//   large BYTES       a text of so many bytes
//   spin MILLISECONDS a page that takes so much processor time
//
// "open ACT" on the first line does it while the document is opened; "repeat N LINE" is N pages.
#include "core/base/utf8.h"
#include "ingest/helper/open_document.h"
#include "ingest/protocol.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace lectern::helper {

namespace {

std::string errorOf(bool succeeded) {
  return succeeded ? "done" : strerrorname_np(errno);
}

std::string attempt(const std::string& act) {
  if (act == "socket") return errorOf(socket(AF_INET, SOCK_STREAM, 0) >= 0);
  if (act == "unix-socket") return errorOf(socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
  if (act == "write")
    return errorOf(open("/tmp/lectern-sandbox-test", O_WRONLY | O_CREAT, 0600) >= 0);
  if (act == "mkdir") return errorOf(mkdir("/tmp/lectern-sandbox-test-folder", 0700) == 0);
  if (act == "unlink") return errorOf(unlink("/tmp/lectern-sandbox-test") == 0);
  if (act == "read-passwd") return errorOf(open("/etc/passwd", O_RDONLY) >= 0);
  if (act == "read-proc") return errorOf(open("/proc/self/environ", O_RDONLY) >= 0);
  if (act == "read-fonts") return errorOf(open("/usr/share/fonts", O_RDONLY | O_DIRECTORY) >= 0);
  if (act == "raise-limit") {
    const rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
    return errorOf(setrlimit(RLIMIT_CPU, &limit) == 0);
  }
  if (act == "kill-parent") return errorOf(kill(getppid(), 0) == 0);
  if (act == "exec") {
    execl("/bin/true", "true", nullptr);
    return errorOf(false);
  }
  if (act == "fork") {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    return errorOf(child > 0);
  }
  if (act == "thread") {
    std::thread([] {}).join();
    return "done";
  }
  if (act == "open-descriptors") {
    std::string open;
    for (int fd = 0; fd < 64; ++fd) {
      if (fcntl(fd, F_GETFD) >= 0) open += fmt::format("{} ", fd);
    }
    return open;
  }
  if (act == "environment") {
    std::string all;
    for (char** variable = environ; *variable != nullptr; ++variable) {
      all += std::string(*variable) + " ";
    }
    return all;
  }
  return "unknown";
}

int recurse(int depth) {
  volatile char frame[4096];
  frame[0] = static_cast<char>(depth);
  return depth < 0 ? 0 : recurse(depth + 1) + frame[0];
}

void spin(std::chrono::nanoseconds time) {
  const auto used = [] {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  };
  const auto begin = used();
  while (used() - begin < time) {
  }
}

void goDown(const std::string& act) {
  if (act == "hang") {
    volatile bool forever = true;
    while (forever) {
    }
  }
  if (act == "sleep") std::this_thread::sleep_for(std::chrono::hours(1));
  if (act == "crash") raise(SIGSEGV);
  if (act == "abort") std::abort();
  if (act == "bus") raise(SIGBUS);
  if (act == "exit") _exit(0);
  if (act == "kill") raise(SIGKILL);
  if (act == "throw") throw std::runtime_error("thrown for the test");
  if (act == "overflow") recurse(0);
  if (act == "forbidden") ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  if (act == "nonsense") {
    const std::string junk(100, '\xEE');
    if (write(protocol::kFramesFd, junk.data(), junk.size()) < 0) _exit(1);
  }
  // As a C library would that asks for memory and does not look at the answer.
  if (act == "allocate") {
    constexpr size_t kPiece = size_t{4} << 20;
    for (;;) std::memset(std::malloc(kPiece), 1, kPiece);  // NOLINT
  }
  if (act == "allocate-new") {
    std::vector<std::unique_ptr<std::string>> pieces;
    for (;;) pieces.push_back(std::make_unique<std::string>(size_t{4} << 20, 'x'));
  }
}

class ScriptedReader : public DocumentReader {
 public:
  explicit ScriptedReader(std::vector<std::string> lines) : lines_(std::move(lines)) {}

  DocumentInfo info() override {
    DocumentInfo info;
    info.title = "A\nscript\x01";
    info.mediaType = "text/x-script";
    info.extractor = "script/1";
    info.pageCount = static_cast<int>(lines_.size());
    info.outline = {{900, "Title", 99999, 0}};
    return info;
  }

  Result<Page> readPage(int number) override {
    std::istringstream line(lines_[static_cast<size_t>(number - 1)]);
    std::string act;
    std::string rest;
    line >> act;
    std::getline(line >> std::ws, rest);
    if (act == "fail") return Error{ErrorCode::InputRefused, rest};
    if (act == "try") return textPage(attempt(rest));
    if (act == "page") return textPage(rest);
    if (act == "controls")
      return textPage(
          "a\x01"
          "b\x1B[31m\xC2\x9B"
          "c\x7F");
    if (act == "large") return textPage(std::string(std::stoul(rest), 'x'));
    if (act == "spin") {
      spin(std::chrono::milliseconds(std::stoi(rest)));
      return textPage("It took its time.");
    }
    if (act == "wrong-number") protocolBreak();
    goDown(act);
    return textPage("unexpected");
  }

  Result<void> renderPage(int number, int width, int height, std::span<uint32_t> pixels) override {
    const std::string& line = lines_[static_cast<size_t>(number - 1)];
    goDown(line.substr(line.find(' ') + 1));
    if (line == "doze") std::this_thread::sleep_for(std::chrono::milliseconds(200));
    for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = 0xFF000000U | static_cast<uint32_t>(i);
    if (line == "pid" || line == "doze") pixels[0] = static_cast<uint32_t>(getpid());
    return static_cast<int64_t>(width) * height == static_cast<int64_t>(pixels.size())
               ? Result<void>()
               : Error{ErrorCode::InputRefused, "wrong size"};
  }

 private:
  static Page textPage(std::string text) {
    Page page;
    page.widthPt = 200;
    page.heightPt = 100;
    page.text = std::move(text) + "\n\n";
    page.blocks = {{BlockKind::Paragraph, 0, {0, static_cast<int64_t>(page.text.size()) - 2}}};
    return page;
  }

  // A page that is not the one at hand, as a helper in foreign hands could send.
  static void protocolBreak() {
    Page page = textPage("out of turn");
    page.number = 7;
    const std::string frame =
        protocol::encodeFrame(protocol::FrameType::Page, protocol::encodePage(page));
    if (write(protocol::kFramesFd, frame.data(), frame.size()) < 0) _exit(1);
  }

  std::vector<std::string> lines_;
};

}  // namespace

Result<std::unique_ptr<DocumentReader>> openDocument(std::string_view bytes,
                                                     std::string_view fileName,
                                                     std::string_view password) {
  std::vector<std::string> lines;
  std::istringstream script{std::string(bytes)};
  for (std::string line; std::getline(script, line);) {
    std::istringstream words(line);
    std::string first;
    words >> first;
    if (first == "open") {
      goDown(line.substr(5));
    } else if (first == "password") {
      if (line.substr(9) != password) {
        return Error{ErrorCode::PasswordNeeded, fmt::format("{} needs its password.", fileName)};
      }
    } else if (first == "repeat") {
      size_t times = 0;
      std::string repeated;
      words >> times;
      std::getline(words >> std::ws, repeated);
      lines.insert(lines.end(), times, repeated);
    } else {
      lines.push_back(line);
    }
  }
  return std::make_unique<ScriptedReader>(std::move(lines));
}

}  // namespace lectern::helper
