// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/model_options.h"
#include "app/cli/terminal_text.h"
#include "app/cli/token_io.h"
#include "app/workspace/model_choice.h"
#include "core/base/json.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <map>

namespace lectern::cli {

namespace {

using text::TemplateFamily;

// What --family takes, and JSON says.
const std::map<std::string, PromptStyle>& styles() {
  static const std::map<std::string, PromptStyle> kStyles = {
      {"jamba1", {TemplateFamily::Jamba1, false}},
      {"jamba2", {TemplateFamily::Jamba2, false}},
      {"jamba2-thinking", {TemplateFamily::Jamba2, true}}};
  return kStyles;
}

class RenderTemplate : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("CONTEXT", file_,
                   "A JSON object of the template's variables: messages, tools, documents and so "
                   "on (-: standard input)")
        ->required()
        ->option_text("CONTEXT.json");
    model_.declare(app);
    app.add_option("--family", family_,
                   "The wire format: jamba1, jamba2 or jamba2-thinking (default: the model's own)")
        ->option_text("NAME")
        ->check(CLI::IsMember(styles()));
    app.add_flag("--ids", ids_, "Print the token ids instead of the text");
    app.add_flag("--parts", parts_,
                 "Print part by part: a marker is one token, plain text never becomes one");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    if (ids_ && parts_) return Error{ErrorCode::Usage, "Name --ids or --parts, not both."};
    const std::filesystem::path folder = TRY(model_.folder(context));
    const auto tokenizer = TRY(readTokenizer(folder));
    const PromptStyle style =
        family_.empty() ? promptStyleOf(folder, *tokenizer) : styles().at(family_);
    const Json variables = TRY(readVariables(context));
    const std::vector<text::PromptPart> parts = TRY(render(style, variables));
    const std::vector<text::Token> tokens = text::encodePrompt(*tokenizer, parts);
    if (context.json) {
      writeJson(context.streams.out, toJson(style, parts, tokens));
    } else {
      print(parts, tokens, context.streams);
    }
    return ExitCode::Answered;
  }

 private:
  // Documents are rendered with their keys in the order of the file, which only an ordered value
  // keeps; the strict parser looks at it first.
  [[nodiscard]] Result<Json> readVariables(const CommandContext& context) const {
    const std::string text = TRY(readText(context, file_));
    TRY(parseJson(text, file_ == "-" ? "Standard input" : file_));
    return Json::parse(text);
  }

  [[nodiscard]] Result<std::vector<text::PromptPart>> render(const PromptStyle& style,
                                                             const Json& variables) const {
    switch (style.family) {
      case TemplateFamily::Jamba1:
        return text::renderJamba1(variables);
      case TemplateFamily::Jamba2:
        return text::renderJamba2(variables, style.thinks);
      case TemplateFamily::None:
        break;
    }
    return Error{ErrorCode::Usage,
                 fmt::format("The model {} was not trained on conversations. Choose a format with "
                             "--family.",
                             model_.name())};
  }

  void print(const std::vector<text::PromptPart>& parts,
             const std::vector<text::Token>& tokens,
             const Streams& streams) const {
    if (ids_) {
      writeTokenIds(streams.out, tokens);
    } else if (parts_) {
      for (const text::PromptPart& part : parts) {
        streams.out << (part.marker ? "marker " : "text   ")
                    << harmless(
                           Json(part.text).dump(-1, ' ', false, Json::error_handler_t::replace))
                    << '\n';
      }
    } else {
      const std::string text = text::joined(parts);
      streams.out << (streams.outColumns > 0 ? harmless(text) + '\n' : text);
    }
  }

  static Json toJson(const PromptStyle& style,
                     const std::vector<text::PromptPart>& parts,
                     const std::vector<text::Token>& tokens) {
    Json partList = Json::array();
    for (const text::PromptPart& part : parts) {
      partList.push_back({{"marker", part.marker}, {"text", part.text}});
    }
    Json ids = Json::array();
    for (const text::Token& token : tokens) ids.push_back(token.id);
    return {{"schema", "lectern-cli/template-render/1"},
            {"family", nameOf(style)},
            {"text", text::joined(parts)},
            {"parts", std::move(partList)},
            {"ids", std::move(ids)}};
  }

  std::string file_;
  ModelOption model_;
  std::string family_;
  bool ids_ = false;
  bool parts_ = false;
};

}  // namespace

std::unique_ptr<Command> makeRenderTemplate() {
  return std::make_unique<RenderTemplate>();
}

}  // namespace lectern::cli
