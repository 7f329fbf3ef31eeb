// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/model_options.h"
#include "app/cli/progress_line.h"
#include "app/cli/terminal_text.h"
#include "app/workspace/model_devices.h"
#include "app/workspace/model_memory.h"
#include "app/workspace/model_store.h"
#include "app/workspace/paths.h"
#include "app/workspace/settings_file.h"
#include "core/engine/cache_type.h"
#include "kernels/plugin.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

namespace lectern::cli {

namespace {

int64_t expertLayers(const ModelConfig& config) {
  return std::ranges::count(config.layers, FeedForward::Experts, &LayerKind::feedForward);
}

/// "319 million", "2.9 billion".
std::string countText(int64_t count) {
  const std::pair<double, const char*> units[] = {
      {1e9, " billion"}, {1e6, " million"}, {1e3, " thousand"}};
  for (const auto& [size, name] : units) {
    const double value = static_cast<double>(count) / size;
    if (value >= 1) return fmt::format("{:.{}f}{}", value, value < 9.95 ? 1 : 0, name);
  }
  return std::to_string(count);
}

/// "16 layers: 2 attention, 14 Mamba; 8 with 16 experts, 2 at a time".
std::string layoutText(const ModelConfig& config) {
  std::string text = fmt::format("{}: {} attention, {} Mamba",
                                 counted(static_cast<int64_t>(config.layers.size()), "layer"),
                                 config.attentionLayers(), config.mambaLayers());
  if (const int64_t layers = expertLayers(config); layers > 0) {
    text += fmt::format("; {} with {} experts, {} at a time", layers, config.numExperts,
                        config.numExpertsPerTok);
  }
  return text;
}

/// What would compute a model, with each of the usual windows.
using Forecast = std::vector<Result<ModelDevices>>;

Forecast forecastOf(Result<DeviceForecast>& devices,
                    const StoredModel& model,
                    std::optional<kernels::DType> cacheType) {
  Forecast forecast;
  if (!model.description) return forecast;
  for (const int64_t tokens : usualWindows(model.description->config)) {
    if (devices) {
      forecast.push_back(devices->of(model.folder, tokens, cacheType));
    } else {
      forecast.emplace_back(devices.error());
    }
  }
  return forecast;
}

/// "memory with 32768 tokens: 3.2 GB of 23 GB free on cuda:0 (weights 3.0 GB, window 90 MB,
/// workspace 110 MB)".
std::string memoryText(const ModelDevices& devices) {
  std::string text = fmt::format("memory with {} tokens: ", devices.windowTokens);
  if (!devices.holdWindow) return text + sizeText(devices.needs.bytes()) + ", which is not free";
  for (const DeviceShare& share : devices.shares) {
    text += fmt::format("{}{} of {} free on {} (weights {}, window {}, workspace {})",
                        share.layers.first > 0 ? ", " : "", sizeText(share.memory.bytes()),
                        sizeText(share.device.memoryFreeBytes), share.device.name,
                        sizeText(share.memory.weightBytes), sizeText(share.memory.windowBytes),
                        sizeText(share.memory.workingBytes));
  }
  if (devices.stayingLayers == 0) return text;
  return text + fmt::format(", {} of {} free in the computer's memory (experts of {} of {} layers)",
                            sizeText(devices.stayingBytes),
                            sizeText(devices.processor.memoryFreeBytes), devices.stayingLayers,
                            devices.expertLayers);
}

/// "memory: 3.6 GB with 32768 tokens, 3.9 GB with 131072, 4.4 GB with 262144", and whether this
/// machine has it.
std::string memoryText(const ModelDescription& model, std::optional<kernels::DType> cacheType) {
  std::string text = "memory: ";
  if (cacheType) text = fmt::format("memory, keys and values in {}: ", cacheTypeName(*cacheType));
  bool isFirst = true;
  for (const int64_t tokens : usualWindows(model.config)) {
    text += fmt::format("{}{} with {}{}", isFirst ? "" : ", ",
                        sizeText(memoryOf(model, tokens, cacheType).bytes()), tokens,
                        isFirst ? " tokens" : "");
    isFirst = false;
  }
  const int64_t machine = machineMemoryBytes();
  const int64_t fits = windowThatFits(model.config, model.bytes, machine, cacheType);
  if (machine == 0 || fits >= model.config.maxPositionEmbeddings) return text;
  return text + (fits == 0
                     ? fmt::format("; this machine has {}, which is too little for it. A smaller "
                                   "one is made with models quantize",
                                   sizeText(machine))
                     : fmt::format("; this machine has {}, enough for a window of {}",
                                   sizeText(machine), fits));
}

/// What computes it and what memory it takes; on the processor, where nothing else was to be
/// expected, the memory alone.
std::vector<std::string> needsTexts(const ModelDescription& model,
                                    const Forecast& forecast,
                                    std::optional<kernels::DType> cacheType) {
  const Result<ModelDevices>& last = forecast.back();
  if (!last) {
    return {memoryText(model, cacheType), "cannot compute here: " + oneLine(last.error().message)};
  }
  std::vector<std::string> texts;
  if (last->onCards()) {
    std::string names;
    for (const DeviceShare& share : last->shares) {
      names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", share.device.name,
                           oneLine(share.device.device));
    }
    texts.push_back("computes on " + names);
    for (const Result<ModelDevices>& devices : forecast) {
      if (devices) texts.push_back(memoryText(*devices));
    }
    if (!last->placement.empty()) texts.push_back(last->placement);
    return texts;
  }
  if (!last->tooSmall.empty()) {
    texts.push_back(fmt::format("computes on {}: {}", last->shares.front().device.name,
                                oneLine(last->tooSmall)));
  }
  texts.push_back(memoryText(model, cacheType));
  return texts;
}

void print(const Streams& streams,
           const StoredModel& model,
           const Forecast& forecast,
           std::optional<kernels::DType> cacheType = std::nullopt) {
  const Style style(streams.styled);
  streams.out << style.bold(oneLine(model.name)) << "  " << sizeText(model.bytes) << '\n';
  if (!model.description) {
    streams.out << wrapped(
        fmt::format("Cannot be used: {}", oneLine(model.description.error().message)),
        streams.outColumns, 4);
    return;
  }
  const ModelConfig& config = model.description->config;
  streams.out << wrapped(layoutText(config), streams.outColumns, 4)
              << wrapped(
                     fmt::format("{} parameters, vocabulary {}, window {} tokens, format {}",
                                 countText(model.description->parameters), config.vocabSize,
                                 config.maxPositionEmbeddings, nameOf(model.description->style)),
                     streams.outColumns, 4);
  for (const std::string& text : needsTexts(*model.description, forecast, cacheType)) {
    streams.out << wrapped(text, streams.outColumns, 4);
  }
  if (!model.description->licence.empty()) {
    streams.out << wrapped(fmt::format("licence: {}", oneLine(model.description->licence)),
                           streams.outColumns, 4);
  }
}

Json shareJson(const DeviceShare& share) {
  return {{"name", share.device.name},
          {"device", share.device.device},
          {"freeBytes", share.device.memoryFreeBytes},
          {"firstLayer", share.layers.first},
          {"layers", share.layers.end - share.layers.first},
          {"weightBytes", share.memory.weightBytes},
          {"stateBytes", share.memory.windowBytes},
          {"workingBytes", share.memory.workingBytes}};
}

Json memoryJson(const ModelDescription& model,
                const Forecast& forecast,
                std::optional<kernels::DType> cacheType) {
  Json list = Json::array();
  const std::vector<int64_t> windows = usualWindows(model.config);
  for (size_t i = 0; i < windows.size(); ++i) {
    Json entry{{"windowTokens", windows[i]},
               {"bytes", memoryOf(model, windows[i], cacheType).bytes()}};
    const Result<ModelDevices>& devices = forecast[i];
    if (devices) {
      Json shares = Json::array();
      for (const DeviceShare& share : devices->shares) shares.push_back(shareJson(share));
      entry.update({{"holdWindow", devices->holdWindow},
                    {"devices", std::move(shares)},
                    {"stayingLayers", devices->stayingLayers},
                    {"stayingBytes", devices->stayingBytes},
                    {"placement", devices->placement},
                    {"whyNotBetter", devices->shares.front().device.reason}});
    } else {
      entry["problem"] = devices.error().message;
    }
    list.push_back(std::move(entry));
  }
  return list;
}

Json toJson(const StoredModel& model,
            const Forecast& forecast,
            std::optional<kernels::DType> cacheType = std::nullopt) {
  Json json{{"name", model.name},
            {"folder", model.folder.string()},
            {"bytes", model.bytes},
            {"usable", model.description.has_value()}};
  if (!model.description) {
    json["problem"] = model.description.error().message;
    return json;
  }
  const ModelConfig& config = model.description->config;
  json.update(
      {{"parameters", model.description->parameters},
       {"layers", config.layers.size()},
       {"attentionLayers", config.attentionLayers()},
       {"mambaLayers", config.mambaLayers()},
       {"expertLayers", expertLayers(config)},
       {"experts", config.numExperts},
       {"expertsPerToken", config.numExpertsPerTok},
       {"vocabulary", config.vocabSize},
       {"windowTokens", config.maxPositionEmbeddings},
       {"family", nameOf(model.description->style)},
       {"licence", model.description->licence.empty() ? Json() : Json(model.description->licence)},
       {"memory", memoryJson(*model.description, forecast, cacheType)}});
  return json;
}

/// Shows each step of a long look as a line of progress.
ModelProgress showing(ProgressLine& line) {
  return [&line](std::string_view step, int64_t done, int64_t total) {
    line.update(fmt::format("{} {} of {}", step, sizeText(done), sizeText(total)));
  };
}

class ModelsList : public Command {
 public:
  void declare(CLI::App& app) override { cacheType_.declare(app); }

  Result<ExitCode> run(const CommandContext& context) override {
    const std::optional<kernels::DType> cacheType = cacheType_.type();
    const auto models = listModels(TRY(dataFolder(context.workspace.dataFolder)));
    Result<DeviceForecast> devices = DeviceForecast::open();
    if (context.json) {
      Json list = Json::array();
      for (const StoredModel& model : models) {
        list.push_back(toJson(model, forecastOf(devices, model, cacheType), cacheType));
      }
      writeJson(context.streams.out,
                {{"schema", "lectern-cli/models-list/1"}, {"models", std::move(list)}});
      return ExitCode::Answered;
    }
    if (models.empty()) {
      context.streams.err << "There is no imported model yet. Take one in with models import "
                             "FOLDER.\n";
    }
    for (const StoredModel& model : models) {
      print(context.streams, model, forecastOf(devices, model, cacheType), cacheType);
    }
    // Where there is no part for graphics cards, none is missed.
    std::error_code ignored;
    const bool hasPlugin = std::filesystem::exists(kernels::cudaPluginFile(), ignored);
    if (hasPlugin && devices && !models.empty() && !devices->device().reason.empty()) {
      const kernels::BackendProperties device = devices->device();
      context.streams.err << fmt::format(
          "Models compute on {} ({}). Nothing faster can be used: {}\n", oneLine(device.device),
          device.name, oneLine(device.reason));
    }
    return ExitCode::Answered;
  }

 private:
  CacheTypeOption cacheType_;
};

class ModelsImport : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option(
           "MODEL", source_,
           "A Hugging Face folder (config.json, tokenizer.json, safetensors files) or a GGUF "
           "file. All is checked, then copied; the original is not needed afterwards")
        ->required()
        ->option_text("FOLDER|FILE");
    app.add_option("--name", name_, "What it is called here (default: as the folder or file)")
        ->option_text("NAME");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    const auto data = TRY(dataFolder(context.workspace.dataFolder));
    const StoredModel model = TRY([&] {
      ProgressLine line(context.streams, "importing");
      return importModel(source_, name_, data, showing(line), context.stop);
    }());
    Result<DeviceForecast> devices = DeviceForecast::open();
    const Forecast forecast = forecastOf(devices, model, {});
    if (context.json) {
      writeJson(context.streams.out,
                {{"schema", "lectern-cli/models-import/1"}, {"model", toJson(model, forecast)}});
    } else {
      print(context.streams, model, forecast);
    }
    if (!model.notPacked.empty()) context.streams.err << oneLine(model.notPacked) << '\n';
    return ExitCode::Answered;
  }

 private:
  std::string source_;
  std::string name_;
};

class ModelsVerify : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("NAME", name_, "A model by its name; none: all of them")->option_text("[NAME]");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    auto models = listModels(TRY(dataFolder(context.workspace.dataFolder)));
    if (!name_.empty()) {
      std::erase_if(models, [&](const StoredModel& model) { return model.name != name_; });
      if (models.empty()) {
        return Error{
            ErrorCode::ModelUnusable,
            fmt::format("There is no imported model {}. Look at them with models list.", name_)};
      }
    }
    std::vector<ModelVerdict> verdicts;
    for (const StoredModel& model : models) {
      ProgressLine line(context.streams, model.name);
      verdicts.push_back(TRY(verifyModel(model, showing(line), context.stop)));
    }
    if (context.json) {
      writeJson(context.streams.out, verdictsJson(verdicts));
    } else {
      for (const ModelVerdict& verdict : verdicts) print(context.streams, verdict);
      if (verdicts.empty()) context.streams.out << "There are no imported models yet.\n";
    }
    return std::ranges::all_of(verdicts, &ModelVerdict::sound) ? ExitCode::Answered
                                                               : ExitCode::ModelUnusable;
  }

 private:
  static void print(const Streams& streams, const ModelVerdict& verdict) {
    const auto count = static_cast<int64_t>(verdict.files.size());
    if (verdict.sound()) {
      streams.out << fmt::format("{} is sound: {} as imported.\n", verdict.name,
                                 counted(count, "file"));
      return;
    }
    streams.out << verdict.name << " is not sound:\n";
    for (const FileVerdict& file : verdict.files) {
      if (file.problem.empty()) continue;
      streams.out << wrapped(fmt::format("{}: {}", oneLine(file.name), oneLine(file.problem)),
                             streams.outColumns, 4);
    }
    if (!verdict.problem.empty()) {
      streams.out << wrapped(oneLine(verdict.problem), streams.outColumns, 4);
    }
  }

  static Json verdictsJson(const std::vector<ModelVerdict>& verdicts) {
    Json list = Json::array();
    for (const ModelVerdict& verdict : verdicts) {
      Json files = Json::array();
      for (const FileVerdict& file : verdict.files) {
        Json entry{{"name", file.name}, {"bytes", file.bytes}, {"sound", file.problem.empty()}};
        if (!file.problem.empty()) entry["problem"] = file.problem;
        files.push_back(std::move(entry));
      }
      Json entry{{"name", verdict.name}, {"sound", verdict.sound()}, {"files", std::move(files)}};
      if (!verdict.problem.empty()) entry["problem"] = verdict.problem;
      list.push_back(std::move(entry));
    }
    return {{"schema", "lectern-cli/models-verify/1"}, {"models", std::move(list)}};
  }

  std::string name_;
};

class ModelsRemove : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("NAME", name_, "A model by its name")->required()->option_text("NAME");
    app.add_flag("--delete-files", deleteFiles_,
                 "Delete the files that the import copied, too; without it they are kept in "
                 "removed-models in the data folder");
  }

  Result<ExitCode> run(const CommandContext& context) override {
    const auto data = TRY(dataFolder(context.workspace.dataFolder));
    const RemovedModel removed = TRY(removeModel(name_, data, deleteFiles_));
    const auto settings = TRY(configFolder(context.workspace.configFolder));
    if (loadSettings(settings).settings.engine == name_) {
      TRY(changeSettings(settings, {{"answers.engine", std::nullopt}}));
      context.streams.err << fmt::format(
          "{} was to answer questions. The built-in Finder answers them from now on.\n", name_);
    }
    if (context.json) {
      writeJson(context.streams.out,
                {{"schema", "lectern-cli/models-remove/1"},
                 {"removed", removed.name},
                 {"keptFolder", removed.kept.empty() ? Json() : Json(removed.kept.string())}});
    } else if (removed.kept.empty()) {
      context.streams.out << fmt::format("Removed {}, and deleted its files.\n", removed.name);
    } else {
      context.streams.out << fmt::format("Removed {}. Its files are kept in {}.\n", removed.name,
                                         oneLine(removed.kept.string()));
    }
    return ExitCode::Answered;
  }

 private:
  std::string name_;
  bool deleteFiles_ = false;
};

}  // namespace

std::unique_ptr<Command> makeModelsRemove() {
  return std::make_unique<ModelsRemove>();
}

std::unique_ptr<Command> makeModelsList() {
  return std::make_unique<ModelsList>();
}

std::unique_ptr<Command> makeModelsImport() {
  return std::make_unique<ModelsImport>();
}

std::unique_ptr<Command> makeModelsVerify() {
  return std::make_unique<ModelsVerify>();
}

}  // namespace lectern::cli
