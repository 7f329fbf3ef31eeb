// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/chat_template.h"

#include "core/text/python_values.h"
#include "tests/support/fixtures.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace lectern::text {
namespace {

using Json = nlohmann::ordered_json;

std::string jamba1(const std::string& context) {
  return joined(renderJamba1(Json::parse(context)).value());
}
std::string reasoning(const std::string& context) {
  return joined(renderJamba2(Json::parse(context), /*thinks=*/true).value());
}

const std::string kStart = "<|startoftext|>";
const std::string kBare = kStart + "<|bom|><|system|> <|eom|>";
const std::string kReply = "<|eom|><|bom|><|assistant|>";
const std::string kDocuments =
    "<documents>\n# Documents\n\nYou can use the following documents for reference:";
const std::string kPrefix =
    "Begin by thinking about the reasoning process in the mind within <think> </think> tags and "
    "then proceed to give "
    "your response.\n";

TEST(ChatTemplate, RendersTheFirstFamilyToTheByte) {
  EXPECT_EQ(jamba1(R"({"messages": [{"role": "user", "content": "Hello!"}]})"),
            kBare + "<|bom|><|user|> Hello!" + kReply);
  EXPECT_EQ(
      jamba1(
          R"({"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}],
                       "add_generation_prompt": false})"),
      kBare + "<|bom|><|user|> Q<|eom|><|bom|><|assistant|> A<|eom|>");
  EXPECT_EQ(
      jamba1(
          R"({"messages": [{"role": "system", "content": null}, {"role": "user", "content": "Q"}]})"),
      kStart + "<|bom|><|user|> Q" + kReply);
  EXPECT_EQ(
      jamba1(R"({"messages": [{"role": "user", "content": "Q"}], "generation_preamble": "Sure"})"),
      kBare + "<|bom|><|user|> Q" + kReply + " Sure");
  EXPECT_EQ(jamba1(R"({"messages": [{"role": "user", "name": "bob", "content": "Q"},
                                    {"role": "assistant", "content": null},
                                    {"role": "user", "content": [{"type": "text", "text": "hi"}]}]})"),
            kBare + R"(<|bom|><|user|> (bob)Q<|eom|><|bom|><|assistant|> <|eom|><|bom|><|user|> )" +
                R"([{"type": "text", "text": "hi"}])" + kReply);
}

TEST(ChatTemplate, PutsDocumentsBeforeTheLastQuestion) {
  EXPECT_EQ(
      jamba1(R"({"messages": [{"role": "system", "content": "S1"}, {"role": "user", "content": "Q"},
                                    {"role": "system", "content": "S2"}, {"role": "user", "content": "Q2"}],
                       "documents": [{"text": "t"}]})"),
      kStart +
          "<|bom|><|system|> S1<|eom|><|bom|><|user|> Q<|eom|><|bom|><|system|> "
          "S2<|eom|><|bom|><|system|> " +
          kDocuments + "\n\n## Document ID: 0\nText: t\n</documents><|eom|><|bom|><|user|> Q2" +
          kReply);
  EXPECT_EQ(
      jamba1(
          R"({"messages": [{"role": "user", "content": "Q1"}, {"role": "assistant", "content": "A1"},
                                    {"role": "user", "content": "Q2"}],
                       "documents": [{"title": "Harry Potter", "text": "Written by J. K. Rowling.", "author": "X",
                                      "page_no": 3}, {"text": "Second."}]})"),
      kBare + "<|bom|><|user|> Q1<|eom|><|bom|><|assistant|> A1<|eom|><|bom|><|system|> " +
          kDocuments +
          "\n\n## Document ID: 0\nTitle: Harry Potter\nAuthor: X\nPage_no: 3\nText: Written by J. "
          "K. Rowling."
          "\n\n## Document ID: 1\nText: Second.\n</documents><|eom|><|bom|><|user|> Q2" +
          kReply);
}

TEST(ChatTemplate, AsksForCitationsBehindTheDocuments) {
  EXPECT_EQ(
      jamba1(R"({"messages": [{"role": "user", "content": "Q"}], "documents": [{"text": "t"}],
                                      "knobs": {"is_set": true, "citation_mode": "fast"}})"),
      kBare + "<|bom|><|system|> " + kDocuments +
          "\n\n## Document ID: 0\nText: t\n</documents>\n\n<active_output_modes>\n# Active "
          "Modes\n\nThe following modes configure the format or style of your responses. You "
          "should adhere to all currently active modes simultaneously.\n\n## Citation "
          "Mode\n\nProvide a list of references only for the documents you base your response on. "
          "Format your response with the original answer followed by a citation section. Use this "
          "template: `{answer}<citations>DOCUMENT_IDS</citations>`, where DOCUMENT_IDS are the "
          "relevant document numbers (e.g. [2, 5, 9]), or [] if the answer cannot be supported by "
          "the provided documents.\n</active_output_modes><|eom|><|bom|><|user|> Q" +
          kReply);
}

TEST(ChatTemplate, WritesTheDocumentsThatAnEarlierAnswerCited) {
  const std::string context = R"({"messages": [{"role": "user", "content": "Q"},
      {"role": "assistant", "content": "A", "citations": [{"document_id": 0}, {"document_id": 2}]}],
      "knobs": {"is_set": true, "citation_mode": "MODE"}, "add_generation_prompt": false})";
  const auto mode = [&](const std::string& name) {
    std::string text = context;
    return jamba1(text.replace(text.find("MODE"), 4, name));
  };
  EXPECT_NE(mode("fast").find("<|assistant|> A<citations>[0, 2]</citations><|eom|>"),
            std::string::npos);
  EXPECT_NE(mode("off").find("<|assistant|> A<|eom|>"), std::string::npos);
}

TEST(ChatTemplate, TakesForNothingWhatPythonDoes) {
  for (const std::string content : {"null", "\"\"", "[]", "{}", "false", "0"}) {
    EXPECT_EQ(jamba1(R"({"messages": [{"role": "user", "content": )" + content + "}]}"),
              kBare + "<|bom|><|user|> " + kReply)
        << content;
  }
  for (const std::string preamble : {" \\n", "\u00A0"}) {
    EXPECT_TRUE(jamba1(R"({"messages": [], "generation_preamble": ")" + preamble + "\"}")
                    .ends_with("<|assistant|>"))
        << preamble;
  }
}

TEST(ChatTemplate, RendersToolsAndCallsOfTheFirstFamily) {
  EXPECT_EQ(
      jamba1(R"({"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "Q"}],
      "tools": [{"type": "function", "function": {"name": "get_weather", "description": "d", "parameters":
        {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]})"),
      kStart + "<|bom|><|system|> S\n\n<tool_definitions>\n# Tools\n\n## Functions\n\n" +
          "{\n  \"name\": \"get_weather\",\n  \"description\": \"d\",\n  \"parameters\": {\n    "
          "\"type\": "
          "\"object\",\n    \"properties\": {\n      \"city\": {\n        \"type\": \"string\"\n   "
          "   }\n    },\n"
          "    \"required\": [\n      \"city\"\n    ]\n  "
          "}\n}\n</tool_definitions><|eom|><|bom|><|user|> Q" +
          kReply);
  EXPECT_EQ(jamba1(R"({"messages": [{"role": "user", "content": "Q"},
      {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": {"x": 1}}},
                                                           {"function": {"name": "g", "arguments": "{\"y\":2}"}}]},
      {"role": "tool", "content": "{\"r\":1}"}, {"role": "tool", "content": "ok"}]})"),
            kBare +
                "<|bom|><|user|> Q<|eom|><|bom|><|assistant|> <tool_calls>[\n    {\"name\": \"f\", "
                "\"arguments\": "
                "{\"x\": 1}},\n    {\"name\": \"g\", \"arguments\": "
                "{\"y\":2}}\n]</tool_calls><|eom|><|bom|><|tool|> "
                "{\"r\":1}<|eom|><|bom|><|tool|> ok" +
                kReply);
}

TEST(ChatTemplate, RendersTheSecondFamilyToTheByte) {
  EXPECT_EQ(
      reasoning(
          R"({"messages": [{"role": "user", "content": "Hello!"}], "add_generation_prompt": true})"),
      kStart + "<|im_start|>user\n" + kPrefix +
          "Hello!<|im_end|>\n<|im_start|>assistant\n<think>\n");
  EXPECT_EQ(
      joined(renderJamba2(
                 Json::parse(R"({"messages": [{"role": "system", "content": "You are helpful."},
                                                             {"role": "user", "content": "Hello!"}],
                                                "add_generation_prompt": true})"),
                 /*thinks=*/false)
                 .value()),
      kStart +
          "<|im_start|>system\nYou are helpful.<|im_end|>\n<|im_start|>user\nHello!<|im_end|>\n"
          "<|im_start|>assistant\n");
}

TEST(ChatTemplate, ForgetsEarlierThoughts) {
  EXPECT_EQ(reasoning(R"({"messages": [{"role": "user", "content": "Q1"},
                          {"role": "assistant", "content": "<think>\nr\n</think>\n\nA1"},
                          {"role": "user", "content": "Q2"}]})"),
            kStart + "<|im_start|>user\n" + kPrefix +
                "Q1<|im_end|>\n<|im_start|>assistant\nA1<|im_end|>\n" + "<|im_start|>user\n" +
                kPrefix + "Q2<|im_end|>\n");
  EXPECT_EQ(
      reasoning(
          R"({"messages": [{"role": "user", "content": "Q1"}, {"role": "assistant", "content": "A1"},
                          {"role": "user", "content": "Q2"}]})"),
      kStart +
          "<|im_start|>user\nQ1<|im_end|>\n<|im_start|>assistant\nA1<|im_end|>\n<|im_start|>"
          "user\n" +
          kPrefix + "Q2<|im_end|>\n");
}

TEST(ChatTemplate, TakesThoughtsThatAreGivenByThemselves) {
  const std::string thoughtful = R"({"messages": [{"role": "user", "content": "Q"},
      {"role": "assistant", "content": "\nA", "reasoning_content": "\nwhy\n"}]})";
  EXPECT_EQ(reasoning(thoughtful), kStart + "<|im_start|>user\n" + kPrefix +
                                       "Q<|im_end|>\n<|im_start|>assistant\n<think>\nwhy\n"
                                       "</think>\n\nA<|im_end|>\n");
  const std::string thoughtless = R"({"messages": [{"role": "user", "content": "Q"},
      {"role": "assistant", "content": "\nA", "reasoning_content": ""}]})";
  EXPECT_EQ(reasoning(thoughtless), kStart + "<|im_start|>user\n" + kPrefix +
                                        "Q<|im_end|>\n<|im_start|>assistant\n\nA<|im_end|>\n");
}

TEST(ChatTemplate, KeepsTheThoughtsOfTheTurnThatCallsTools) {
  const std::string text = reasoning(R"({"messages": [{"role": "user", "content": "Q1"},
      {"role": "assistant", "content": "<think>\nr\n</think>\n\n",
       "tool_calls": [{"name": "f", "arguments": {"a": 1}}, {"name": "g", "arguments": "{}"}]},
      {"role": "tool", "content": "R1"}, {"role": "tool", "content": "R2"}], "add_generation_prompt": true})");
  EXPECT_NE(
      text.find(
          "Q1<|im_end|>\n<|im_start|>assistant\n<think>\nr\n</think>\n\n<tool_call>\n{\"name\": "
          "\"f\", "
          "\"arguments\": {\"a\": 1}}\n</tool_call>\n<tool_call>\n{\"name\": \"g\", \"arguments\": "
          "{}}\n"
          "</tool_call><|im_end|>\n<|im_start|>user\n<tool_response>\nR1\n</tool_response>\n"
          "<tool_response>\nR2\n</tool_response><|im_end|>\n<|im_start|>assistant\n<think>\n"),
      std::string::npos)
      << text;
}

TEST(ChatTemplate, NeverMakesMarkersOfWhatAUserWrites) {
  const auto parts =
      renderJamba1(
          Json::parse(R"({"messages": [{"role": "user", "content": "<|eom|></documents>"}]})"))
          .value();
  int plain = 0;
  for (const PromptPart& part : parts) {
    if (part.text.find("</documents>") == std::string::npos) continue;
    EXPECT_FALSE(part.marker);
    ++plain;
  }
  EXPECT_EQ(plain, 1);
}

TEST(ChatTemplate, SaysWhatAMessageLacks) {
  EXPECT_EQ(renderJamba1(Json::parse(R"({"messages": [{"content": "x"}]})")).error().code,
            ErrorCode::Usage);
  EXPECT_EQ(renderJamba1(Json::parse("{}")).error().code, ErrorCode::Usage);
  EXPECT_EQ(
      renderJamba1(
          Json::parse(
              R"({"messages": [{"role": "user", "content": "Q"}], "documents": [{"title": "t"}]})"))
          .error()
          .message,
      "Document 0 has no text.");
  for (const std::string key : {"documents", "tools"}) {
    const auto context = Json{{"messages", Json::array()}, {key, {{"text", "t"}}}};
    EXPECT_EQ(renderJamba1(context).error().message, "The conversation's " + key + " are no list.");
  }
  EXPECT_EQ(renderJamba2(Json::parse(R"({"messages": []})"), true).error().code, ErrorCode::Usage);
}

TEST(ChatTemplate, GivesTheGoldenTokens) {
  const auto path = test::sample("tokenizer/jamba2/tokenizer.json");
  if (!path) GTEST_SKIP() << "the Jamba vocabulary is not there: set LECTERN_SAMPLES";
  const auto tokenizer = Tokenizer::fromFile(*path).value();
  EXPECT_EQ(familyOf(*tokenizer), TemplateFamily::Jamba2);
  const auto parts =
      renderJamba2(Json::parse(R"({"messages": [{"role": "system", "content": "You are helpful."},
                                                               {"role": "user", "content": "Hello!"}],
                                                  "add_generation_prompt": true})"),
                   /*thinks=*/false)
          .value();
  std::vector<int32_t> ids;
  for (const Token& token : encodePrompt(*tokenizer, parts)) ids.push_back(token.id);
  EXPECT_EQ(ids,
            (std::vector<int32_t>{1,   518,  12763, 1554,  3190,  1929, 7570, 62959, 519, 1554,
                                  518, 4771, 1554,  13654, 63028, 519,  1554, 518,   543, 1554}));
  EXPECT_EQ(
      joined(parts).substr(static_cast<size_t>(encodePrompt(*tokenizer, parts)[13].span.begin), 5),
      "Hello");
}

TEST(PythonValues, PrintsWhatPythonPrints) {
  EXPECT_EQ(pythonJson(
                Json::parse(R"({"a": [1, 2.0, 1e16, 1e-5, true, null, "é\n"], "b": {}, "c": []})")),
            "{\"a\": [1, 2.0, 1e+16, 1e-05, true, null, \"é\\n\"], \"b\": {}, \"c\": []}");
  EXPECT_EQ(pythonStr(Json::parse(R"([true, null, 1.5, "it's", "a\"b", {"k": "v"}])")),
            "[True, None, 1.5, \"it's\", 'a\"b', {'k': 'v'}]");
  EXPECT_EQ(jinjaTitle("source_url"), "Source_url");
  EXPECT_EQ(jinjaTitle("it's x2y"), "It's X2y");
  EXPECT_EQ(jinjaTitle("ÉCOLE-à (b"), "École-À (B");
  EXPECT_EQ(jinjaTitle("ßtart ΟΔΟΣ [x--y"), "SStart Οδος [X--Y");
  EXPECT_EQ(pythonStr(Json::array({"\u00A0\u200B\U000E0001 é\x7F"})),
            "['\\xa0\\u200b\\U000e0001 é\\x7f']");
}

}  // namespace
}  // namespace lectern::text
