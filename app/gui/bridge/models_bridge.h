// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/model_devices.h"
#include "app/workspace/model_store.h"
#include "app/workspace/task_thread.h"

#include <QObject>
#include <QString>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern::gui {

/// A model as the list shows it: an imported one, or the one that came with the program.
struct ListedModel {
  StoredModel model{};
  bool shipped = false;
  bool finder = false;  ///< it chooses sentences, and reads no documents
};
using ModelList = std::shared_ptr<const std::vector<ListedModel>>;

/// What would compute a model, with the window that was chosen and with others.
struct ModelForecast {
  Result<ModelDevices> chosen = ModelDevices{};
  std::vector<ModelDevices> others;
};
using ModelForecasts = std::shared_ptr<const std::map<std::string, ModelForecast>>;  // by name

/// The models for widgets: looking at them, and at what would compute them, importing, verifying
/// and removing happen on a thread of its own, one after the other. Thread: the window's.
class ModelsBridge : public QObject {
  Q_OBJECT
 public:
  explicit ModelsBridge(std::filesystem::path dataFolder, QObject* parent = nullptr);
  ~ModelsBridge() override;

  [[nodiscard]] const std::filesystem::path& dataFolder() const { return dataFolder_; }

  /// Ends with `listed`.
  void refresh();
  /// Ends with `deviceTold`, then `foretold`, unless it is called again meanwhile. Wakes the
  /// graphics cards; nothing is loaded.
  void foretell(const ModelList& models,
                int64_t windowTokens,
                std::optional<kernels::DType> cacheType);
  /// These end with `done`, and `listed` where the list has changed.
  void importModel(const std::filesystem::path& source);
  void verify(const ListedModel& model);
  void remove(const std::string& name, bool deleteFiles);
  /// Ends what runs, between two pieces of a file.
  void cancel();

 signals:
  void listed(const lectern::gui::ModelList& models);
  /// What models compute on, and why on nothing better.
  void deviceTold(const QString& sentence);
  /// Of those that can be used.
  void foretold(const lectern::gui::ModelForecasts& forecasts);
  void progress(const QString& step, qint64 doneBytes, qint64 totalBytes);
  /// What became of it; `failed`: what went wrong, and what to do.
  void done(const QString& sentence, bool failed);

 private:
  void run(const std::function<Result<QString>(const std::stop_token&)>& task);
  void list();
  void tellDevice(const Result<DeviceForecast>& forecast);
  ModelProgress showing();

  std::filesystem::path dataFolder_;
  std::stop_source stop_;
  std::stop_source foretelling_;
  TaskThread thread_;  // last: it tells until it has ended
};

}  // namespace lectern::gui
