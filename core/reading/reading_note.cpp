// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/reading/reading_note.h"

#include "core/base/json.h"

namespace lectern {

std::string encodeReadingNote(const ReadingNote& note) {
  nlohmann::json documents = nlohmann::json::array();
  for (const Sha256& document : note.documents) documents.push_back(toHex(document));
  const nlohmann::json json = {{"model", note.model},
                               {"documents", std::move(documents)},
                               {"readMs", note.readMs},
                               {"inDocument", note.inDocument}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

ReadingNote decodeReadingNote(std::string_view text) {
  ReadingNote note;
  const auto parsed = parseJson(text, "a reading's note");
  if (!parsed || !parsed->is_object()) return note;
  const auto field = [&parsed](const char* name) { return parsed->value(name, nlohmann::json()); };
  if (const auto model = field("model"); model.is_string()) note.model = model;
  for (const auto& document : field("documents")) {
    const auto sum = document.is_string() ? fromHex(document.get<std::string>()) : std::nullopt;
    if (sum) note.documents.push_back(*sum);
  }
  if (const auto ms = field("readMs"); ms.is_number_integer()) note.readMs = ms;
  if (const auto within = field("inDocument"); within.is_boolean()) note.inDocument = within;
  return note;
}

}  // namespace lectern
