// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/adding.h"
#include "app/cli/answer_text.h"
#include "app/cli/open_workspace.h"
#include "app/cli/terminal_text.h"
#include "core/base/utf8.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <iterator>

namespace lectern::cli {

namespace {

class Ask : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option(
           "QUESTION", words_,
           "The question, in quotation marks and last (-: from standard input). Before it: "
           "files, which are added first, or documents by name (d3); none and no shelf: the "
           "whole library")
        ->required()
        ->option_text("[FILE…] \"QUESTION\"");
    app.add_option("--shelf", choice_.shelf, "Ask the documents of this shelf")
        ->option_text("NAME");
    app.add_option("--password-file", choice_.passwordFile,
                   "The first line of this file opens encrypted documents")
        ->option_text("FILE");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    Answer answer;
    answer.question = TRY(question(context));
    choice_.files.assign(words_.begin(), std::prev(words_.end()));

    const auto workspace = TRY(openWorkspace(context, Access::WriteIfFree));
    const std::vector<RevisionId> scope = TRY(chosenDocuments(*workspace, choice_, context));
    answer.store = TRY(workspace->ask(
        answer.question, scope, [&answer](const AnswerEvent& event) { answer.take(event); },
        context.stop));

    if (context.json) {
      writeJson(context.streams.out, TRY(answerJson(workspace->library(), answer)));
    } else {
      TRY(printAnswer(workspace->library(), answer, context.streams));
    }
    context.streams.out << std::flush;
    if (answer.store.notStored) {
      const Error& error = *answer.store.notStored;
      context.streams.err << "lectern-cli: The answer is not stored: " << oneLine(error.message)
                          << '\n';
      if (error.code != ErrorCode::Locked) return exitCodeOf(error.code);
    }
    return answer.finished.found ? ExitCode::Answered : ExitCode::NotFound;
  }

 private:
  Result<std::string> question(const CommandContext& context) {
    std::string text = words_.back();
    std::error_code ignored;
    if (text == "-") {
      text.assign(std::istreambuf_iterator<char>(context.streams.in), {});
    } else if (std::filesystem::exists(text, ignored)) {
      return Error{
          ErrorCode::Usage,
          fmt::format("{} is a file. Put the question behind it, in quotation marks.", text)};
    }
    text = oneLine(utf8::repaired(text));
    if (text.empty()) return Error{ErrorCode::Usage, "The question is empty."};
    return text;
  }

  std::vector<std::string> words_;
  DocumentChoice choice_;
};

}  // namespace

std::unique_ptr<Command> makeAsk() {
  return std::make_unique<Ask>();
}

}  // namespace lectern::cli
