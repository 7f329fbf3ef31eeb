// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/model_options.h"
#include "app/cli/progress_line.h"
#include "app/cli/terminal_text.h"
#include "app/cli/token_io.h"
#include "app/workspace/model_choice.h"
#include "app/workspace/paths.h"
#include "core/answer/finder_evaluation.h"
#include "core/base/file.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <map>

namespace lectern::cli {

namespace {

constexpr int64_t kMaxTaskBytes = int64_t{256} << 20;

/// A share that must be reached, or not be passed.
struct Gate {
  const char* name;
  const char* title;
  Share share;
  double limit = 0;
  bool atLeast = true;

  [[nodiscard]] bool isReached() const {
    return share.of > 0 && (atLeast ? share.value() >= limit : share.value() <= limit);
  }
};

std::vector<Gate> listOf(const FinderGates& gates) {
  return {{"facts", "facts: the right segment", gates.facts, 0.90},
          {"search", "search and cloze: the right segment", gates.search, 0.80},
          {"abstentionPrecision", "not answered, and rightly so", gates.precision, 0.85},
          {"abstentionRecall", "not there, and not answered", gates.recall, 0.85},
          {"falseSupport", "not there, and yet answered, of all", gates.support, 0.02, false}};
}

constexpr double kWantedGain = 0.05;

std::string text(const Share& share) {
  const auto [low, high] = share.interval();
  return fmt::format("{:5.1f} % [{:.1f}, {:.1f}] n={}", 100 * share.value(), 100 * low, 100 * high,
                     share.of);
}

Json json(const Share& share) {
  const auto [low, high] = share.interval();
  return {{"right", share.right}, {"of", share.of}, {"low", low}, {"high", high}};
}

/// What came of one set of tasks.
struct Outcome {
  double searchThreshold = 0;
  double threshold = 0;
  double validated = 0;  // the threshold that the tasks for choosing would choose
  FinderGates search;
  FinderGates finder;
  std::pair<double, double> gain;
};

class EvalPocket : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option(
           "--tasks", tasksFile_,
           "Questions with their segments, as train/evaluate.py --tasks writes them, a JSON "
           "object a line (-: standard input)")
        ->required()
        ->option_text("FILE");
    app.add_option("--model", model_, "Another Finder than the built-in one")->option_text("MODEL");
    app.add_option("--signs", signsFile_,
                   "Write what speaks for the segments of each question with a shortlist, for "
                   "train/decision.py")
        ->option_text("FILE");
    engine_.declare(app);
  }

  Result<ExitCode> run(const CommandContext& context) override {
    const std::filesystem::path data = TRY(dataFolder(context.workspace.dataFolder));
    const std::filesystem::path folder = TRY(findModel(model_, data));
    const std::map<std::string, std::vector<FinderTask>> sets = TRY(readTasks(context));
    AnswerModel model = TRY(openModel(folder, context));
    std::map<std::string, Outcome> outcomes;
    for (const auto& [name, tasks] : sets) {
      outcomes[name] = TRY(evaluate(model, tasks, context));
    }
    if (!signsFile_.empty()) TRY(writeFileAtomically(signsFile_, signs_));
    if (context.json) {
      writeJson(context.streams.out, toJson(outcomes));
    } else {
      for (const auto& [name, outcome] : outcomes) print(context.streams, name, outcome);
    }
    return ExitCode::Answered;
  }

 private:
  // Tasks with a shortlist are one set, as they are mixed in use; the others each its own.
  Result<std::map<std::string, std::vector<FinderTask>>> readTasks(
      const CommandContext& context) const {
    const std::string file = TRY(readInput(context, tasksFile_, kMaxTaskBytes));
    std::map<std::string, std::vector<FinderTask>> sets;
    int64_t number = 0;
    for (size_t at = 0; at < file.size();) {
      const size_t end = std::min(file.find('\n', at), file.size());
      FinderTask task = TRY(parseFinderTask(std::string_view(file).substr(at, end - at), ++number));
      sets[task.ranked ? "shortlist" : task.set].push_back(std::move(task));
      at = end + 1;
    }
    if (sets.empty()) {
      return Error{ErrorCode::InputRefused, fmt::format("{} holds no tasks.", tasksFile_)};
    }
    return sets;
  }

  [[nodiscard]] Result<AnswerModel> openModel(const std::filesystem::path& folder,
                                              const CommandContext& context) const {
    const EngineOptions options = TRY(engine_.options(context));
    AnswerModel model = TRY(AnswerModel::open(folder, options, context.stop));
    if (model.finder) return model;
    return Error{ErrorCode::ModelUnusable,
                 fmt::format("{} is no Finder: it writes instead of choosing.", model_)};
  }

  Result<Outcome> evaluate(AnswerModel& model,
                           const std::vector<FinderTask>& tasks,
                           const CommandContext& context) {
    ProgressLine progress(context.streams, "choosing");
    std::vector<ScoredTask> bySearch;
    std::vector<ScoredTask> byModel;
    for (const FinderTask& task : tasks) {
      if (static_cast<int64_t>(task.segments.size()) > model.finder->markers) {
        return Error{ErrorCode::InputRefused,
                     fmt::format("A task has {} segments, and the model chooses among at most {}.",
                                 task.segments.size(), model.finder->markers)};
      }
      bySearch.push_back({task, searchScores(task)});
      const FinderHeard heard = TRY(hearFinder(model, task, context.stop));
      byModel.push_back({task, finderScores(*model.finder, heard)});
      if (task.ranked && !signsFile_.empty()) signs_ += signsLine(task, heard);
      progress.update(fmt::format("{} of {} questions", byModel.size(), tasks.size()));
    }
    Outcome outcome;
    outcome.searchThreshold = chooseThreshold(bySearch);
    outcome.threshold = model.finder->verdictThreshold;
    outcome.validated = chooseThreshold(byModel);
    outcome.search = gatesOf(bySearch, outcome.searchThreshold);
    outcome.finder = gatesOf(byModel, outcome.threshold);
    outcome.gain = gainOver(bySearch, outcome.searchThreshold, byModel, outcome.threshold);
    return outcome;
  }

  static void print(const Streams& streams, const std::string& name, const Outcome& outcome) {
    const Style style(streams.styled);
    std::ostream& out = streams.out;
    out << style.bold(oneLine(name)) << '\n';
    const auto row = [&](std::string_view title, const Share& search, const Share& finder) {
      out << fmt::format("  {:38}{:>32}{:>32}", title, text(search), text(finder));
    };
    out << fmt::format("  {:38}{:>32}{:>32}\n", "",
                       fmt::format("search, from {:.2f}", outcome.searchThreshold),
                       fmt::format("Finder, from {:.2f}", outcome.threshold));
    row("all right", outcome.search.all, outcome.finder.all);
    out << '\n';
    const std::vector<Gate> search = listOf(outcome.search);
    const std::vector<Gate> finder = listOf(outcome.finder);
    for (size_t i = 0; i < finder.size(); ++i) {
      row(finder[i].title, search[i].share, finder[i].share);
      out << fmt::format("  {} {:.0f} %: {}\n", finder[i].atLeast ? "at least" : "at most",
                         100 * finder[i].limit, finder[i].isReached() ? "reached" : "not reached");
    }
    out << fmt::format("  {:38}{:+.1f} points [{:+.1f}, {:+.1f}]  at least +{:.0f}: {}\n",
                       "more right than by search", 100 * outcome.gain.first,
                       100 * (outcome.gain.first - outcome.gain.second),
                       100 * (outcome.gain.first + outcome.gain.second), 100 * kWantedGain,
                       outcome.gain.first >= kWantedGain ? "reached" : "not reached");
    out << fmt::format("  The validation set would choose from {:.2f}.\n", outcome.validated);
    for (const auto& [kind, share] : outcome.finder.kinds) {
      const auto found = outcome.search.kinds.find(kind);
      row(oneLine(kind), found->second, share);
      out << '\n';
    }
  }

  static Json sideJson(const FinderGates& gates, double threshold) {
    Json side = {{"threshold", threshold}, {"all", json(gates.all)}};
    for (const Gate& gate : listOf(gates)) side[gate.name] = json(gate.share);
    for (const auto& [kind, share] : gates.kinds) side["kinds"][kind] = json(share);
    return side;
  }

  static Json toJson(const std::map<std::string, Outcome>& outcomes) {
    Json sets = Json::array();
    for (const auto& [name, outcome] : outcomes) {
      Json reached = Json::object();
      for (const Gate& gate : listOf(outcome.finder)) reached[gate.name] = gate.isReached();
      reached["gain"] = outcome.gain.first >= kWantedGain;
      sets.push_back({{"set", name},
                      {"search", sideJson(outcome.search, outcome.searchThreshold)},
                      {"finder", sideJson(outcome.finder, outcome.threshold)},
                      {"validatedThreshold", outcome.validated},
                      {"gain", outcome.gain.first},
                      {"gainHalfWidth", outcome.gain.second},
                      {"reached", std::move(reached)}});
    }
    return {{"schema", "lectern-cli/eval-pocket/1"}, {"sets", std::move(sets)}};
  }

  std::string tasksFile_;
  std::string signsFile_;
  std::string signs_;
  std::string model_ = "pocket";
  EngineOption engine_;
};

}  // namespace

std::unique_ptr<Command> makeEvalPocket() {
  return std::make_unique<EvalPocket>();
}

}  // namespace lectern::cli
