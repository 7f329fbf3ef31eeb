// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cuda_runtime/findings.h"

#include <fmt/format.h>

#include <utility>

namespace lectern::cuda_runtime {
namespace {

std::vector<Finding>& list() {
  static std::vector<Finding> found;
  return found;
}

}  // namespace

const char* name(FindingKind kind) {
  switch (kind) {
    case FindingKind::OutOfBounds:
      return "out of bounds";
    case FindingKind::Wild:
      return "wild access";
    case FindingKind::UseAfterFree:
      return "use after free";
    case FindingKind::RedZone:
      return "red zone changed";
    case FindingKind::Misaligned:
      return "misaligned";
    case FindingKind::Uninitialised:
      return "uninitialised read";
    case FindingKind::Race:
      return "race";
    case FindingKind::StreamRace:
      return "race between streams";
    case FindingKind::ReadOnlyPath:
      return "read-only path to written bytes";
    case FindingKind::InFlight:
      return "cp.async in flight";
    case FindingKind::NeverWaited:
      return "cp.async never waited for";
    case FindingKind::Barrier:
      return "divergent barrier";
    case FindingKind::Collective:
      return "warp collective";
    case FindingKind::Deadlock:
      return "deadlock";
    case FindingKind::Launch:
      return "launch";
    case FindingKind::Runtime:
      return "runtime";
  }
  return "unknown";
}

std::string toString(const Finding& finding) {
  return fmt::format("{}: {}: {}", finding.kernel, name(finding.kind), finding.text);
}

const std::vector<Finding>& findings() {
  return list();
}

void clearFindings() {
  list().clear();
}

std::string findingsText() {
  std::string text;
  for (const Finding& finding : list()) text += toString(finding) + "\n";
  return text;
}

void report(FindingKind kind, std::string kernel, std::string text) {
  if (wantsMoreFindings()) list().push_back({kind, std::move(kernel), std::move(text)});
}

bool wantsMoreFindings() {
  return list().size() < kMaxFindings;
}

}  // namespace lectern::cuda_runtime
