// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/help_formatter.h"
#include "app/cli/json.h"
#include "app/cli/terminal_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <new>
#include <sstream>
#include <string_view>
#include <utility>

namespace lectern::cli {

namespace {

constexpr CommandEntry kCommands[] = {
    {"add", "Read documents into the library", makeAdd},
    {"ask", "Answer a question from documents, with quotations", makeAsk},
    {"summarize", "Give the central sentences of each section", makeSummarize},
    {"show", "Show a citation in its place, or draw its page", makeShow},
    {"verify", "Prove stored citations again from the library alone", makeVerify},
    {"context", "Count what documents take of a model's window", makeContext},
    {"list", "List documents and shelves", makeList},
    {"remove", "Remove documents from the library", makeRemove},
    {"text", "Print the text of a file as Lectern reads it", makeText},
    {"conversations list", "List the conversations, the last used first", makeListConversations},
    {"conversations show", "Show a conversation as it was told", makeShowConversation},
    {"conversations rename", "Give a conversation another title", makeRenameConversation},
    {"conversations delete", "Delete conversations with their citations", makeDeleteConversations},
    {"conversations search", "Find conversations by their words", makeSearchConversations},
    {"models list", "List the imported models", makeModelsList},
    {"models import", "Take a model into the data folder, checked", makeModelsImport},
    {"models quantize", "Make a smaller model of one, with fewer bits a weight",
     makeModelsQuantize},
    {"models verify", "Check imported models: every file's sum, every value", makeModelsVerify},
    {"models remove", "Take a model off the list", makeModelsRemove},
    {"readings list", "List what models have read and the disk keeps", makeReadingsList},
    {"readings remove", "Delete readings; the documents stay", makeReadingsRemove},
    {"config list", "List all settings", makeConfigList},
    {"config get", "Print a setting", makeConfigGet},
    {"config set", "Change a setting", makeConfigSet},
    {"generate", "Let a model go on from a text", makeGenerate},
    {"tokenize", "Split a text into a model's tokens, or put it together again", makeTokenize},
    {"template render", "Print the prompt that a conversation becomes", makeRenderTemplate},
    {"bench", "Measure how fast a model reads and writes on this machine", makeBench},
    {"self-test", "Check what a graphics card or the processor computes", makeSelfTest},
    {"logits", "Write a model's scores of every token to a file", makeLogits},
    {"eval pocket", "Measure how well the built-in Finder chooses", makeEvalPocket},
};

struct CommandGroup {
  std::string_view name;
  const char* summary;
  std::string_view alone;  // the command that the group's name alone stands for
};

constexpr CommandGroup kGroups[] = {
    {"conversations", "List, show, rename, delete and find conversations", "list"},
    {"models", "List, import, shrink, check and remove models"},
    {"readings", "Look at what models have read and the disk keeps", "list"},
    {"config", "Look at settings and change them"},
    {"template", "Look at the prompt format of a model"},
    {"eval", "Measure a model"},
};

/// Where the entry's command belongs: the program, or the group that its name begins with.
CLI::App& parentOf(const CommandEntry& entry, CLI::App& app) {
  const std::string_view name = entry.name;
  const auto group =
      std::ranges::find(kGroups, name.substr(0, name.find(' ')), &CommandGroup::name);
  if (group == std::end(kGroups)) return app;
  const auto known = app.get_subcommands(
      [&](const CLI::App* command) { return command->get_name() == group->name; });
  if (!known.empty()) return *known.front();
  CLI::App* made = app.add_subcommand(std::string(group->name), group->summary);
  made->require_subcommand(group->alone.empty() ? 1 : 0, 1);
  made->footer(kExitCodeHelp);
  return *made;
}

/// Whether the command line names the command, or its group alone and the command stands for that.
bool isMeant(const CLI::App& command) {
  if (command.parsed()) return true;
  const CLI::App* parent = command.get_parent();
  const auto group = std::ranges::find(kGroups, parent->get_name(), &CommandGroup::name);
  return group != std::end(kGroups) && group->alone == command.get_name() && parent->parsed() &&
         parent->get_subcommands().empty();
}

ExitCode report(const CommandContext& context, const Error& error) {
  context.streams.err << "lectern-cli: " << oneLine(messageOf(error)) << '\n';
  const ExitCode code = exitCodeOf(error.code);
  if (context.json) {
    writeJson(context.streams.out, Json{{"schema", "lectern-cli/error/1"},
                                        {"code", toString(error.code)},
                                        {"message", messageOf(error)},
                                        {"exitCode", static_cast<int>(code)}});
  }
  return code;
}

/// What a throwing dependency lets through must not end in a core dump.
ExitCode runGuarded(Command& command, const CommandContext& context) {
  try {
    const Result<ExitCode> result = command.run(context);
    return result ? *result : report(context, result.error());
  } catch (const std::bad_alloc&) {
    return report(context, {ErrorCode::OutOfMemory,
                            "The memory does not suffice. Close other programs, or ask about "
                            "fewer documents at once."});
  } catch (const std::exception& exception) {
    return report(context, {ErrorCode::Internal,
                            fmt::format("Something failed that should not: {}. Please report it.",
                                        exception.what())});
  }
}

}  // namespace

ExitCode run(const std::vector<std::string>& arguments,
             Streams& streams,
             const WorkspaceOptions& options,
             std::stop_token stop) {
  CLI::App app("Answers from your documents, with the exact words on the exact page.",
               "lectern-cli");
  app.set_version_flag("--version", "lectern-cli " LECTERN_VERSION, "Print the version");
  app.set_help_flag("-h,--help", "Print this help");
  app.formatter(std::make_shared<HelpFormatter>());
  app.footer(kExitCodeHelp);
  app.require_subcommand(1);

  CommandContext context{streams, options, false, std::move(stop)};
  std::vector<std::pair<CLI::App*, std::unique_ptr<Command>>> commands;
  for (const CommandEntry& entry : kCommands) {
    const std::string_view name = entry.name;
    CLI::App* subcommand =
        parentOf(entry, app)
            .add_subcommand(std::string(name.substr(name.find(' ') + 1)), entry.summary);
    commands.emplace_back(subcommand, entry.make());
    commands.back().second->declare(*subcommand);
    subcommand->add_flag("--json", context.json, "Print one JSON value (app/cli/SCHEMA.md)");
    subcommand->footer(kExitCodeHelp);
  }
  for (const CommandGroup& group : kGroups) {
    if (group.alone.empty()) continue;
    app.get_subcommand(std::string(group.name))
        ->add_flag("--json", context.json, "Print one JSON value (app/cli/SCHEMA.md)");
  }

  try {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const bool asked = app.exit(error, out, err) == 0;
    streams.out << out.str();
    if (asked) return ExitCode::Answered;
    context.json = std::ranges::find(arguments, "--json") != arguments.end();
    return report(
        context, {ErrorCode::Usage, fmt::format("{}. Try --help.", withoutFullStop(error.what()))});
  }
  for (const auto& [subcommand, command] : commands) {
    if (isMeant(*subcommand)) return runGuarded(*command, context);
  }
  return ExitCode::Usage;
}

}  // namespace lectern::cli
