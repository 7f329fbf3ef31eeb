// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/model_options.h"
#include "app/cli/progress_line.h"
#include "app/cli/terminal_text.h"
#include "app/cli/token_io.h"
#include "core/base/file.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <bit>
#include <filesystem>

namespace lectern::cli {

namespace {

static_assert(std::endian::native == std::endian::little, "the file is little-endian");

class Logits : public Command {
 public:
  void declare(CLI::App& app) override {
    model_.declare(app);
    app.add_option("--ids", idFile_,
                   "Token ids, separated by white space or commas (-: standard input)")
        ->required()
        ->option_text("FILE");
    app.add_option("--out", outFile_,
                   "Gets the scores of every token: float32, little-endian, [tokens, vocabulary]")
        ->required()
        ->option_text("FILE");
    engine_.declare(app);
  }

  Result<ExitCode> run(const CommandContext& context) override {
    // What can fail at once fails before a model is loaded.
    const std::filesystem::path folder = TRY(model_.folder(context));
    AtomicFile out = TRY(AtomicFile::create(outFile_));
    const auto engine = TRY(engine_.open(folder, context));
    const int64_t vocab = engine->config().vocabSize;
    const std::vector<int32_t> ids = TRY(readTokenIds(context, idFile_, vocab));
    const int64_t bytes = static_cast<int64_t>(ids.size()) * vocab * int64_t{sizeof(float)};
    if (ids.size() <= static_cast<size_t>(engine->windowTokens())) {  // else the engine refuses
      TRY(checkSpace(bytes));
      context.streams.err << fmt::format("The scores of {} take {}.\n",
                                         counted(static_cast<int64_t>(ids.size()), "token"),
                                         sizeText(bytes));
    }
    TRY(write(*engine, ids, out, context));
    if (context.json) {
      writeJson(context.streams.out, {{"schema", "lectern-cli/logits/1"},
                                      {"file", outFile_},
                                      {"tokens", ids.size()},
                                      {"vocabulary", vocab},
                                      {"bytes", bytes},
                                      {"backend", engine->backend().name}});
    }
    return ExitCode::Answered;
  }

 private:
  [[nodiscard]] Result<void> checkSpace(int64_t bytes) const {
    const auto parent = std::filesystem::path(outFile_).parent_path();
    std::error_code failed;
    const auto space = std::filesystem::space(parent.empty() ? "." : parent, failed);
    if (failed || space.available >= static_cast<uintmax_t>(bytes)) return {};
    return Error{
        ErrorCode::Storage,
        fmt::format("{} would take {}, and its disk has {} free. Choose another place, or "
                    "give fewer tokens.",
                    outFile_, sizeText(bytes), sizeText(static_cast<int64_t>(space.available)))};
  }

  static Result<void> write(Engine& engine,
                            const std::vector<int32_t>& ids,
                            AtomicFile& out,
                            const CommandContext& context) {
    States states = TRY(engine.newStates());
    ProgressLine line(context.streams, "reading");
    TRY(engine.allLogits(
        states, ids,
        [&](std::span<const float> scores) -> Result<void> {
          const auto appended =
              out.append({reinterpret_cast<const char*>(scores.data()), scores.size_bytes()});
          if (!appended) return appended.error();
          line.update(fmt::format("{} of {} tokens", states.position(), ids.size()));
          return {};
        },
        context.stop));
    return out.commit();
  }

  ModelOption model_;
  EngineOption engine_;
  std::string idFile_;
  std::string outFile_;
};

}  // namespace

std::unique_ptr<Command> makeLogits() {
  return std::make_unique<Logits>();
}

}  // namespace lectern::cli
