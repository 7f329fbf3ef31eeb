// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/models_bridge.h"
#include "app/gui/settings/preferences.h"

#include <QWidget>

#include <cstdint>
#include <functional>
#include <optional>

class QLabel;
class QListWidget;
class QProgressBar;
class QPushButton;

namespace lectern::gui {

/// The models: what each is and needs, which one answers; importing, verifying and removing them.
/// Thread: the window's.
class ModelsPage : public QWidget {
  Q_OBJECT
 public:
  ModelsPage(Preferences* preferences, ModelsBridge* models, QWidget* parent);

  /// What the change to another model costs, in a sentence; empty: nothing.
  void setCost(std::function<QString(const std::string& engine)> cost) { cost_ = std::move(cost); }

  // Parts, for tests.
  [[nodiscard]] QListWidget* list() const { return list_; }
  [[nodiscard]] QLabel* details() const { return details_; }
  [[nodiscard]] QLabel* outcome() const { return outcome_; }
  [[nodiscard]] QLabel* device() const { return device_; }

 signals:
  void importFileWanted();
  void importFolderWanted();

 public slots:
  /// A folder or a GGUF file.
  void importModel(const std::filesystem::path& source);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void takeList(const ModelList& models);
  /// Asks what would compute the models, if that was not asked yet and anybody sees it.
  void foretell();
  void takeDone(const QString& sentence, bool failed);
  void showCurrent();
  void use();
  void verify();
  void remove(bool deleteFiles);
  void setBusy(bool busy);
  [[nodiscard]] const ListedModel* current() const;
  [[nodiscard]] int rowOf(const std::string& name) const;  // the first for what is not there
  [[nodiscard]] QString describe(const ListedModel& model) const;
  [[nodiscard]] QString titleOf(const ListedModel& model) const;

  Preferences* preferences_;
  ModelsBridge* models_;
  /// What decides a forecast.
  struct Foretold {
    ModelList models;
    int64_t windowTokens = 0;
    std::optional<kernels::DType> cacheType;
    friend bool operator==(const Foretold&, const Foretold&) = default;
  };

  ModelList shown_;
  Foretold asked_;
  ModelForecasts forecasts_;  // null until they come
  std::function<QString(const std::string&)> cost_;
  bool busy_ = false;

  QListWidget* list_ = nullptr;
  QLabel* details_ = nullptr;
  QLabel* outcome_ = nullptr;
  QLabel* device_ = nullptr;
  QProgressBar* progress_ = nullptr;
  QPushButton* use_ = nullptr;
  QPushButton* verify_ = nullptr;
  QPushButton* import_ = nullptr;
  QPushButton* remove_ = nullptr;
  QPushButton* delete_ = nullptr;
  QPushButton* cancel_ = nullptr;
};

}  // namespace lectern::gui
