// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/model_options.h"
#include "app/cli/terminal_text.h"
#include "app/cli/token_io.h"
#include "app/workspace/model_choice.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace lectern::cli {

namespace {

class Tokenize : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("FILE", file_, "UTF-8 text; with --decode token ids (-: standard input)")
        ->required()
        ->option_text("FILE");
    model_.declare(app);
    app.add_flag("--ids", idsOnly_, "Print the ids alone, separated by spaces");
    app.add_flag("--decode", decodes_, "The way back: print the text of token ids");
    app.add_flag("--markers", markers_,
                 "Take the names of markers in the text (<|bom|>) as tokens, and show them in "
                 "decoded text; a document's text never gets them");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    if (decodes_ && idsOnly_) return Error{ErrorCode::Usage, "Name --ids or --decode, not both."};
    const auto folder = TRY(model_.folder(context));
    const auto tokenizer = TRY(readTokenizer(folder));
    if (decodes_) return decode(*tokenizer, context);

    const std::string text = TRY(readText(context, file_));
    const std::vector<text::Token> tokens =
        markers_ ? tokenizer->encodeLiteral(text) : tokenizer->encode(text);
    if (context.json) {
      writeJson(context.streams.out, toJson(*tokenizer, tokens, text.size()));
    } else {
      print(*tokenizer, tokens, context.streams);
      context.streams.err << fmt::format("{} for {}.\n",
                                         counted(static_cast<int64_t>(tokens.size()), "token"),
                                         counted(static_cast<int64_t>(text.size()), "byte"));
    }
    return ExitCode::Answered;
  }

 private:
  Result<ExitCode> decode(const text::Tokenizer& tokenizer, const CommandContext& context) {
    const std::vector<int32_t> ids = TRY(readTokenIds(context, file_, tokenizer.vocabSize()));
    const std::string text = tokenizer.decode(ids, markers_);
    if (context.json) {
      writeJson(context.streams.out, {{"schema", "lectern-cli/tokenize/1"},
                                      {"bytes", text.size()},
                                      {"ids", ids},
                                      {"text", text}});
    } else {
      context.streams.out << (context.streams.outColumns > 0 ? harmless(text) + '\n' : text);
    }
    return ExitCode::Answered;
  }

  void print(const text::Tokenizer& tokenizer,
             const std::vector<text::Token>& tokens,
             const Streams& streams) const {
    if (idsOnly_) return writeTokenIds(streams.out, tokens);
    for (const text::Token& token : tokens) {
      streams.out << fmt::format("{:>6}  {}-{}  {}\n", token.id, token.span.begin, token.span.end,
                                 harmless(tokenizer.piece(token.id)));
    }
  }

  [[nodiscard]] Json toJson(const text::Tokenizer& tokenizer,
                            const std::vector<text::Token>& tokens,
                            size_t bytes) const {
    Json ids = Json::array();
    Json list = Json::array();
    for (const text::Token& token : tokens) {
      ids.push_back(token.id);
      if (idsOnly_) continue;
      list.push_back({{"id", token.id},
                      {"begin", token.span.begin},
                      {"end", token.span.end},
                      {"piece", tokenizer.piece(token.id)}});
    }
    Json json{{"schema", "lectern-cli/tokenize/1"}, {"bytes", bytes}, {"ids", std::move(ids)}};
    if (!idsOnly_) json["tokens"] = std::move(list);
    return json;
  }

  std::string file_;
  ModelOption model_;
  bool idsOnly_ = false;
  bool decodes_ = false;
  bool markers_ = false;
};

}  // namespace

std::unique_ptr<Command> makeTokenize() {
  return std::make_unique<Tokenize>();
}

}  // namespace lectern::cli
