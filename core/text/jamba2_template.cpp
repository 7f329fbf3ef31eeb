// SPDX-License-Identifier: GPL-3.0-or-later
//
// The wire format of Jamba-Reasoning-3B: ChatML with thoughts. The quoted strings are what the
// model was trained on.
#include "core/text/chat_template.h"
#include "core/text/prompt_writer.h"
#include "core/text/python_values.h"

#include <fmt/format.h>

namespace lectern::text {

namespace {

using Json = nlohmann::ordered_json;

std::string textOf(const Json& content) {
  return content.is_null() ? "" : pythonStr(content);
}

std::string_view withoutLeading(std::string_view text, char c) {
  while (text.starts_with(c)) text.remove_prefix(1);
  return text;
}
std::string_view withoutTrailing(std::string_view text, char c) {
  while (text.ends_with(c)) text.remove_suffix(1);
  return text;
}

class Renderer {
 public:
  Renderer(const Json& context, bool thinks) : context_(context), thinks_(thinks) {}

  Result<std::vector<PromptPart>> render() {
    const Json& messages = get(context_, "messages");
    if (!messages.is_array() || messages.empty()) {
      return Error{ErrorCode::Usage, "The conversation has no messages."};
    }
    for (const Json& message : messages) {
      if (!get(message, "role").is_string()) {
        return Error{ErrorCode::Usage, "A message of the conversation has no role."};
      }
    }
    TRY(checkList(context_, "tools"));
    out_.marker("<|startoftext|>");
    systemMessage(messages[0]);
    const size_t lastQuestion = findLastQuestion(messages);
    for (size_t i = 0; i < messages.size(); ++i) {
      const auto role = messages[i]["role"].get<std::string>();
      if (role == "user" || (role == "system" && i > 0)) {
        question(messages, i, role);
      } else if (role == "assistant") {
        TRY(answer(messages[i], i > lastQuestion));
      } else if (role == "tool") {
        toolResult(messages, i);
      }
    }
    if (get(context_, "add_generation_prompt") == true) {
      out_.marker("<|im_start|>").plain("assistant\n");
      if (thinks_) out_.marker("<think>").plain("\n");
    }
    return out_.take();
  }

 private:
  void systemMessage(const Json& first) {
    const bool hasSystem = first["role"] == "system";
    const Json& tools = get(context_, "tools");
    if (!isSet(tools) && !hasSystem) return;
    out_.marker("<|im_start|>").plain("system\n");
    if (hasSystem) out_.plain(textOf(get(first, "content")));
    if (isSet(tools)) {
      if (hasSystem) out_.plain("\n\n");
      out_.plain(
          "# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are "
          "provided with "
          "function signatures within <tools></tools> XML tags:\n<tools>");
      for (const Json& tool : tools) out_.plain("\n").plain(pythonJson(tool));
      out_.plain(
              "\n</tools>\n\nFor each function call, return a json object with function name and "
              "arguments within ")
          .marker("<tool_call>")
          .marker("</tool_call>")
          .plain(" XML tags:\n")
          .marker("<tool_call>")
          .plain("\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n")
          .marker("</tool_call>");
    }
    out_.marker("<|im_end|>").plain("\n");
  }

  // The last thing a person said: results of tools that were given as user messages do not count.
  static size_t findLastQuestion(const Json& messages) {
    for (size_t i = messages.size(); i-- > 0;) {
      if (messages[i]["role"] != "user") continue;
      const std::string content = textOf(get(messages[i], "content"));
      if (!(content.starts_with("<tool_response>") && content.ends_with("</tool_response>")))
        return i;
    }
    return messages.size() - 1;
  }

  void question(const Json& messages, size_t i, const std::string& role) {
    const std::string content = textOf(get(messages[i], "content"));
    out_.marker("<|im_start|>").plain(role + "\n");
    if (thinks_ && role == "user" && content.find("<think>") == std::string::npos &&
        thoughtFollows(messages, i)) {
      out_.plain("Begin by thinking about the reasoning process in the mind within ")
          .marker("<think>")
          .plain(" ")
          .marker("</think>")
          .plain(" tags and then proceed to give your response.\n");
    }
    out_.plain(content).marker("<|im_end|>").plain("\n");
  }

  static bool thoughtFollows(const Json& messages, size_t i) {
    if (i + 1 == messages.size()) return true;
    const Json& next = messages[i + 1];
    if (!get(next, "reasoning_content").is_null()) return true;
    return next["role"] == "assistant" && textOf(get(next, "content")).starts_with("<think>");
  }

  Result<void> answer(const Json& message, bool keepsThoughts) {
    const std::string content = textOf(get(message, "content"));
    std::string reasoning;
    std::string reply = content;
    constexpr std::string_view kEnd = "</think>";
    if (const Json& own = get(message, "reasoning_content"); own.is_string()) {
      reasoning = own.get<std::string>();
    } else if (content.find(kEnd) != std::string::npos) {
      constexpr std::string_view kStart = "<think>";
      std::string_view before = std::string_view(content).substr(0, content.find(kEnd));
      const size_t start = before.rfind(kStart);
      if (start != std::string_view::npos) before.remove_prefix(start + kStart.size());
      reasoning = withoutLeading(withoutTrailing(before, '\n'), '\n');
      reply =
          withoutLeading(std::string_view(content).substr(content.rfind(kEnd) + kEnd.size()), '\n');
    }
    const bool hasReply = !reply.empty();
    out_.marker("<|im_start|>").plain("assistant\n");
    if (keepsThoughts && !reasoning.empty()) {
      out_.marker("<think>").plain("\n").plain(
          withoutLeading(withoutTrailing(reasoning, '\n'), '\n'));
      out_.plain("\n").marker("</think>").plain("\n\n");
      reply = std::string(withoutLeading(reply, '\n'));
    }
    out_.plain(reply);
    bool isFirst = true;
    for (const Json& call : get(message, "tool_calls")) {
      const Json& function = call.contains("function") ? call["function"] : call;
      if (!get(function, "name").is_string())
        return Error{ErrorCode::Usage, "A tool call has no name."};
      if (!isFirst || hasReply) out_.plain("\n");
      isFirst = false;
      const Json& arguments = get(function, "arguments");
      out_.marker("<tool_call>")
          .plain(fmt::format(
              "\n{{\"name\": \"{}\", \"arguments\": {}}}\n", function["name"].get<std::string>(),
              arguments.is_string() ? arguments.get<std::string>() : pythonJson(arguments)))
          .marker("</tool_call>");
    }
    out_.marker("<|im_end|>").plain("\n");
    return {};
  }

  void toolResult(const Json& messages, size_t i) {
    const auto isTool = [&](size_t at) {
      return at < messages.size() && messages[at]["role"] == "tool";
    };
    if (i == 0 || !isTool(i - 1)) out_.marker("<|im_start|>").plain("user");
    out_.plain("\n")
        .marker("<tool_response>")
        .plain("\n")
        .plain(textOf(get(messages[i], "content")))
        .plain("\n");
    out_.marker("</tool_response>");
    if (!isTool(i + 1)) out_.marker("<|im_end|>").plain("\n");
  }

  const Json& context_;
  bool thinks_;
  PromptWriter out_;
};

}  // namespace

Result<std::vector<PromptPart>> renderJamba2(const Json& context, bool thinks) {
  return Renderer(context, thinks).render();
}

}  // namespace lectern::text
