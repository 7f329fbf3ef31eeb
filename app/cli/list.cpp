// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/names.h"
#include "app/cli/open_workspace.h"
#include "app/cli/terminal_text.h"

#include <CLI/CLI.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

namespace lectern::cli {

namespace {

std::string dateOf(int64_t unixMs) {
  return fmt::format("{:%Y-%m-%d}", fmt::localtime(static_cast<std::time_t>(unixMs / 1000)));
}

std::string stateOf(const RevisionInfo& info) {
  std::string state = counted(info.document.pageCount, "page");
  if (!info.sealed) state += fmt::format(", read up to page {}", info.pagesStored);
  if (info.pagesSkipped > 0) state += fmt::format(", {} skipped", info.pagesSkipped);
  if (info.pagesImageOnly > 0) {
    state += fmt::format(", {} without text", info.pagesImageOnly);
  }
  return state + ", added " + dateOf(info.addedAtMs);
}

class List : public Command {
 public:
  void declare(CLI::App& /*app*/) override {}

  Result<ExitCode> run(const CommandContext& context) override {
    std::vector<RevisionInfo> documents;
    std::vector<ShelfInfo> shelves;
    const auto workspace = openWorkspace(context, Access::Read);
    if (workspace) {
      documents = TRY((*workspace)->library().revisions());
      shelves = TRY((*workspace)->library().shelves());
    } else if (workspace.error().code != ErrorCode::NotFound) {
      return workspace.error();
    }
    if (context.json) {
      writeJson(context.streams.out, toJson(documents, shelves));
    } else {
      print(context.streams, documents, shelves);
    }
    return ExitCode::Answered;
  }

 private:
  static void print(const Streams& streams,
                    const std::vector<RevisionInfo>& documents,
                    const std::vector<ShelfInfo>& shelves) {
    if (documents.empty()) streams.err << "There is no document yet. Put one in with add FILE.\n";
    const Style style(streams.styled);
    for (const RevisionInfo& info : documents) {
      streams.out << style.bold(
                         fmt::format("{}  {}", nameOf(info.id), oneLine(info.document.title)))
                  << '\n'
                  << wrapped(stateOf(info), streams.outColumns, 4);
      for (const auto& location : info.locations) {
        streams.out << "    " << oneLine(location.string()) << '\n';
      }
    }
    for (const ShelfInfo& shelf : shelves) {
      std::string line = fmt::format("Shelf {}:", oneLine(shelf.name));
      for (const RevisionId id : shelf.revisions) line += ' ' + nameOf(id);
      streams.out << wrapped(line, streams.outColumns, 0);
    }
  }

  static Json toJson(const std::vector<RevisionInfo>& documents,
                     const std::vector<ShelfInfo>& shelves) {
    Json documentList = Json::array();
    for (const RevisionInfo& info : documents) documentList.push_back(documentJson(info));
    Json shelfList = Json::array();
    for (const ShelfInfo& shelf : shelves) {
      Json names = Json::array();
      for (const RevisionId id : shelf.revisions) names.push_back(nameOf(id));
      shelfList.push_back({{"name", shelf.name}, {"documents", std::move(names)}});
    }
    return {{"schema", "lectern-cli/list/1"},
            {"documents", std::move(documentList)},
            {"shelves", std::move(shelfList)}};
  }
};

}  // namespace

std::unique_ptr<Command> makeList() {
  return std::make_unique<List>();
}

}  // namespace lectern::cli
