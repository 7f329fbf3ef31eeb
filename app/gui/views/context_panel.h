// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/budget.h"

#include <QDialog>

#include <optional>
#include <vector>

class QLabel;
class QTableWidget;

namespace lectern::gui {

/// "What is in the context": the parts of the window of a model with their exact numbers, or how
/// questions are answered without one. Stays open beside the window. Thread: the window's.
class ContextPanel : public QDialog {
  Q_OBJECT
 public:
  explicit ContextPanel(QWidget* parent);

  void setBudget(const ContextBudget& budget);
  void setProblem(const QString& sentence);

  [[nodiscard]] QTableWidget* table() const { return table_; }
  [[nodiscard]] QLabel* sentence() const { return sentence_; }

 signals:
  void openWanted(lectern::RevisionId revision);
  void settingsWanted();

 private:
  void addRow(const QString& part, const QString& tokens, const QString& note);

  QLabel* sentence_ = nullptr;
  QTableWidget* table_ = nullptr;
  std::vector<std::optional<RevisionId>> documents_;  // of the rows
};

}  // namespace lectern::gui
