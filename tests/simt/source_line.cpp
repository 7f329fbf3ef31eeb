// SPDX-License-Identifier: GPL-3.0-or-later
// Names for addresses of this program, from its own debug information.
#include "tests/simt/trace.h"

#include <cxxabi.h>

#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

// libbacktrace comes with gcc; clang finds the library but not its header, so its part that we use
// is declared here.
extern "C" {
struct backtrace_state;
using BacktraceError = void (*)(void* data, const char* message, int error);
using BacktraceLine =
    int (*)(void* data, uintptr_t pc, const char* file, int line, const char* function);
using BacktraceSymbol =
    void (*)(void* data, uintptr_t pc, const char* name, uintptr_t value, uintptr_t size);
backtrace_state* backtrace_create_state(const char* program,
                                        int threaded,
                                        BacktraceError error,
                                        void* data);
int backtrace_pcinfo(
    backtrace_state* state, uintptr_t pc, BacktraceLine line, BacktraceError error, void* data);
int backtrace_syminfo(
    backtrace_state* state, uintptr_t pc, BacktraceSymbol symbol, BacktraceError error, void* data);
}

namespace lectern::simt {
namespace {

std::mutex mutex;  // Any thread may launch: over what is known of an address.

void ignoreError(void* /*data*/, const char* /*message*/, int /*error*/) {}

backtrace_state* debugInformation() {
  static backtrace_state* state = backtrace_create_state(nullptr, 1, ignoreError, nullptr);
  return state;
}

int addLine(void* data, uintptr_t /*pc*/, const char* file, int line, const char* /*function*/) {
  if (file == nullptr) return 0;
  const std::string path = file;
  if (path.find("tests/simt/host_") != std::string::npos) return 0;
  auto& text = *static_cast<std::string*>(data);
  text += (text.empty() ? "" : " < ") + fileName(path) + ":" + std::to_string(line);
  return 0;
}

void takeSymbol(
    void* data, uintptr_t /*pc*/, const char* name, uintptr_t /*value*/, uintptr_t /*size*/) {
  if (name != nullptr) *static_cast<std::string*>(data) = name;
}

/// Without return type and parameters: "kernel<128, true>".
std::string shortened(const std::string& signature) {
  std::string name = signature;
  int depth = 0;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '<') ++depth;
    if (name[i] == '>') --depth;
    if (name[i] == '(' && depth == 0 && name.compare(i, 11, "(anonymous ") != 0) {
      name.resize(i);
      break;
    }
  }
  const std::string unnamed = "(anonymous namespace)::";
  for (size_t at; (at = name.find(unnamed)) != std::string::npos;) name.erase(at, unnamed.size());
  depth = 0;
  size_t start = 0;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '<') ++depth;
    if (name[i] == '>') --depth;
    if (depth == 0 && (name[i] == ' ' || name[i] == ':')) start = i + 1;
  }
  return name.substr(start);
}

}  // namespace

std::string fileName(const std::string& path) {
  return path.substr(path.find_last_of('/') + 1);
}

std::string sourceLines(const void* site) {
  const std::lock_guard lock(mutex);
  static std::unordered_map<const void*, std::string> known;
  const auto found = known.find(site);
  if (found != known.end()) return found->second;
  std::string text;
  // The call's own address lies before the one it returns to.
  backtrace_pcinfo(debugInformation(), reinterpret_cast<uintptr_t>(site) - 1, addLine, ignoreError,
                   &text);
  if (text.empty()) text = "an unknown line";
  known[site] = text;
  return text;
}

std::string functionName(const void* address) {
  const std::lock_guard lock(mutex);
  static std::unordered_map<const void*, std::string> known;
  const auto found = known.find(address);
  if (found != known.end()) return found->second;
  std::string mangled = "unknown kernel";
  backtrace_syminfo(debugInformation(), reinterpret_cast<uintptr_t>(address), takeSymbol,
                    ignoreError, &mangled);
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> plain(
      abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), &std::free);
  known[address] = plain == nullptr ? mangled : shortened(plain.get());
  return known[address];
}

}  // namespace lectern::simt
