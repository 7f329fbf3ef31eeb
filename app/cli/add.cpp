// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/adding.h"
#include "app/cli/json.h"
#include "app/cli/names.h"
#include "app/cli/open_workspace.h"
#include "app/cli/terminal_text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace lectern::cli {

namespace {

Json reportJson(const std::string& file, const AddReport& report) {
  Json troubled = Json::array();
  for (const Page& page : report.troubled) troubled.push_back(pageStateJson(page));
  return {{"file", file},
          {"alreadyThere", report.alreadyThere},
          {"resumedAtPage", report.resumedAtPage},
          {"troubledPages", std::move(troubled)},
          {"document", documentJson(report.info)}};
}

/// One file's trouble does not keep the others out; a full disk or a stop ends everything.
bool endsAll(ErrorCode code) {
  return code != ErrorCode::InputRefused && code != ErrorCode::PasswordNeeded &&
         code != ErrorCode::DoesNotFit;
}

class Add : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("FILE", files_, "Documents: PDF, plain text, Markdown")
        ->required()
        ->option_text("FILE…");
    app.add_option("--shelf", options_.shelf, "Also put them at the end of this shelf")
        ->option_text("NAME");
    app.add_option("--password-file", passwordFile_,
                   "The first line of this file opens encrypted documents (-: standard input)")
        ->option_text("FILE");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    const auto workspace = TRY(openWorkspace(context, Access::Write));
    options_.password = TRY(readPassword(context, passwordFile_));
    options_.readSkipped = true;

    ExitCode code = ExitCode::Answered;
    Json added = Json::array();
    Json refused = Json::array();
    for (const std::string& file : files_) {
      const Result<AddReport> report = addWithProgress(*workspace, file, options_, context);
      if (report) {
        added.push_back(reportJson(file, *report));
        if (!context.json) print(context.streams.out, *report);
        continue;
      }
      const Error& error = report.error();
      if (files_.size() == 1 || endsAll(error.code)) return error;
      context.streams.err << "lectern-cli: " << oneLine(messageOf(error)) << '\n';
      refused.push_back(
          {{"file", file}, {"code", toString(error.code)}, {"message", messageOf(error)}});
      if (code == ExitCode::Answered) code = exitCodeOf(error.code);
    }
    if (context.json) {
      writeJson(context.streams.out, {{"schema", "lectern-cli/add/1"},
                                      {"added", std::move(added)},
                                      {"refused", std::move(refused)}});
    }
    return code;
  }

 private:
  static void print(std::ostream& out, const AddReport& report) {
    out << fmt::format("{}  {}: {}{}\n", nameOf(report.revision),
                       oneLine(report.info.document.title),
                       counted(report.info.document.pageCount, "page"),
                       report.alreadyThere ? ", already in the library" : "")
        << std::flush;
  }

  std::vector<std::string> files_;
  std::string passwordFile_;
  AddOptions options_;
};

}  // namespace

std::unique_ptr<Command> makeAdd() {
  return std::make_unique<Add>();
}

}  // namespace lectern::cli
