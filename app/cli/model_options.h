// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/command.h"
#include "core/base/result.h"
#include "core/engine/engine.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
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

/// `--backend NAME --threads N`, of the commands that run a model.
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
};

}  // namespace lectern::cli
