// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/names.h"
#include "app/cli/open_workspace.h"
#include "app/cli/terminal_text.h"
#include "core/answer/citation_resolver.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace lectern::cli {

namespace {

struct Verdict {
  int64_t checked = 0;
  std::vector<std::pair<CitationId, std::string>> failed;
  std::vector<std::string> databaseProblems;
};

class Verify : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("CITATION", names_, "Citations by name (c12); none: all of them")
        ->option_text("[CITATION…]");
    app.add_flag("--database", database_, "Also check the database itself");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    std::vector<CitationId> ids;
    ids.reserve(names_.size());
    for (const std::string& name : names_) ids.push_back(TRY(citationNamed(name)));
    const auto workspace = TRY(openWorkspace(context, Access::Read));

    Verdict verdict;
    const auto check = [&](const StoredCitation& stored) -> Result<void> {
      if (context.stop.stop_requested()) {
        return Error{ErrorCode::Cancelled, "Stopped before all citations were checked."};
      }
      std::string problem = TRY(verifyCitation(workspace->library(), stored));
      ++verdict.checked;
      if (!problem.empty()) verdict.failed.emplace_back(stored.id, std::move(problem));
      return {};
    };
    if (ids.empty()) TRY(workspace->library().forEachCitation(check));
    for (const CitationId id : ids) {
      const StoredCitation stored = TRY(workspace->library().citation(id));
      TRY(check(stored));
    }
    if (database_) verdict.databaseProblems = TRY(workspace->library().checkDatabase()).problems;

    if (context.json) {
      writeJson(context.streams.out, toJson(verdict));
    } else {
      print(verdict, context.streams);
    }
    if (!verdict.databaseProblems.empty()) return ExitCode::Storage;
    return verdict.failed.empty() ? ExitCode::Answered : ExitCode::NotFound;
  }

 private:
  void print(const Verdict& verdict, const Streams& streams) const {
    for (const auto& [id, problem] : verdict.failed) {
      streams.out << wrapped(fmt::format("{} fails: {}", nameOf(id), oneLine(problem)),
                             streams.outColumns, 0);
    }
    const auto holding = verdict.checked - static_cast<int64_t>(verdict.failed.size());
    streams.out << (verdict.checked == 0
                        ? "There are no citations yet.\n"
                        : fmt::format("{} of {} citations hold.\n", holding, verdict.checked));
    for (const std::string& problem : verdict.databaseProblems) {
      streams.out << wrapped("Database: " + oneLine(problem), streams.outColumns, 0);
    }
    if (database_ && verdict.databaseProblems.empty()) streams.out << "The database is sound.\n";
  }

  [[nodiscard]] Json toJson(const Verdict& verdict) const {
    Json failed = Json::array();
    for (const auto& [id, problem] : verdict.failed) {
      failed.push_back({{"id", nameOf(id)}, {"problem", problem}});
    }
    return {{"schema", "lectern-cli/verify/1"},
            {"checked", verdict.checked},
            {"failed", std::move(failed)},
            {"databaseChecked", database_},
            {"databaseProblems", verdict.databaseProblems}};
  }

  std::vector<std::string> names_;
  bool database_ = false;
};

}  // namespace

std::unique_ptr<Command> makeVerify() {
  return std::make_unique<Verify>();
}

}  // namespace lectern::cli
