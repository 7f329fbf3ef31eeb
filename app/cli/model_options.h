// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "core/base/result.h"
#include "core/engine/engine.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::cli {

/// `--model NAME|FOLDER`, as all commands have it.
class ModelOption {
 public:
  /// Declares it; required.
  void declare(CLI::App& app);
  /// Errors: those of findModel.
  [[nodiscard]] Result<std::filesystem::path> folder(const CommandContext& context) const;
  /// As it was given.
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::string name_;
};

/// `--kv TYPE`: how keys and values are kept.
class CacheTypeOption {
 public:
  /// `otherwise`: what counts where it is not given.
  void declare(CLI::App& app, std::string_view otherwise = "bf16, of a small model f32");
  /// None where it was not given.
  [[nodiscard]] std::optional<kernels::DType> type() const;

 private:
  std::string name_;
};

/// `--backend NAME --threads N --kv TYPE`, of the commands that run a model.
class EngineOption {
 public:
  void declare(CLI::App& app);
  /// Errors: those of dataFolder.
  [[nodiscard]] Result<EngineOptions> options(const CommandContext& context) const;
  /// Opens the engine, with progress on the error stream. Errors: those of Engine::open.
  [[nodiscard]] Result<std::unique_ptr<Engine>> open(const std::filesystem::path& folder,
                                                     const CommandContext& context) const;

 private:
  std::string backend_;
  int threads_ = 0;
  CacheTypeOption cacheType_;
};

}  // namespace lectern::cli
