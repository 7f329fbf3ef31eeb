// SPDX-License-Identifier: GPL-3.0-or-later
//
// The wire format of Jamba 1.5 to 1.7. The quoted strings are what the models were trained on, to
// the byte.
#include "core/text/chat_template.h"
#include "core/text/prompt_writer.h"
#include "core/text/python_values.h"

#include <fmt/format.h>

namespace lectern::text {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kModes =
    "\n# Active Modes\n\nThe following modes configure the format or style of your responses. You "
    "should adhere to all "
    "currently active modes simultaneously.";
constexpr std::string_view kCitationMode =
    "\n\n## Citation Mode\n\nProvide a list of references only for the documents you base your "
    "response on. Format your "
    "response with the original answer followed by a citation section. Use this template: "
    "`{answer}<citations>"
    "DOCUMENT_IDS</citations>`, where DOCUMENT_IDS are the relevant document numbers (e.g. [2, 5, "
    "9]), or [] if the "
    "answer cannot be supported by the provided documents.";
constexpr std::string_view kJsonMode =
    "\n\n## JSON Mode\n\nProvide your response in JSON format. Adhere strictly to any schema given "
    "by the user. If an "
    "appropriate JSON format exists, use it without modification.";

std::string textOf(const Json& content) {
  if (!pythonTruth(content)) return "";
  return content.is_string() ? content.get<std::string>() : pythonJson(content);
}

class Renderer {
 public:
  explicit Renderer(const Json& context) : context_(context), knobs_(get(context, "knobs")) {}

  Result<std::vector<PromptPart>> render() {
    out_.marker("<|startoftext|>");
    const Json& messages = get(context_, "messages");
    if (!messages.is_array())
      return Error{ErrorCode::Usage, "The conversation has no list of messages."};
    TRY(checkList(context_, "tools"));
    TRY(checkList(context_, "documents"));
    const size_t first = !messages.empty() && get(messages[0], "role") == "system" ? 1 : 0;
    TRY(systemMessage(first == 1 ? get(messages[0], "content") : Json("")));

    size_t lastUser = first;
    for (size_t i = first; i < messages.size(); ++i) {
      if (get(messages[i], "role") == "user") lastUser = i;
    }
    const bool hasModes = get(knobs_, "is_set") == true;
    for (size_t i = first; i < messages.size(); ++i) {
      if (i == lastUser && (isSet(get(context_, "documents")) || hasModes))
        TRY(groundingMessage(hasModes));
      TRY(message(messages[i]));
    }
    if (count_ > 0) out_.marker("<|eom|>");
    const Json& generation = get(context_, "add_generation_prompt");
    if (generation.is_null() || generation == true) {
      out_.marker("<|bom|>").marker("<|assistant|>");
      const std::string preamble = textOf(get(context_, "generation_preamble"));
      if (!isBlank(preamble)) out_.plain(" ").plain(preamble);
    }
    return out_.take();
  }

 private:
  void open(std::string_view role) {
    if (count_++ > 0) out_.marker("<|eom|>");
    out_.marker("<|bom|>");
    const std::string marker = fmt::format("<|{}|>", role);
    role == "system" || role == "user" || role == "assistant" || role == "tool"
        ? out_.marker(marker)
        : out_.plain(marker);
    out_.plain(" ");
  }

  Result<void> systemMessage(const Json& content) {
    const Json& tools = get(context_, "tools");
    if (content.is_null() && !isSet(tools)) return {};
    open("system");
    if (!content.is_null()) out_.plain(pythonStr(content));
    if (!isSet(tools)) return {};
    if (pythonTruth(content)) out_.plain("\n\n");
    out_.marker("<tool_definitions>").plain("\n# Tools\n\n## Functions");
    for (const Json& tool : tools) {
      const Json& type = get(tool, "type");
      if (!type.is_null() && type != "function") {
        return Error{
            ErrorCode::Usage,
            fmt::format("A tool has the type {}; only functions can be given.", type.dump())};
      }
      out_.plain("\n\n").plain(pythonJson(type.is_null() ? tool : get(tool, "function"), 2));
    }
    out_.plain("\n").marker("</tool_definitions>");
    return {};
  }

  Result<void> groundingMessage(bool hasModes) {
    open("system");
    const Json& documents = get(context_, "documents");
    if (isSet(documents)) TRY(documentsBlock(documents));
    if (hasModes) {
      if (isSet(documents)) out_.plain("\n\n");
      out_.marker("<active_output_modes>").plain(kModes);
      if (get(knobs_, "citation_mode") == "fast") citationMode();
      if (get(knobs_, "response_format") == "json_object") out_.plain(kJsonMode);
      out_.plain("\n").marker("</active_output_modes>");
    }
    return {};
  }

  // The template's text names two markers in passing; a tokenizer of the whole string makes tokens
  // of them.
  void citationMode() {
    constexpr std::string_view kOpen = "<citations>";
    constexpr std::string_view kClose = "</citations>";
    const size_t open = kCitationMode.find(kOpen);
    const size_t close = kCitationMode.find(kClose);
    out_.plain(kCitationMode.substr(0, open)).marker(kOpen);
    out_.plain(kCitationMode.substr(open + kOpen.size(), close - open - kOpen.size()))
        .marker(kClose);
    out_.plain(kCitationMode.substr(close + kClose.size()));
  }

  Result<void> documentsBlock(const Json& documents) {
    out_.marker("<documents>")
        .plain("\n# Documents\n\nYou can use the following documents for reference:");
    for (size_t i = 0; i < documents.size(); ++i) {
      const Json& document = documents[i];
      out_.plain(fmt::format("\n\n## Document ID: {}", i));
      if (const Json& title = get(document, "title"); !title.is_null())
        out_.plain("\nTitle: ").plain(pythonStr(title));
      for (const auto& [key, value] : document.items()) {
        if (key != "title" && key != "text") {
          out_.plain("\n").plain(jinjaTitle(key)).plain(": ").plain(pythonStr(value));
        }
      }
      if (!document.contains("text"))
        return Error{ErrorCode::Usage, fmt::format("Document {} has no text.", i)};
      out_.plain("\nText: ").plain(pythonStr(document["text"]));
    }
    out_.plain("\n").marker("</documents>");
    return {};
  }

  Result<void> message(const Json& message) {
    const Json& role = get(message, "role");
    if (!role.is_string())
      return Error{ErrorCode::Usage, "A message of the conversation has no role."};
    open(role.get<std::string>());
    if (const Json& name = get(message, "name"); !name.is_null())
      out_.plain("(").plain(pythonStr(name)).plain(")");
    out_.plain(textOf(get(message, "content")));
    if (role != "assistant") return {};
    if (const Json& calls = get(message, "tool_calls"); isSet(calls)) TRY(toolCalls(calls));
    const Json& citations = get(message, "citations");
    const Json& mode = get(knobs_, "citation_mode");
    if (!citations.is_null() && get(knobs_, "is_set") == true && mode != "off") {
      out_.marker("<citations>").plain(pythonStr(documentIds(citations))).marker("</citations>");
    }
    return {};
  }

  // The template takes them from citations as AI21's interface gives them; plain numbers are as
  // good.
  static Json documentIds(const Json& citations) {
    Json ids = Json::array();
    for (const Json& citation : citations) {
      ids.push_back(citation.is_object() ? get(citation, "document_id") : citation);
    }
    return ids;
  }

  Result<void> toolCalls(const Json& calls) {
    out_.marker("<tool_calls>").plain("[\n");
    bool first = true;
    for (const Json& call : calls) {
      const Json& function = call.contains("function") ? call["function"] : call;
      const Json& arguments = get(function, "arguments");
      if (!get(function, "name").is_string())
        return Error{ErrorCode::Usage, "A tool call has no name."};
      if (!first) out_.plain(",\n");
      first = false;
      out_.plain(fmt::format(
          "    {{\"name\": \"{}\", \"arguments\": {}}}", function["name"].get<std::string>(),
          arguments.is_string() ? arguments.get<std::string>() : pythonJson(arguments)));
    }
    out_.plain("\n]").marker("</tool_calls>");
    return {};
  }

  const Json& context_;
  const Json& knobs_;
  PromptWriter out_;
  int count_ = 0;
};

}  // namespace

Result<std::vector<PromptPart>> renderJamba1(const Json& context) {
  return Renderer(context).render();
}

}  // namespace lectern::text
