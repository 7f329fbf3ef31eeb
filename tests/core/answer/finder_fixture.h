// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/answer_model.h"
#include "core/base/file.h"
#include "core/base/json.h"
#include "tests/support/fixtures.h"
#include "tests/support/tiny_model.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>

namespace lectern::test {

/// A Finder with random weights: its verdicts mean nothing, so that the members of `layout` decide.
inline AnswerModel openTinyFinder(const std::filesystem::path& folder,
                                  const nlohmann::json& layout,
                                  int64_t window = 262'144) {
  nlohmann::json config = tiny_model::miniConfig();
  config["vocab_size"] = 640;
  config["max_position_embeddings"] = window;
  const std::filesystem::path path = folder / "finder";
  EXPECT_TRUE(tiny_model::write(path, config));
  nlohmann::json json =
      parseJson(readFile(fixture("finder/prompts.json"), 1 << 20).value(), "").value();
  json["layout"].update(layout);
  EXPECT_TRUE(writeFileAtomically(path / "tokenizer.json", json["tokenizer"].dump()));
  EXPECT_TRUE(writeFileAtomically(path / "layout.json", json["layout"].dump()));
  EngineOptions options;
  options.backend = "reference";
  return std::move(*AnswerModel::open(path, options, {}));
}

inline constexpr double kAlways = -1e9;  ///< as a threshold
inline constexpr double kNever = 1e9;

}  // namespace lectern::test
