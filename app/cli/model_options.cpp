// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/model_options.h"

#include "app/cli/progress_line.h"
#include "app/cli/terminal_text.h"
#include "app/workspace/model_choice.h"
#include "app/workspace/packed_models.h"
#include "app/workspace/paths.h"
#include "core/engine/cache_type.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace lectern::cli {

void ModelOption::declare(CLI::App& app) {
  app.add_option(
         "--model", name_,
         "pocket, an imported model by its name (models list), a model folder, or a GGUF file")
      ->required()
      ->option_text("MODEL");
}

Result<std::filesystem::path> ModelOption::folder(const CommandContext& context) const {
  return findModel(name_, TRY(dataFolder(context.workspace.dataFolder)));
}

void CacheTypeOption::declare(CLI::App& app, std::string_view otherwise) {
  app.add_option("--kv", name_,
                 fmt::format("How keys and values of what was read are kept: f32, bf16, or int8, "
                             "which takes half the memory of bf16 and is a little less exact "
                             "(default: {})",
                             otherwise))
      ->option_text("TYPE")
      ->check(CLI::IsMember({"f32", "bf16", "int8"}));
}

std::optional<kernels::DType> CacheTypeOption::type() const {
  return cacheTypeNamed(name_);
}

void EngineOption::declare(CLI::App& app) {
  app.add_option("--backend,--device", backend_,
                 "What computes: cpu, cuda (a graphics card; cuda:1 the second), reference, or one "
                 "that an unknown name lists (default: $LECTERN_BACKEND, else the fastest here)")
      ->option_text("NAME");
  app.add_option("--threads", threads_, "Threads to compute with (default: one a core)")
      ->option_text("N")
      ->check(CLI::Range(0, 1024));
  cacheType_.declare(app);
}

Result<EngineOptions> EngineOption::options(const CommandContext& context) const {
  EngineOptions options;
  options.backend = backend_;
  options.threads = threads_;
  options.cacheType = cacheType_.type();
  options.packedFolder = packedFolder(TRY(dataFolder(context.workspace.dataFolder)));
  return options;
}

Result<std::unique_ptr<Engine>> EngineOption::open(const std::filesystem::path& folder,
                                                   const CommandContext& context) const {
  EngineOptions options = TRY(this->options(context));
  auto engine = TRY([&] {
    ProgressLine line(context.streams, "loading the model");
    options.loading = [&line](int64_t done, int64_t total) {
      line.update(fmt::format("{} of {}", sizeText(done), sizeText(total)));
    };
    return Engine::open(folder, options, context.stop);
  }());
  if (const std::string& placement = engine->placement(); !placement.empty()) {
    context.streams.err << oneLine(placement) << '\n';
  }
  if (const std::string& cause = engine->weights().notKept; !cause.empty()) {
    context.streams.err << oneLine(cause) << '\n';
  }
  return engine;
}

}  // namespace lectern::cli
