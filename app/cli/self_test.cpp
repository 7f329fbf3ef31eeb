// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/bench/self_test.h"

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/progress_line.h"
#include "app/cli/terminal_text.h"
#include "app/workspace/model_choice.h"
#include "app/workspace/paths.h"
#include "kernels/backend.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

namespace lectern::cli {

namespace {

using bench::SelfTestCheck;
using bench::SelfTestReport;

class SelfTest : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("MODEL", model_,
                   "pocket (the default), an imported model by its name, a model folder, or a GGUF "
                   "file")
        ->option_text("[MODEL]");
    app.add_option("--device,--backend", device_,
                   "What is tested: cuda (a graphics card; cuda:1 the second), cpu, or one that an "
                   "unknown name lists (default: $LECTERN_BACKEND, else the fastest here)")
        ->option_text("NAME");
    app.add_option("--threads", threads_, "Threads to compute with (default: one a core)")
        ->option_text("N")
        ->check(CLI::Range(0, 1024));
  }

  Result<ExitCode> run(const CommandContext& context) override {
    const auto data = TRY(dataFolder(context.workspace.dataFolder));
    const auto folder = TRY(findModel(model_, data));
    std::shared_ptr<kernels::Backend> device = TRY(kernels::openBackend(device_, threads_));
    const SelfTestReport report = TRY([&] {
      ProgressLine line(context.streams, "self-test");
      return bench::runSelfTest(
          device, folder,
          [&line](std::string_view check, int64_t done, int64_t total) {
            line.update(fmt::format("{} of {}: {}", done + 1, total, check));
          },
          context.stop);
    }());
    if (context.json) {
      writeJson(context.streams.out, toJson(report));
    } else {
      print(context.streams, report);
    }
    return report.failures() == 0 ? ExitCode::Answered : ExitCode::Internal;
  }

 private:
  // What a report of a fault needs stands in it: which device, which check, by how much.
  static void print(const Streams& streams, const SelfTestReport& report) {
    streams.out << fmt::format("Lectern {} on {} ({})\n", LECTERN_VERSION, report.device.name,
                               oneLine(report.device.device));
    if (!report.device.reason.empty()) {
      streams.out << fmt::format("not on {}\n", oneLine(report.device.reason));
    }
    if (!report.device.products.empty()) {
      streams.out << fmt::format("products: {}\n", oneLine(report.device.products));
    }
    streams.out << fmt::format("\n{:6}{:>9}{:>9}{:>10}  {}\n", "", "error", "bound", "ms", "check");
    for (const SelfTestCheck& check : report.checks) {
      streams.out << fmt::format("{:6}{:>9.1e}{:>9.1e}{:>10.2f}  {}\n",
                                 check.isPassed() ? "passed" : "FAILED", check.error, check.bound,
                                 1000 * check.seconds, check.name);
      if (!check.problem.empty()) streams.out << "      " << oneLine(check.problem) << '\n';
    }
    const auto count = static_cast<int64_t>(report.checks.size());
    streams.out << '\n'
                << (report.failures() == 0
                        ? fmt::format("All {} agree with the reference.\n", counted(count, "check"))
                        : fmt::format("{} of {} FAILED. Please attach this to a report.\n",
                                      report.failures(), counted(count, "check")));
  }

  static Json toJson(const SelfTestReport& report) {
    Json checks = Json::array();
    for (const SelfTestCheck& check : report.checks) {
      checks.push_back({{"name", check.name},
                        {"passed", check.isPassed()},
                        {"error", check.error},
                        {"bound", check.bound},
                        {"seconds", check.seconds},
                        {"problem", check.problem}});
    }
    return {{"schema", "lectern-cli/self-test/1"},  {"version", LECTERN_VERSION},
            {"backend", report.device.name},        {"device", report.device.device},
            {"whyNotBetter", report.device.reason}, {"products", report.device.products},
            {"failures", report.failures()},        {"checks", std::move(checks)}};
  }

  std::string model_ = "pocket";
  std::string device_;
  int threads_ = 0;
};

}  // namespace

std::unique_ptr<Command> makeSelfTest() {
  return std::make_unique<SelfTest>();
}

}  // namespace lectern::cli
