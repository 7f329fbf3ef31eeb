// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/settings/budget_text.h"

#include "app/gui/bridge/strings.h"
#include "app/workspace/settings.h"

#include <QLocale>

#include <algorithm>
#include <cmath>

namespace lectern::gui {

QString BudgetText::number(int64_t tokens) {
  return QLocale().toString(static_cast<qlonglong>(tokens));
}

QString BudgetText::about(double seconds) {
  if (seconds < 60) {
    return tr("about %n second(s)", nullptr, std::max(1, static_cast<int>(std::ceil(seconds))));
  }
  return tr("about %n minute(s)", nullptr, static_cast<int>(std::ceil(seconds / 60)));
}

QString BudgetText::sentence(const ContextBudget& budget) {
  const QString engine = isolated(toQt(budget.engine));
  switch (budget.way) {
    case ContextBudget::Way::Search:
      return tr("No model is used: a question searches all of it");
    case ContextBudget::Way::Shortlist:
      return budget.engine == Settings::kFinderEngine
                 ? tr("The built-in Finder searches all of it, and chooses among the few "
                      "sentences that are found")
                 : tr("%1 searches all of it, and chooses among the few sentences that are found")
                       .arg(engine);
    case ContextBudget::Way::Window:
      break;
  }
  if (!budget.isCounted()) return tr("Counting the documents for %1 …").arg(engine);
  const QString window = number(budget.windowTokens);
  if (!budget.fits()) {
    return tr("%1 tokens more than the %2 of %3").arg(number(-budget.freeTokens()), window, engine);
  }
  return tr("%1 of %2 tokens · %3")
      .arg(number(budget.windowTokens - budget.freeTokens()), window, engine);
}

std::vector<BudgetPart> BudgetText::parts(const ContextBudget& budget) {
  std::vector<BudgetPart> parts;
  if (budget.way != ContextBudget::Way::Window || !budget.isCounted()) return parts;
  using Kind = BudgetPart::Kind;
  parts.push_back({tr("Instructions and titles"), budget.instructionTokens, Kind::Prompt});
  for (const ContextBudget::Document& document : budget.documents) {
    parts.push_back({isolated(toQt(document.title)), document.tokens.value_or(0), Kind::Document});
  }
  parts.push_back({tr("Kept for the answer"), budget.answerTokens, Kind::Answer});
  if (budget.fits()) {
    parts.push_back({tr("Free"), budget.freeTokens(), Kind::Free});
  } else {
    parts.push_back({tr("More than fits"), -budget.freeTokens(), Kind::TooMuch});
  }
  return parts;
}

QString BudgetText::tooMuch(const ContextBudget& budget) {
  return tr("These documents need %1 tokens more than the window of %2 holds.")
      .arg(number(-budget.freeTokens()), isolated(toQt(budget.engine)));
}

}  // namespace lectern::gui
