// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/bridge/models_bridge.h"

#include "app/gui/bridge/later.h"
#include "app/gui/bridge/strings.h"
#include "app/workspace/paths.h"

#include <chrono>
#include <system_error>
#include <utility>

namespace lectern::gui {

namespace fs = std::filesystem;

namespace {

constexpr const char* kShippedName = "pocket";

bool isFinder(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "layout.json", ignored);
}

ListedModel shippedModel(const fs::path& folder) {
  ListedModel shipped{{kShippedName, folder, 0, ModelDescription{}}, true, isFinder(folder)};
  shipped.model.description = describeModel(folder, WeightCheck::Shapes, {}, {});
  if (shipped.model.description) shipped.model.bytes = shipped.model.description->bytes;
  return shipped;
}

}  // namespace

ModelsBridge::ModelsBridge(fs::path dataFolder, QObject* parent)
    : QObject(parent), dataFolder_(std::move(dataFolder)) {}

ModelsBridge::~ModelsBridge() {
  stop_.request_stop();
  foretelling_.request_stop();
}

void ModelsBridge::list() {
  std::vector<ListedModel> models;
  // As findModel looks: an imported one of that name comes first.
  const Result<fs::path> shipped = findModel(kShippedName, dataFolder_);
  if (shipped && shipped->parent_path() != modelsFolder(dataFolder_)) {
    models.push_back(shippedModel(*shipped));
  }
  for (StoredModel& model : listModels(dataFolder_)) {
    const bool finder = isFinder(model.folder);
    models.push_back({std::move(model), false, finder});
  }
  const auto list = std::make_shared<const std::vector<ListedModel>>(std::move(models));
  later(this, [this, list] { emit listed(list); });
}

void ModelsBridge::refresh() {
  thread_.post([this] { list(); });
}

void ModelsBridge::tellDevice(const Result<DeviceForecast>& forecast) {
  QString sentence;
  if (!forecast) {
    sentence = QStringLiteral("⚠ ") + toQt(forecast.error().message);
  } else {
    const kernels::BackendProperties device = forecast->device();
    sentence = tr("Models compute on %1 (%2).")
                   .arg(isolated(toQt(device.device).simplified()), isolated(toQt(device.name)));
    if (!device.reason.empty()) {
      sentence += QLatin1Char(' ') +
                  tr("Nothing faster can be used: %1").arg(isolated(toQt(device.reason)));
    }
  }
  later(this, [this, sentence] { emit deviceTold(sentence); });
}

void ModelsBridge::foretell(const ModelList& models,
                            int64_t windowTokens,
                            std::optional<kernels::DType> cacheType) {
  foretelling_.request_stop();
  foretelling_ = std::stop_source();
  thread_.post([this, models, windowTokens, cacheType, stop = foretelling_.get_token()] {
    if (stop.stop_requested()) return;
    Result<DeviceForecast> devices = DeviceForecast::open();
    tellDevice(devices);
    auto forecasts = std::make_shared<std::map<std::string, ModelForecast>>();
    for (const ListedModel& listed : *models) {
      if (stop.stop_requested()) return;
      const StoredModel& model = listed.model;
      if (!model.description) continue;
      ModelForecast& forecast = (*forecasts)[model.name];
      if (!devices) {
        forecast.chosen = devices.error();
        continue;
      }
      forecast.chosen = devices->of(model.folder, windowTokens, cacheType);
      for (const int64_t tokens : usualWindows(model.description->config)) {
        auto other = devices->of(model.folder, tokens, cacheType);
        if (!other || !forecast.chosen || tokens == forecast.chosen->windowTokens) continue;
        forecast.others.push_back(std::move(*other));
      }
    }
    later(this, [this, forecasts, stop] {
      if (!stop.stop_requested()) emit foretold(forecasts);
    });
  });
}

void ModelsBridge::run(const std::function<Result<QString>(const std::stop_token&)>& task) {
  stop_ = std::stop_source();
  thread_.post([this, task, stop = stop_.get_token()] {
    const Result<QString> ended = task(stop);
    const bool failed = !ended.has_value();
    const QString sentence = failed ? toQt(ended.error().message) : *ended;
    later(this, [this, sentence, failed] { emit done(sentence, failed); });
    list();
  });
}

// Some ten times a second, and at the end.
ModelProgress ModelsBridge::showing() {
  using Clock = std::chrono::steady_clock;
  return [this, next = Clock::time_point()](std::string_view step, int64_t done,
                                            int64_t total) mutable {
    const Clock::time_point now = Clock::now();
    if (now < next && done < total) return;
    next = now + std::chrono::milliseconds(100);
    later(this, [this, text = toQt(step), done, total] { emit progress(text, done, total); });
  };
}

void ModelsBridge::importModel(const fs::path& source) {
  run([this, source](const std::stop_token& stop) -> Result<QString> {
    const StoredModel model = TRY(lectern::importModel(source, {}, dataFolder_, showing(), stop));
    const QString imported =
        tr("The model %1 was imported. It can be used now.").arg(isolated(toQt(model.name)));
    return model.notPacked.empty() ? imported : imported + QLatin1Char(' ') + toQt(model.notPacked);
  });
}

void ModelsBridge::verify(const ListedModel& listed) {
  run([this, model = listed.model,
       shipped = listed.shipped](const std::stop_token& stop) -> Result<QString> {
    const QString name = isolated(toQt(model.name));
    if (shipped) {  // no import has noted its sums
      TRY(describeModel(model.folder, WeightCheck::Values, showing(), stop));
      return tr("%1 is sound: all its values were read.").arg(name);
    }
    const ModelVerdict verdict = TRY(verifyModel(model, showing(), stop));
    if (verdict.sound()) return tr("%1 is sound: every file is as it was imported.").arg(name);
    for (const FileVerdict& file : verdict.files) {
      if (file.problem.empty()) continue;
      return Error{ErrorCode::ModelUnusable,
                   fromQt(tr("%1 is damaged: %2: %3 Import it again.")
                              .arg(name, isolated(toQt(file.name)), toQt(file.problem)))};
    }
    return Error{ErrorCode::ModelUnusable,
                 fromQt(tr("%1 is damaged: %2").arg(name, toQt(verdict.problem)))};
  });
}

void ModelsBridge::remove(const std::string& name, bool deleteFiles) {
  run([this, name, deleteFiles](const std::stop_token& /*stop*/) -> Result<QString> {
    const RemovedModel removed = TRY(removeModel(name, dataFolder_, deleteFiles));
    const QString shown = isolated(toQt(name));
    if (removed.kept.empty()) return tr("%1 was removed, and its files deleted.").arg(shown);
    return tr("%1 was removed. Its files are kept in %2.")
        .arg(shown, isolated(pathToQt(removed.kept)));
  });
}

void ModelsBridge::cancel() {
  stop_.request_stop();
}

}  // namespace lectern::gui
