// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/context/chat_prompt.h"

#include "core/base/check.h"

#include <fmt/format.h>

namespace lectern {

namespace {

using text::PromptPart;
using Json = nlohmann::ordered_json;

// Stands where a document's text will: a code point that Unicode keeps for use inside programs,
// taken out of everything that comes from outside.
constexpr std::string_view kDocument = "\uFDD0";

std::string foreign(std::string_view text) {
  std::string clean(text);
  for (size_t at = clean.find(kDocument); at != std::string::npos; at = clean.find(kDocument, at)) {
    clean.replace(at, kDocument.size(), "\uFFFD");
  }
  return clean;
}

std::string documentsAndQuestion(const std::vector<std::string>& titles,
                                 std::string_view question) {
  std::string text;
  for (size_t i = 0; i < titles.size(); ++i) {
    text += fmt::format("⟦D{0} \"{1}\"⟧\n{2}\n⟦/D{0}⟧\n\n", i + 1, foreign(titles[i]), kDocument);
  }
  return text + foreign(question);
}

Result<std::vector<PromptPart>> jamba1(const std::vector<std::string>& titles,
                                       std::string_view instructions,
                                       std::string_view question) {
  Json documents = Json::array();
  for (const std::string& title : titles) {
    documents.push_back({{"title", foreign(title)}, {"text", kDocument}});
  }
  return text::renderJamba1({{"messages",
                              {{{"role", "system"}, {"content", foreign(instructions)}},
                               {{"role", "user"}, {"content", foreign(question)}}}},
                             {"documents", std::move(documents)}});
}

Result<std::vector<PromptPart>> jamba2(const std::vector<std::string>& titles,
                                       std::string_view instructions,
                                       std::string_view question,
                                       bool thinks) {
  return text::renderJamba2(
      {{"messages",
        {{{"role", "system"}, {"content", foreign(instructions)}},
         {{"role", "user"}, {"content", documentsAndQuestion(titles, question)}}}},
       {"add_generation_prompt", true}},
      thinks);
}

std::vector<PromptPart> plainText(const std::vector<std::string>& titles,
                                  std::string_view instructions,
                                  std::string_view question,
                                  bool hasStart) {
  std::vector<PromptPart> parts;
  if (hasStart) parts.push_back({true, "<|startoftext|>"});
  parts.push_back({false, fmt::format("{}\n\n{}\n\nAnswer:", foreign(instructions),
                                      documentsAndQuestion(titles, question))});
  return parts;
}

// Cuts the prompt where documents stand.
std::vector<std::vector<PromptPart>> pieces(const std::vector<PromptPart>& prompt) {
  std::vector<std::vector<PromptPart>> cut(1);
  for (const PromptPart& part : prompt) {
    size_t from = 0;
    for (size_t at = 0; (at = part.text.find(kDocument, from)) != std::string::npos;) {
      if (at > from) cut.back().push_back({part.marker, part.text.substr(from, at - from)});
      cut.emplace_back();
      from = at + kDocument.size();
    }
    if (from < part.text.size()) cut.back().push_back({part.marker, part.text.substr(from)});
  }
  return cut;
}

}  // namespace

Result<std::vector<std::vector<PromptPart>>> chatPrompt(const ChatFormat& format,
                                                        const std::vector<std::string>& titles,
                                                        std::string_view instructions,
                                                        std::string_view question) {
  std::vector<PromptPart> prompt;
  switch (format.family) {
    case text::TemplateFamily::Jamba1:
      prompt = TRY(jamba1(titles, instructions, question));
      break;
    case text::TemplateFamily::Jamba2:
      prompt = TRY(jamba2(titles, instructions, question, format.thinks));
      break;
    case text::TemplateFamily::None:
      prompt = plainText(titles, instructions, question, format.hasStart);
      break;
  }
  std::vector<std::vector<PromptPart>> cut = pieces(prompt);
  LECTERN_CHECK(cut.size() == titles.size() + 1);
  return cut;
}

}  // namespace lectern
