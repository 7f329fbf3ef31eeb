// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/progress_line.h"
#include "app/cli/terminal_text.h"
#include "app/workspace/model_choice.h"
#include "app/workspace/model_quantize.h"
#include "app/workspace/paths.h"
#include "core/model_file/gguf.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace lectern::cli {

namespace {

class ModelsQuantize : public Command {
 public:
  void declare(CLI::App& app) override {
    static const std::map<std::string, StoredType> kTypes = {
        {"q8_0", StoredType::Q8_0}, {"q4_0", StoredType::Q4_0}, {"q4_k", StoredType::Q4_K}};
    app.add_option("MODEL", model_,
                   "A model in BF16, F16 or F32: an imported one by its name, a model folder, or a "
                   "GGUF file")
        ->required()
        ->option_text("MODEL");
    app.add_option("--type", request_.wanted.type,
                   "What its matrices become: q8_0 (8.5 bits a weight), q4_0 or q4_k (4.5 bits; "
                   "q4_k errs less)")
        ->required()
        ->option_text("q8_0|q4_0|q4_k")
        ->transform(CLI::CheckedTransformer(kTypes, CLI::ignore_case));
    app.add_flag("--experts-only", request_.wanted.ofExpertsAlone,
                 "Only the experts become that, most of a model that has them; all else keeps its "
                 "bits");
    auto* out = app.add_option("--out", request_.out,
                               "Write this GGUF file; without it the result becomes an imported "
                               "model")
                    ->option_text("FILE");
    app.add_option("--name", request_.name,
                   "What the imported model is called (default: as the original, with the type)")
        ->option_text("NAME")
        ->excludes(out);
  }

  Result<ExitCode> run(const CommandContext& context) override {
    const auto data = TRY(dataFolder(context.workspace.dataFolder));
    request_.model = TRY(findModel(model_, data));
    const QuantizedModel made = TRY([&] {
      ProgressLine line(context.streams, model_);
      return quantizeModel(
          request_, data,
          [&line](std::string_view step, int64_t done, int64_t total) {
            line.update(fmt::format("{} {} of {}", step, sizeText(done), sizeText(total)));
          },
          context.stop);
    }());
    if (context.json) {
      writeJson(context.streams.out, toJson(made));
    } else {
      print(context.streams, made);
    }
    return ExitCode::Answered;
  }

 private:
  static void print(const Streams& streams, const QuantizedModel& made) {
    streams.out << fmt::format(
        "{}  {}, {:.2f} bits a weight (it was made of {})\n",
        Style(streams.styled).bold(oneLine(made.name.empty() ? made.file.string() : made.name)),
        sizeText(made.bytes),
        8.0 * static_cast<double>(made.bytes) /
            static_cast<double>(std::max<int64_t>(1, made.parameters)),
        sizeText(made.sourceBytes));
    size_t width = 0;
    for (const QuantizedTensor& tensor : made.tensors) width = std::max(width, tensor.name.size());
    streams.out << fmt::format("    {:{}}  {:4}  {:4}  {:>8}  {:>8}\n", "tensor", width, "from",
                               "to", "error", "largest");
    int64_t exact = 0;
    for (const QuantizedTensor& tensor : made.tensors) {
      if (tensor.largestError == 0) {
        ++exact;
        continue;
      }
      streams.out << fmt::format("    {:{}}  {:4}  {:4}  {:>6.2f} %  {:>8.2g}\n", tensor.name,
                                 width, tensor.from, ggufTypeName(tensor.type),
                                 100 * tensor.relativeError, tensor.largestError);
    }
    if (exact > 0) {
      streams.out << fmt::format("    and {} without any error\n", counted(exact, "tensor"));
    }
  }

  [[nodiscard]] Json toJson(const QuantizedModel& made) const {
    Json tensors = Json::array();
    for (const QuantizedTensor& tensor : made.tensors) {
      tensors.push_back({{"name", tensor.name},
                         {"from", tensor.from},
                         {"to", ggufTypeName(tensor.type)},
                         {"elements", tensor.elements},
                         {"relativeError", tensor.relativeError},
                         {"largestError", tensor.largestError}});
    }
    return {{"schema", "lectern-cli/models-quantize/1"},
            {"name", made.name.empty() ? Json() : Json(made.name)},
            {"file", made.file.string()},
            {"type", ggufTypeName(request_.wanted.type)},
            {"expertsOnly", request_.wanted.ofExpertsAlone},
            {"parameters", made.parameters},
            {"bytes", made.bytes},
            {"sourceBytes", made.sourceBytes},
            {"tensors", std::move(tensors)}};
  }

  QuantizeRequest request_;
  std::string model_;
};

}  // namespace

std::unique_ptr<Command> makeModelsQuantize() {
  return std::make_unique<ModelsQuantize>();
}

}  // namespace lectern::cli
