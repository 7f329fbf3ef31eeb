// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/model_options.h"
#include "app/cli/progress_line.h"
#include "app/cli/terminal_text.h"
#include "app/workspace/model_choice.h"
#include "app/workspace/packed_models.h"
#include "app/workspace/paths.h"
#include "core/bench/model_bench.h"
#include "core/engine/cache_type.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace lectern::cli {

namespace {

using bench::BenchReport;
using bench::OperationCost;
using bench::Profile;
using bench::Speed;

/// The most tokens that a bench may be asked for at a time: more than any window.
constexpr int64_t kMaxTokens = 1 << 24;

double ratio(double part, double whole) {
  return whole > 0 ? part / whole : 0;
}

double tokensPerSecond(const Speed& speed, double seconds) {
  return ratio(static_cast<double>(speed.tokens), seconds);
}

/// What a run moved and computed a second.
double bytesPerSecond(const Speed& speed) {
  return ratio(static_cast<double>(speed.work.bytesRead + speed.work.bytesWritten),
               speed.bestSeconds);
}
double flopsPerSecond(const Speed& speed) {
  return ratio(static_cast<double>(speed.work.flops), speed.bestSeconds);
}

std::string rate(double perSecond) {
  return fmt::format("{:.1f} G/s", perSecond / 1e9);
}

void printSpeeds(const Streams& streams, const char* what, const std::vector<Speed>& speeds) {
  for (const Speed& speed : speeds) {
    streams.out << fmt::format("{:8}{:>8}{:>9}{:>11.1f}{:>11.1f}{:>13}{:>13}{:>8.0f} %\n", what,
                               speed.tokens, speed.depth, tokensPerSecond(speed, speed.bestSeconds),
                               tokensPerSecond(speed, speed.worstSeconds),
                               rate(bytesPerSecond(speed)), rate(flopsPerSecond(speed)),
                               100 * ratio(speed.floorSeconds, speed.bestSeconds));
  }
}

void printProfiles(const Streams& streams, const char* what, const std::vector<Profile>& profiles) {
  for (const Profile& profile : profiles) {
    size_t width = 9;
    for (const OperationCost& cost : profile.operations) {
      width = std::max(width, static_cast<size_t>(columnsOf(cost.name)));
    }
    streams.out << fmt::format("\n{} {} at depth {}, operation by operation: {:.3f} s\n", what,
                               counted(profile.tokens, "token"), profile.depth, profile.seconds)
                << fmt::format("    {:{}}{:>8}{:>11}{:>9}{:>11}\n", "operation", width, "calls",
                               "ms", "of all", "of floor");
    double inside = 0;
    for (const OperationCost& cost : profile.operations) {
      inside += cost.seconds;
      // The name is padded by its cells: its sign of multiplication has two bytes.
      streams.out << "    " << cost.name
                  << std::string(width - static_cast<size_t>(columnsOf(cost.name)), ' ')
                  << fmt::format("{:>8}{:>11.2f}{:>7.1f} %{:>9.0f} %\n", cost.calls,
                                 1000 * cost.seconds, 100 * ratio(cost.seconds, profile.seconds),
                                 100 * ratio(cost.floorSeconds, cost.seconds));
    }
    streams.out << fmt::format("    {:{}}{:>8}{:>11.2f}{:>7.1f} %\n", "around them", width, "",
                               1000 * (profile.seconds - inside),
                               100 * ratio(profile.seconds - inside, profile.seconds));
  }
}

class Bench : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("MODEL", model_,
                   "pocket (the default), an imported model by its name, a model folder, or a GGUF "
                   "file")
        ->option_text("[MODEL]");
    app.add_option("--threads", request_.threads, "Threads to compute with (default: one a core)")
        ->option_text("N")
        ->check(CLI::Range(0, 1024));
    app.add_option("--prompt", request_.prompts, "Read so many tokens at once (512; 0: none)")
        ->option_text("N,N")
        ->delimiter(',')
        ->check(CLI::Range(int64_t{0}, kMaxTokens));
    app.add_option("--depth", request_.depths, "Behind so many tokens that were read before (0)")
        ->option_text("N,N")
        ->delimiter(',')
        ->check(CLI::Range(int64_t{0}, kMaxTokens));
    app.add_option("--generate", request_.generate,
                   "Write so many tokens, one by one (32; 0: none)")
        ->option_text("N")
        ->check(CLI::Range(int64_t{0}, kMaxTokens));
    app.add_option(
           "--backend,--device", request_.backend,
           "What computes: cpu, cuda (a graphics card; cuda:1 the second), reference, or one "
           "that an unknown name lists (default: $LECTERN_BACKEND, else the fastest here)")
        ->option_text("NAME");
    cacheType_.declare(app);
    app.add_flag("--profile", request_.profile,
                 "Time each operation, too, and say what share of its floor it reaches");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    const auto data = TRY(dataFolder(context.workspace.dataFolder));
    request_.model = TRY(findModel(model_, data));
    request_.packedFolder = packedFolder(data);
    request_.cacheType = cacheType_.type();
    const BenchReport report = TRY([&] {
      ProgressLine line(context.streams, model_);
      return bench::runBench(
          request_,
          [&line](std::string_view step, int64_t done, int64_t total) {
            line.update(
                fmt::format("{}, {:.0f} %", step,
                            100 * ratio(static_cast<double>(done), static_cast<double>(total))));
          },
          context.stop);
    }());
    if (context.json) {
      writeJson(context.streams.out, toJson(report));
    } else {
      print(context.streams, report);
    }
    return ExitCode::Answered;
  }

 private:
  void print(const Streams& streams, const BenchReport& report) const {
    const auto& memory = report.memory;
    streams.out << fmt::format("{} on {}, {} ({})\n", Style(streams.styled).bold(oneLine(model_)),
                               report.backend.name, counted(report.backend.threads, "thread"),
                               oneLine(report.backend.device));
    if (!report.backend.reason.empty()) {
      streams.out << fmt::format("not on    {}\n", oneLine(report.backend.reason));
    }
    if (!report.placement.empty()) {
      streams.out << fmt::format("placed    {}\n", oneLine(report.placement));
    }
    if (!report.backend.products.empty()) {
      streams.out << fmt::format("products  {}\n", oneLine(report.backend.products));
    }
    streams.out << '\n';
    streams.out << fmt::format(
        "machine   reads {:.1f} GB/s; computes {:.0f} Gflop/s in float32, {:.0f} in bfloat16, "
        "{:.0f} Gop/s in int8 ({})\n",
        report.ceilings.memoryBytes / 1e9, report.ceilings.float32Operations / 1e9,
        report.ceilings.bfloat16Operations / 1e9, report.ceilings.int8Operations / 1e9,
        report.ceilings.instructions);
    streams.out << fmt::format(
        "model     {} in its files, loaded in {:.2f} s; keys and values in {}\n",
        sizeText(report.modelBytes), report.loadSeconds, cacheTypeName(report.cacheType));
    streams.out << fmt::format(
        "memory    planned {}: weights {}, states {}, working {} ({} of it workspace); resident {} "
        "({} of it mapped "
        "files), {} before\n\n",
        sizeText(memory.weights + memory.states + memory.working), sizeText(memory.weights),
        sizeText(memory.states), sizeText(memory.working), sizeText(memory.workspace),
        sizeText(memory.after.bytes), sizeText(memory.after.fileBytes),
        sizeText(memory.before.bytes));
    streams.out << fmt::format("{:8}{:>8}{:>9}{:>11}{:>11}{:>13}{:>13}{:>10}\n", "", "tokens",
                               "depth", "tokens/s", "(slowest)", "bytes", "flops", "of floor");
    printSpeeds(streams, "read", report.reading);
    printSpeeds(streams, "write", report.writing);
    printProfiles(streams, "Reading", report.readingProfiles);
    printProfiles(streams, "Writing", report.writingProfiles);
  }

  static Json speedsJson(const std::vector<Speed>& speeds) {
    Json list = Json::array();
    for (const Speed& speed : speeds) {
      list.push_back({{"tokens", speed.tokens},
                      {"depth", speed.depth},
                      {"runs", speed.runs},
                      {"bestSeconds", speed.bestSeconds},
                      {"worstSeconds", speed.worstSeconds},
                      {"tokensPerSecond", tokensPerSecond(speed, speed.bestSeconds)},
                      {"bytes", speed.work.bytesRead + speed.work.bytesWritten},
                      {"flops", speed.work.flops},
                      {"floorSeconds", speed.floorSeconds}});
    }
    return list;
  }

  static Json profilesJson(const std::vector<Profile>& profiles) {
    Json list = Json::array();
    for (const Profile& profile : profiles) {
      Json operations = Json::array();
      for (const OperationCost& cost : profile.operations) {
        operations.push_back({{"name", cost.name},
                              {"calls", cost.calls},
                              {"seconds", cost.seconds},
                              {"floorSeconds", cost.floorSeconds}});
      }
      list.push_back({{"tokens", profile.tokens},
                      {"depth", profile.depth},
                      {"seconds", profile.seconds},
                      {"operations", std::move(operations)}});
    }
    return list;
  }

  [[nodiscard]] Json toJson(const BenchReport& report) const {
    const auto& memory = report.memory;
    return {{"schema", "lectern-cli/bench/1"},
            {"model", model_},
            {"backend", report.backend.name},
            {"device", report.backend.device},
            {"whyNotBetter", report.backend.reason},
            {"placement", report.placement},
            {"products", report.backend.products},
            {"threads", report.backend.threads},
            {"machine",
             {{"instructions", report.ceilings.instructions},
              {"memoryBytesPerSecond", report.ceilings.memoryBytes},
              {"float32OperationsPerSecond", report.ceilings.float32Operations},
              {"bfloat16OperationsPerSecond", report.ceilings.bfloat16Operations},
              {"int8OperationsPerSecond", report.ceilings.int8Operations}}},
            {"modelBytes", report.modelBytes},
            {"loadSeconds", report.loadSeconds},
            {"kv", cacheTypeName(report.cacheType)},
            {"memory",
             {{"weightBytes", memory.weights},
              {"stayingBytes", memory.staying},
              {"stateBytes", memory.states},
              {"workingBytes", memory.working},
              {"workspaceBytes", memory.workspace},
              {"residentBytesBefore", memory.before.bytes},
              {"residentBytes", memory.after.bytes},
              {"residentFileBytes", memory.after.fileBytes}}},
            {"reading", speedsJson(report.reading)},
            {"writing", speedsJson(report.writing)},
            {"readingProfiles", profilesJson(report.readingProfiles)},
            {"writingProfiles", profilesJson(report.writingProfiles)}};
  }

  bench::BenchRequest request_;
  CacheTypeOption cacheType_;
  std::string model_ = "pocket";
};

}  // namespace

std::unique_ptr<Command> makeBench() {
  return std::make_unique<Bench>();
}

}  // namespace lectern::cli
