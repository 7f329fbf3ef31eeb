// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/model_options.h"
#include "app/cli/progress_line.h"
#include "app/cli/terminal_text.h"
#include "app/cli/token_io.h"
#include "app/workspace/model_choice.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>

namespace lectern::cli {

namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string_view nameOf(GenerateEnd end) {
  switch (end) {
    case GenerateEnd::EndToken:
      return "end-token";
    case GenerateEnd::MaxTokens:
      return "max-tokens";
    case GenerateEnd::WindowFull:
      return "window-full";
    case GenerateEnd::Constraint:
      return "constraint";
  }
  return "max-tokens";
}

/// What was written, and how long it took.
struct Written {
  std::vector<int32_t> ids;
  std::string text;
  std::string_view end;  ///< see nameOf; "stopped" where the user ended it
  int64_t promptTokens = 0;
  double promptSeconds = 0;
  double seconds = 0;
};

class Generate : public Command {
 public:
  void declare(CLI::App& app) override {
    model_.declare(app);
    auto* prompt =
        app.add_option("--prompt", prompt_, "The text to go on from")->option_text("TEXT");
    app.add_option("--prompt-file", promptFile_, "The same, from a UTF-8 file (-: standard input)")
        ->option_text("FILE")
        ->excludes(prompt);
    app.add_flag("--markers", markers_,
                 "Take the names of markers in the prompt (<|bom|>) as tokens, for prompts that "
                 "template render printed");
    app.add_option("--max-tokens", options_.maxTokens, "Write at most so many tokens (256)")
        ->option_text("N")
        ->check(CLI::Range(1, 1 << 20));
    declareSampling(app);
    engine_.declare(app);
  }

  Result<ExitCode> run(const CommandContext& context) override {
    const std::filesystem::path folder = TRY(model_.folder(context));
    const auto tokenizer = TRY(readTokenizer(folder));
    const std::string prompt = promptFile_.empty() ? prompt_ : TRY(readText(context, promptFile_));
    const auto engine = TRY(engine_.open(folder, context));
    const std::vector<int32_t> ids = TRY(promptIds(*tokenizer, engine->config(), prompt));
    const Written written = TRY(write(*engine, tokenizer, ids, context));
    if (context.json) {
      writeJson(context.streams.out, toJson(written, *engine));
    } else {
      context.streams.out << '\n' << std::flush;
    }
    context.streams.err << fmt::format(
        "Read {} in {:.2f} s ({:.1f} a second), wrote {} in {:.2f} s ({:.1f} a second), {}.\n",
        written.promptTokens, written.promptSeconds,
        static_cast<double>(written.promptTokens) / std::max(written.promptSeconds, 1e-9),
        counted(static_cast<int64_t>(written.ids.size()), "token"), written.seconds,
        static_cast<double>(written.ids.size()) / std::max(written.seconds, 1e-9),
        engine->backend().name);
    // An output that failed is reported where its cause is known, in main.
    const bool stopped = written.end == "stopped" && context.streams.out;
    return stopped ? ExitCode::Cancelled : ExitCode::Answered;
  }

 private:
  void declareSampling(CLI::App& app) {
    SamplerOptions& sampler = options_.sampler;
    app.add_option("--temperature", sampler.temperature,
                   "0 takes the most probable token; more is bolder (0)")
        ->option_text("X")
        ->check(CLI::Range(0.0, 100.0));
    app.add_option("--top-k", sampler.topK, "Choose among the K most probable (0: all)")
        ->option_text("K")
        ->check(CLI::Range(0, 1 << 24));
    app.add_option("--top-p", sampler.topP, "Choose among the fewest that make up P together (1)")
        ->option_text("P")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--min-p", sampler.minP,
                   "Choose among those at least P times as probable as the best (0)")
        ->option_text("P")
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--repetition-penalty", sampler.repetitionPenalty,
                   "Makes tokens of the last 1024 less probable where over 1 (1)")
        ->option_text("X")
        ->check(CLI::Range(0.01, 100.0));
    app.add_option("--seed", sampler.seed, "The same seed gives the same text (0)")
        ->option_text("N");
  }

  // The start token stands in front where the model has one, once.
  [[nodiscard]] Result<std::vector<int32_t>> promptIds(const text::Tokenizer& tokenizer,
                                                       const ModelConfig& config,
                                                       std::string_view prompt) const {
    std::vector<int32_t> ids;
    const auto start = static_cast<int32_t>(config.bosTokenId);
    if (start >= 0) ids.push_back(start);
    const auto tokens = markers_ ? tokenizer.encodeLiteral(prompt) : tokenizer.encode(prompt);
    for (const text::Token& token : tokens) {
      if (token.id == start && ids.size() == 1) continue;
      ids.push_back(token.id);
    }
    if (!ids.empty()) return ids;
    return Error{ErrorCode::Usage,
                 "The prompt is empty, and this model has no start token. Give it something to go "
                 "on from with --prompt."};
  }

  // A stop while the prompt is read is an error; later what is there is kept.
  [[nodiscard]] Result<Written> write(Engine& engine,
                                      std::shared_ptr<const text::Tokenizer> tokenizer,
                                      const std::vector<int32_t>& prompt,
                                      const CommandContext& context) const {
    Written written;
    written.promptTokens = static_cast<int64_t>(prompt.size());
    States states = TRY(engine.newStates());
    const Clock::time_point start = Clock::now();
    {
      ProgressLine line(context.streams, "reading");
      TRY(engine.prefill(
          states, prompt,
          [&](int64_t done) { line.update(fmt::format("{} of {} tokens", done, prompt.size())); },
          context.stop));
    }
    written.promptSeconds = secondsSince(start);

    const Clock::time_point writing = Clock::now();
    text::StreamingDecoder decoder(std::move(tokenizer));
    const auto show = [&](std::string_view text) {
      written.text += text;
      if (context.json || text.empty()) return;
      context.streams.out << (context.streams.outColumns > 0 ? harmless(text) : std::string(text))
                          << std::flush;
    };
    const Result<GenerateEnd> end = engine.generate(
        states, options_,
        [&](const GeneratedToken& token) -> Result<void> {
          written.ids.push_back(token.token);
          show(decoder.push(token.token));
          if (context.streams.out) return {};
          return Error{ErrorCode::Cancelled, "Nobody reads on."};
        },
        context.stop);
    if (!end && end.error().code != ErrorCode::Cancelled) return end.error();
    show(decoder.finish());
    written.end = end ? nameOf(*end) : "stopped";
    written.seconds = secondsSince(writing);
    return written;
  }

  [[nodiscard]] Json toJson(const Written& written, const Engine& engine) const {
    return {{"schema", "lectern-cli/generate/1"},
            {"text", written.text},
            {"ids", written.ids},
            {"end", written.end},
            {"seed", options_.sampler.seed},
            {"promptTokens", written.promptTokens},
            {"promptSeconds", written.promptSeconds},
            {"seconds", written.seconds},
            {"backend", engine.backend().name}};
  }

  ModelOption model_;
  EngineOption engine_;
  GenerateOptions options_{.sampler = {}, .maxTokens = 256, .stopTokens = {}, .tapWeights = {}};
  std::string prompt_;
  std::string promptFile_;
  bool markers_ = false;
};

}  // namespace

std::unique_ptr<Command> makeGenerate() {
  return std::make_unique<Generate>();
}

}  // namespace lectern::cli
