// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/engine/model.h"
#include "core/engine/model_config.h"
#include "core/engine/states.h"
#include "core/engine/weights.h"
#include "core/model_file/model_folder.h"
#include "kernels/backend.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_model.h"
#include "tests/support/wrapped_backend.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lectern {

using test::TemporaryFolder;

/// A tiny model on a backend, ready to run.
struct LoadedModel {
  ModelConfig config;
  std::shared_ptr<test::WrappedBackend> backend;
  std::unique_ptr<Model> model;
  int64_t maxTokens = 0;
  kernels::DType cacheType = kernels::DType::F32;

  static Result<LoadedModel> load(const nlohmann::json& json,
                                  const std::string& backendName,
                                  int64_t maxTokens,
                                  const tiny_model::Numbers& numbers = {},
                                  int threads = 2) {
    const TemporaryFolder folder;
    TRY(tiny_model::write(folder.path(), json, numbers));
    LoadedModel loaded;
    loaded.maxTokens = maxTokens;
    loaded.config = TRY(parseModelConfig(json, "config"));
    loaded.backend =
        std::make_shared<test::WrappedBackend>(TRY(kernels::openBackend(backendName, threads)));
    const auto files = TRY(ModelFolder::open(folder.path()));
    auto weights = TRY(Weights::load(*files, loaded.config, *loaded.backend, {}, {}));
    loaded.model =
        TRY(Model::create(loaded.config, std::move(weights), loaded.devices(), maxTokens));
    return loaded;
  }
  [[nodiscard]] States newStates() const {
    return States::create(config, cacheType, maxTokens, devices()).value();
  }
  [[nodiscard]] Devices devices() const { return Devices::one(backend, config); }
  /// Logits of all tokens, read in chunks of these sizes (the last one again and again).
  std::vector<float> read(States& states,
                          std::span<const int32_t> tokens,
                          std::span<const int64_t> chunks) {
    std::vector<float> all;
    for (size_t at = 0, i = 0; at < tokens.size(); ++i) {
      const auto size =
          std::min(static_cast<size_t>(chunks[std::min(i, chunks.size() - 1)]), tokens.size() - at);
      EXPECT_TRUE(
          model->run(states, tokens.subspan(at, size), {.allLogits = true, .tapWeights = {}}));
      all.insert(all.end(), model->logits().begin(), model->logits().end());
      at += size;
    }
    return all;
  }
};

}  // namespace lectern
