// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/adding.h"
#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/names.h"
#include "app/cli/open_workspace.h"
#include "app/cli/progress_line.h"
#include "app/cli/settings_notice.h"
#include "app/cli/terminal_text.h"
#include "app/workspace/budget.h"
#include "app/workspace/paths.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace lectern::cli {

namespace {

std::string_view nameOf(ContextBudget::Way way) {
  switch (way) {
    case ContextBudget::Way::Search:
      return "search";
    case ContextBudget::Way::Shortlist:
      return "shortlist";
    case ContextBudget::Way::Window:
      return "window";
  }
  return "search";
}

Json toJson(const ContextBudget& budget) {
  const bool window = budget.way == ContextBudget::Way::Window;
  Json documents = Json::array();
  for (const ContextBudget::Document& document : budget.documents) {
    documents.push_back({{"document", cli::nameOf(document.revision)},
                         {"title", document.title},
                         {"pages", document.pages},
                         {"tokens", document.tokens ? Json(*document.tokens) : Json()}});
  }
  Json json{{"schema", "lectern-cli/context/1"},
            {"way", nameOf(budget.way)},
            {"engine", budget.engine.empty() ? Settings::kExtractiveEngine : budget.engine},
            {"documents", std::move(documents)},
            {"window", nullptr}};
  if (window) {
    json["window"] = {
        {"tokens", budget.windowTokens},        {"instructions", budget.instructionTokens},
        {"documents", budget.documentTokens()}, {"answer", budget.answerTokens},
        {"free", budget.freeTokens()},          {"fits", budget.fits()}};
  }
  return json;
}

class Context : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("FILE", choice_.files,
                   "Files, which are added first, or documents by name (d3); none and no shelf: "
                   "the whole library")
        ->option_text("[FILE…]");
    app.add_option("--shelf", choice_.shelf, "The documents of this shelf")->option_text("NAME");
    app.add_option("--password-file", choice_.passwordFile,
                   "The first line of this file opens encrypted documents")
        ->option_text("FILE");
    app.add_option("--model", model_,
                   "pocket, an imported model by its name (models list), a model folder, or a "
                   "GGUF file (default: the setting answers.engine)")
        ->option_text("MODEL");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    Settings settings = settingsOf(context);
    if (!model_.empty()) settings.engine = model_;
    const auto data = TRY(dataFolder(context.workspace.dataFolder));
    const AskOptions options = TRY(askOptionsOf(settings, data));
    const auto workspace = TRY(openWorkspace(context, Access::WriteIfFree));
    const std::vector<RevisionId> scope = TRY(chosenDocuments(*workspace, choice_, context));
    const ContextBudget budget = TRY(count(*workspace, scope, options, context));
    if (context.json) {
      writeJson(context.streams.out, toJson(budget));
    } else {
      print(context.streams, budget);
    }
    return budget.way == ContextBudget::Way::Window && !budget.fits() ? ExitCode::DoesNotFit
                                                                      : ExitCode::Answered;
  }

 private:
  static Result<ContextBudget> count(Workspace& workspace,
                                     const std::vector<RevisionId>& scope,
                                     const AskOptions& options,
                                     const CommandContext& context) {
    ProgressLine line(context.streams, "counting");
    BudgetCounter counter(workspace.library());
    return counter.count(
        scope, options, {},
        [&](RevisionId revision, const Sha256& way, int64_t tokens) {
          // Where it cannot be kept it is counted again another time.
          if (workspace.canWrite()) (void)workspace.library().setTokenCount(revision, way, tokens);
        },
        [&line](const ContextBudget& partly) {
          line.update(fmt::format("{} left", sizeText(partly.uncountedBytes())));
        },
        context.stop);
  }

  static void print(const Streams& streams, const ContextBudget& budget) {
    const Style style(streams.styled);
    if (budget.way != ContextBudget::Way::Window) {
      const std::string who = budget.way == ContextBudget::Way::Search
                                  ? std::string("Without a model, a question searches all of it")
                                  : fmt::format(
                                        "{} searches all of it, and chooses among the few "
                                        "sentences that are found",
                                        budget.engine);
      streams.out << wrapped(
          fmt::format("{}: {}. There is no window that could be full.", who,
                      counted(static_cast<int64_t>(budget.documents.size()), "document")),
          streams.outColumns, 0);
      return;
    }
    streams.out << style.bold(
                       fmt::format("{}, window {} tokens", budget.engine, budget.windowTokens))
                << '\n';
    const auto row = [&](int64_t tokens, std::string_view what) {
      streams.out << fmt::format("{:>10}  {}\n", tokens, what);
    };
    row(budget.instructionTokens, "instructions and titles");
    for (const ContextBudget::Document& document : budget.documents) {
      row(*document.tokens,
          fmt::format("{}  {}", cli::nameOf(document.revision), oneLine(document.title)));
    }
    row(budget.answerTokens, "kept for the answer");
    if (budget.fits()) {
      row(budget.freeTokens(), "free");
    } else {
      row(-budget.freeTokens(), "more than fits");
      streams.err << "They do not fit whole: a question would be asked of the parts that a search "
                     "finds. Name fewer documents to have them read whole.\n";
    }
  }

  DocumentChoice choice_;
  std::string model_;
};

}  // namespace

std::unique_ptr<Command> makeContext() {
  return std::make_unique<Context>();
}

}  // namespace lectern::cli
