// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"
#include "app/gui/settings/preferences.h"
#include "app/workspace/budget.h"

#include <QObject>
#include <QString>
#include <QTimer>

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace lectern::gui {

class BudgetBar;
class ContextPanel;
class JobStrip;
class ModelsBridge;
class SettingsWindow;

/// Who answers in a window, and what of the documents that is given: the settings, the budget bar,
/// and the windows that belong to them. Thread: the window's.
class EnginePart : public QObject {
  Q_OBJECT
 public:
  struct Options {
    std::filesystem::path configFolder;  ///< empty: settings are not kept
    std::filesystem::path dataFolder;    ///< of the workspace
  };

  EnginePart(DeskBridge* bridge, const Options& options, JobStrip* jobs, QWidget* window);
  ~EnginePart() override;

  [[nodiscard]] BudgetBar* bar() const { return bar_; }
  [[nodiscard]] Preferences* preferences() const { return preferences_; }
  [[nodiscard]] const ContextBudget& budget() const { return budget_; }
  [[nodiscard]] ContextPanel* panel() const { return panel_; }
  [[nodiscard]] SettingsWindow* settingsWindow() const { return settings_; }

  /// Of the workspace.
  [[nodiscard]] const std::filesystem::path& dataFolder() const { return dataFolder_; }

  /// What the next question is about.
  void setScope(const std::vector<RevisionId>& scope);
  void setLibrary(const LibraryViewPtr& library);

  /// Calls `asked` with the documents and how to ask: at once, or, where a model would read them,
  /// once they are counted; where they do not fit the user chooses in a row first, and `dropped`
  /// hears if that is not to ask.
  using Asked =
      std::function<void(const std::vector<RevisionId>& scope, const AskOptions& options)>;
  void ask(const QString& question,
           const std::vector<RevisionId>& scope,
           const Asked& asked,
           const std::function<void()>& dropped);

  /// Calls `told` with the whole budget of these documents for the model that would be asked; where
  /// it cannot be told, as if there were none.
  void measure(const std::vector<RevisionId>& scope,
               const std::function<void(const ContextBudget&)>& told);

  void showContext();
  void showSettings();
  void showModels();

 signals:
  void openWanted(lectern::RevisionId revision);

 private:
  [[nodiscard]] Result<AskOptions> askOptions() const;
  void count(const std::vector<RevisionId>& scope,
             const AskOptions& options,
             const QString& question,
             const std::stop_token& stop,
             const std::function<void(const Result<ContextBudget>&)>& told);
  void recount();
  void take(const Result<ContextBudget>& budget);
  void offerChoice(const ContextBudget& budget,
                   const AskOptions& options,
                   const Asked& asked,
                   const std::function<void()>& dropped);
  [[nodiscard]] QString costOf(const std::string& modelFolder) const;

  DeskBridge* bridge_;
  JobStrip* jobs_;
  QWidget* window_;
  std::filesystem::path dataFolder_;
  Preferences* preferences_ = nullptr;
  ModelsBridge* models_ = nullptr;
  BudgetBar* bar_ = nullptr;
  ContextPanel* panel_ = nullptr;
  SettingsWindow* settings_ = nullptr;

  std::vector<RevisionId> scope_;
  LibraryViewPtr library_;
  ContextBudget budget_;
  QTimer soon_;            // scopes change several times in a row
  std::stop_source stop_;  // of the count that runs
};

}  // namespace lectern::gui
