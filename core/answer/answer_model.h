// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/context/chat_prompt.h"
#include "core/context/finder_prompt.h"
#include "core/engine/engine.h"
#include "core/text/tokenizer.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern {

/// A model with all that is needed to ask it.
struct AnswerModel {
  std::string name;  ///< of its folder
  std::unique_ptr<Engine> engine;
  std::shared_ptr<const text::Tokenizer> tokenizer;
  ChatFormat format;
  std::optional<FinderLayout> finder;  ///< it chooses sentences instead of writing them

  /// Tokens at which its answer ends, besides the model's own: those of a turn of its family.
  [[nodiscard]] std::vector<int32_t> turnEnds() const;

  /// Opens a model folder or a GGUF file, with its tokenizer and prompt template (model_text.h),
  /// and layout.json of a Finder. Errors: those of Engine::open; ModelUnusable, where the tokenizer
  /// and the weights do not belong together too.
  static Result<AnswerModel> open(const std::filesystem::path& folder,
                                  const EngineOptions& options,
                                  std::stop_token stop);
};

}  // namespace lectern
