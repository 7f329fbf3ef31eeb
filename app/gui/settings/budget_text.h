// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/widgets/budget_bar.h"
#include "app/workspace/budget.h"

#include <QCoreApplication>
#include <QString>

#include <vector>

namespace lectern::gui {

/// A budget in the words of the window.
class BudgetText {
  Q_DECLARE_TR_FUNCTIONS(lectern::gui::BudgetText)
 public:
  /// One sentence: how much is in, or that there is no window that could be full.
  static QString sentence(const ContextBudget& budget);
  /// The parts of the bar; none where there is no window, or while it is not counted yet.
  static std::vector<BudgetPart> parts(const ContextBudget& budget);
  /// What becomes of a question whose documents do not fit.
  static QString tooMuch(const ContextBudget& budget);
  static QString number(int64_t tokens);
  /// "about 5 s", "about 2 min", for work that was estimated.
  static QString about(double seconds);
};

}  // namespace lectern::gui
