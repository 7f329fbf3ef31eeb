// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/exit_code.h"
#include "app/workspace/workspace.h"
#include "core/base/result.h"

#include <istream>
#include <memory>
#include <ostream>
#include <stop_token>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace lectern::cli {

/// Where a command reads and writes, and what stands behind it. Answers go to `out`; progress,
/// notices and errors to `err`.
struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  int outColumns = 0;   ///< width of the terminal behind `out`; 0: a file or a pipe
  int errColumns = 0;   ///< the same of `err`
  bool styled = false;  ///< `out` may be given bold and faint letters
};

/// All that a command is handed.
struct CommandContext {
  Streams& streams;
  WorkspaceOptions workspace;  ///< see open_workspace.h
  bool json = false;           ///< one JSON value to `out`, as SCHEMA.md describes it
  std::stop_token stop;
};

/// One word of the command line. An Error that `run` returns is printed by the caller, and becomes
/// the exit code.
class Command {
 public:
  virtual ~Command() = default;
  /// Declares options and positional arguments on its subcommand; they are bound to members.
  virtual void declare(CLI::App& app) = 0;
  virtual Result<ExitCode> run(const CommandContext& context) = 0;
};

/// A command's name (one word, or a group and a word: "models list"), its line in the help, and
/// how to make it.
struct CommandEntry {
  const char* name;
  const char* summary;
  std::unique_ptr<Command> (*make)();
};

std::unique_ptr<Command> makeAdd();
std::unique_ptr<Command> makeList();
std::unique_ptr<Command> makeRemove();
std::unique_ptr<Command> makeText();
std::unique_ptr<Command> makeAsk();
std::unique_ptr<Command> makeShow();
std::unique_ptr<Command> makeVerify();
std::unique_ptr<Command> makeSummarize();
std::unique_ptr<Command> makeListConversations();
std::unique_ptr<Command> makeShowConversation();
std::unique_ptr<Command> makeRenameConversation();
std::unique_ptr<Command> makeDeleteConversations();
std::unique_ptr<Command> makeSearchConversations();
std::unique_ptr<Command> makeModelsList();
std::unique_ptr<Command> makeModelsImport();
std::unique_ptr<Command> makeModelsQuantize();
std::unique_ptr<Command> makeModelsVerify();
std::unique_ptr<Command> makeModelsRemove();
std::unique_ptr<Command> makeReadingsList();
std::unique_ptr<Command> makeReadingsRemove();
std::unique_ptr<Command> makeContext();
std::unique_ptr<Command> makeConfigList();
std::unique_ptr<Command> makeConfigGet();
std::unique_ptr<Command> makeConfigSet();
std::unique_ptr<Command> makeTokenize();
std::unique_ptr<Command> makeRenderTemplate();
std::unique_ptr<Command> makeLogits();
std::unique_ptr<Command> makeGenerate();
std::unique_ptr<Command> makeEvalPocket();
std::unique_ptr<Command> makeBench();
std::unique_ptr<Command> makeSelfTest();

/// Runs the command line without the program's name. `options` is for tests; the program gives the
/// defaults. Thread: one at a time.
ExitCode run(const std::vector<std::string>& arguments,
             Streams& streams,
             const WorkspaceOptions& options,
             std::stop_token stop);

}  // namespace lectern::cli
