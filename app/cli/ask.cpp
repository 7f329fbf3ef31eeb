// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/adding.h"
#include "app/cli/answer_text.h"
#include "app/cli/model_options.h"
#include "app/cli/names.h"
#include "app/cli/open_workspace.h"
#include "app/cli/progress_line.h"
#include "app/cli/settings_notice.h"
#include "app/cli/terminal_text.h"
#include "app/workspace/paths.h"
#include "core/base/utf8.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <iterator>
#include <optional>

namespace lectern::cli {

namespace {

// What a seed draws from: mild enough to stay with the documents.
constexpr double kTemperature = 0.4;
constexpr double kTopP = 0.95;

/// What a model does before its first word, on one line.
class AskProgress {
 public:
  explicit AskProgress(const Streams& streams)
      : err_(streams.err),
        loading_(streams, "loading the model"),
        reading_(streams, "reading"),
        thinking_(streams, "thinking") {}

  void take(const AnswerEvent& event) {
    constexpr int64_t kMegabyte = 1'000'000;
    if (const auto* loading = std::get_if<Loading>(&event)) {
      if (!loading->placement.empty() && !saidPlacement_) {
        saidPlacement_ = true;
        err_ << oneLine(loading->placement) << '\n';
      }
      loading_.update(fmt::format("{} MB of {} MB", loading->doneBytes / kMegabyte,
                                  loading->totalBytes / kMegabyte));
    } else if (const auto* reading = std::get_if<Prefilling>(&event)) {
      reading_.update(fmt::format("token {} of {}", reading->done, reading->total));
    } else if (const auto* thinking = std::get_if<Thinking>(&event)) {
      thinking_.update(fmt::format("token {}", thinking->tokens));
    }
  }

 private:
  std::ostream& err_;
  bool saidPlacement_ = false;
  ProgressLine loading_;
  ProgressLine reading_;
  ProgressLine thinking_;
};

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
    app.add_option("--conversation", conversation_,
                   "Go on with this conversation (t3); without a file and a shelf, from its "
                   "documents")
        ->option_text("CONVERSATION");
    app.add_option("--password-file", choice_.passwordFile,
                   "The first line of this file opens encrypted documents")
        ->option_text("FILE");
    app.add_option("--engine", engine_,
                   "extractive: quotations from the documents, no model; model: a model reads them "
                   "and answers, and what supports each sentence is cited (default: the setting "
                   "answers.engine, which is the model pocket unless you change it)")
        ->check(CLI::IsMember({"extractive", "model"}))
        ->option_text("ENGINE");
    app.add_option(
           "--model", model_,
           "pocket, an imported model by its name (models list), a model folder, or a GGUF file "
           "(implies --engine model)")
        ->option_text("MODEL");
    app.add_option(
           "--seed", seed_,
           "Let the model draw its words at random with this seed, instead of always taking "
           "the most probable one")
        ->option_text("N");
    cacheType_.declare(app, "the setting answers.kv");
    app.add_flag("--quote", quote_, "Let the model answer with quotations alone");
    app.add_option("--max-tokens", maxTokens_, "The longest answer of a model")
        ->check(CLI::PositiveNumber)
        ->option_text("N");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    Answer answer;
    answer.question = TRY(question(context));
    choice_.files.assign(words_.begin(), std::prev(words_.end()));

    const AskOptions options = TRY(askOptions(context));

    const auto workspace = TRY(openWorkspace(context, Access::WriteIfFree));
    std::optional<ConversationId> conversation;
    std::vector<RevisionId> scope;
    if (!conversation_.empty()) {
      conversation = TRY(conversationNamed(conversation_));
      scope = TRY(documentsOf(workspace->library(), *conversation));
    }
    if (scope.empty() || !choice_.files.empty() || !choice_.shelf.empty()) {
      choice_.unfinished = true;  // the answer's header tells of them
      scope = TRY(chosenDocuments(*workspace, choice_, context));
    }
    {
      AskProgress progress(context.streams);
      answer.store = TRY(workspace->ask(
          answer.question, scope, options,
          [&](const AnswerEvent& event) {
            answer.take(event);
            progress.take(event);
          },
          context.stop, conversation));
    }

    if (context.json) {
      writeJson(context.streams.out, TRY(answerJson(workspace->library(), answer)));
    } else {
      TRY(printAnswer(workspace->library(), answer, context.streams));
    }
    context.streams.out << std::flush;
    if (!answer.finished.notice.empty()) {
      context.streams.err << "lectern-cli: " << oneLine(answer.finished.notice) << '\n';
    }
    if (answer.store.notStored) {
      const Error& error = *answer.store.notStored;
      context.streams.err << "lectern-cli: The answer is not stored: " << oneLine(error.message)
                          << '\n';
      if (error.code != ErrorCode::Locked) return exitCodeOf(error.code);
    }
    if (answer.finished.end == AnswerEnd::Stopped) return ExitCode::Cancelled;
    return answer.finished.found ? ExitCode::Answered : ExitCode::NotFound;
  }

 private:
  /// Those that a conversation was about and that are still there.
  static Result<std::vector<RevisionId>> documentsOf(Library& library, ConversationId id) {
    std::vector<RevisionId> documents;
    for (const RevisionId revision : TRY(library.conversation(id)).scope) {
      const RevisionInfo info = TRY(library.revision(revision));
      if (info.sealed && !info.removed) documents.push_back(revision);
    }
    return documents;
  }

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

  // What the command line does not say is as the settings have it.
  Result<AskOptions> askOptions(const CommandContext& context) {
    Settings settings = settingsOf(context);
    if (engine_ == "extractive") settings.engine = Settings::kExtractiveEngine;
    if (engine_ != "extractive" && !model_.empty()) settings.engine = model_;
    if (settings.isExtractive() && (!model_.empty() || seed_ || cacheType_.type())) {
      return Error{ErrorCode::Usage,
                   "Without a model there is nothing that --model, --seed and --kv "
                   "could change. Leave them out, or ask with --engine model."};
    }
    if (settings.isExtractive() && engine_ == "model") {
      return Error{ErrorCode::Usage,
                   "Name the model with --model: pocket, an imported one, or its folder."};
    }
    const auto data = TRY(dataFolder(context.workspace.dataFolder));
    AskOptions options = TRY(askOptionsOf(settings, data));
    if (maxTokens_) options.answer.maxTokens = *maxTokens_;
    if (cacheType_.type()) options.cacheType = cacheType_.type();
    if (quote_) options.answer.quote = true;
    if (seed_) {
      SamplerOptions& sampler = options.answer.sampler;
      sampler.seed = *seed_;
      if (sampler.temperature == 0) {
        sampler.temperature = kTemperature;
        sampler.topP = kTopP;
      }
    }
    return options;
  }

  std::vector<std::string> words_;
  DocumentChoice choice_;
  std::string conversation_;
  std::string engine_;
  std::string model_;
  std::optional<uint64_t> seed_;
  CacheTypeOption cacheType_;
  bool quote_ = false;
  std::optional<int64_t> maxTokens_;
};

}  // namespace

std::unique_ptr<Command> makeAsk() {
  return std::make_unique<Ask>();
}

}  // namespace lectern::cli
