// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/settings/preferences.h"

#include <QDialog>

#include <functional>
#include <string>
#include <utility>
#include <vector>

class QFormLayout;
class QLabel;
class QPushButton;
class QTabWidget;

namespace lectern::gui {

class ModelsBridge;
class ModelsPage;
class ReadingsPage;

/// The settings, in groups, the models, and what they have read. Nothing happens when a field is
/// left: Apply applies, and what that costs is said beside it. Stays open beside the window.
/// Thread: the window's.
class SettingsWindow : public QDialog {
  Q_OBJECT
 public:
  SettingsWindow(Preferences* preferences, ModelsBridge* models, QWidget* parent);

  void setCost(const std::function<QString(const std::string& engine)>& cost);
  void showModels();

  // Parts, for tests.
  [[nodiscard]] ModelsPage* models() const { return models_; }
  [[nodiscard]] ReadingsPage* readings() const { return readings_; }
  [[nodiscard]] QTabWidget* tabs() const { return tabs_; }
  [[nodiscard]] QLabel* note() const { return note_; }

 private:
  /// A field that holds a setting.
  struct Field {
    std::string name;
    std::function<std::string()> get;
    std::function<void(const std::string&)> set;
    std::string kept;  ///< what it holds of the settings as they are
  };

  QWidget* makeSettings();
  QFormLayout* group(QWidget* page, const QString& title);
  void addSpin(QFormLayout* form,
               const char* name,
               const QString& label,
               int least,
               int most,
               const QString& zero,
               const QString& unit);
  void addNumber(QFormLayout* form, const char* name, const QString& label, double most);
  void addSwitch(QFormLayout* form, const char* name, const QString& label);
  void addChoice(QFormLayout* form,
                 const char* name,
                 const QString& label,
                 const std::vector<std::pair<std::string, QString>>& choices);
  void fill(const Settings& settings);
  void chooseModel(bool isFolder);
  [[nodiscard]] SettingChanges changes() const;
  void updateNote();
  void apply();

  Preferences* preferences_;
  std::vector<Field> fields_;
  bool filling_ = false;

  QTabWidget* tabs_ = nullptr;
  ModelsPage* models_ = nullptr;
  ReadingsPage* readings_ = nullptr;
  QLabel* note_ = nullptr;
  QPushButton* apply_ = nullptr;
};

}  // namespace lectern::gui
