// SPDX-License-Identifier: GPL-3.0-or-later
#include "ingest/helper_terms.h"

#include <fmt/format.h>

namespace lectern {

namespace {

using Cause = HelperLoss::Cause;

int64_t inSeconds(std::chrono::milliseconds time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

std::string megabytes(int64_t bytes) {
  return fmt::format("{} MB", bytes >> 20);
}

}  // namespace

std::string describe(HelperLoss loss, const HelperBudget& budget, const ExtractionLimits& limits) {
  switch (loss.cause) {
    case Cause::Cpu:
      return fmt::format("took longer than {} seconds", inSeconds(budget.cpu));
    case Cause::Idle:
      return fmt::format("made the reading stand still for {} seconds", inSeconds(budget.idle));
    case Cause::Memory:
      return fmt::format("needed more than {} of memory", megabytes(limits.memoryBytes));
    case Cause::Truncated:
      return "became shorter while it was read";
    case Cause::Forbidden:
      return "made the reading program try what it is not allowed to do";
    case Cause::Killed:
      return "lost its reading program (ended from outside)";
    case Cause::Nonsense:
      return "made the reading program answer with nonsense";
    case Cause::Crashed:
      break;
  }
  return "made the reading program crash";
}

std::string_view remedyFor(HelperLoss loss) {
  switch (loss.cause) {
    case Cause::Cpu:
    case Cause::Idle:
    case Cause::Memory:
      return "Split the file, or raise the limits.";
    case Cause::Truncated:
    case Cause::Killed:
      return "Try it again.";
    default:
      return "The file is probably damaged: save it anew with the program that made it.";
  }
}

HelperBudget openingBudget(const ExtractionLimits& limits) {
  return {limits.openWall, limits.openWall};
}

HelperBudget pageBudget(const ExtractionLimits& limits) {
  return {limits.pageCpu, limits.pageWall};
}

protocol::Request makeRequest(const std::filesystem::path& path,
                              const ImportOptions& options,
                              std::chrono::seconds cpu) {
  protocol::Request request;
  request.fileName = path.filename().string();
  request.password = options.password;
  request.maxPages = options.limits.maxPages;
  request.pageTextBytes = options.limits.pageTextBytes;
  request.memoryBytes = options.limits.memoryBytes;
  // The kernel counts whole seconds; we look first, it is the second fence.
  request.cpuSeconds = cpu.count() + 1;
  return request;
}

}  // namespace lectern
