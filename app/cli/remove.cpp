// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/names.h"
#include "app/cli/open_workspace.h"
#include "app/cli/terminal_text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace lectern::cli {

namespace {

class Remove : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("DOCUMENT", documents_, "Documents by name (d3) or by file")
        ->required()
        ->option_text("DOCUMENT…");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    const auto workspace = TRY(openWorkspace(context, Access::Write));
    // All names are looked up before anything is taken away.
    std::vector<RevisionInfo> chosen;
    for (const std::string& name : documents_) {
      const RevisionId id = TRY(findDocument(workspace->library(), name));
      chosen.push_back(TRY(workspace->library().revision(id)));
    }
    Json removed = Json::array();
    for (const RevisionInfo& info : chosen) {
      TRY(workspace->remove(info.id));
      removed.push_back(nameOf(info.id));
      if (context.json) continue;
      context.streams.out << fmt::format("Removed {}  {}\n", nameOf(info.id),
                                         oneLine(info.document.title));
    }
    if (context.json) {
      writeJson(context.streams.out,
                {{"schema", "lectern-cli/remove/1"}, {"removed", std::move(removed)}});
    }
    return ExitCode::Answered;
  }

 private:
  std::vector<std::string> documents_;
};

}  // namespace

std::unique_ptr<Command> makeRemove() {
  return std::make_unique<Remove>();
}

}  // namespace lectern::cli
