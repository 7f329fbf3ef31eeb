// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/shelf_choice.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/engine_part.h"
#include "app/gui/settings/budget_text.h"
#include "app/gui/shelves.h"
#include "app/gui/widgets/job_strip.h"

#include <algorithm>

namespace lectern::gui {

namespace {

using Paths = std::vector<std::filesystem::path>;

/// The folder that all files lie in; empty where there are several.
QString commonFolder(const std::vector<CountedFile>& files) {
  const std::filesystem::path folder = files.front().path.parent_path();
  const bool isCommon = std::ranges::all_of(
      files, [&folder](const CountedFile& file) { return file.path.parent_path() == folder; });
  return isCommon ? pathToQt(folder.filename()) : QString();
}

}  // namespace

ShelfChoice::ShelfChoice(EnginePart* engine, Adding* adding, Shelves* shelves, JobStrip* jobs)
    : QObject(engine), engine_(engine), adding_(adding), shelves_(shelves), jobs_(jobs) {}

void ShelfChoice::add(const std::vector<CountedFile>& files, AfterAdding after) {
  const ShelfInfo* shelf = shelves_->current();
  const Wanted wanted{files, after, shelf == nullptr ? std::string() : shelf->name};
  // One document that is looked at by itself is asked by itself, whatever else comes in.
  if (shelf == nullptr && !shelves_->isGroupCurrent()) {
    return adding_->add(pathsOf(files), after);
  }
  const std::vector<RevisionId> there = shelf == nullptr ? shelves_->scope() : shelf->revisions;
  engine_->measure(there,
                   [this, wanted](const ContextBudget& budget) { measured(wanted, budget); });
}

void ShelfChoice::measured(const Wanted& wanted, const ContextBudget& budget) {
  if (budget.way == ContextBudget::Way::Window && library_ != nullptr) {
    std::vector<CountedFile> further = wanted.files;
    std::erase_if(further, [&budget](const CountedFile& file) {
      return file.known &&
             std::ranges::find(budget.documents, *file.known, &ContextBudget::Document::revision) !=
                 budget.documents.end();
    });
    const FitEstimate estimate = estimateFit(
        further, budget.freeTokens(), textRates(library_->documents, budget), library_->documents);
    if (!estimate.rest.empty()) return offer(wanted, estimate, budget);
  }
  adding_->add(pathsOf(wanted.files), wanted.after, wanted.shelf);
}

void ShelfChoice::offer(const Wanted& wanted,
                        const FitEstimate& estimate,
                        const ContextBudget& budget) {
  const Paths all = pathsOf(wanted.files);
  const AfterAdding after = wanted.after;
  const auto adds = [this, after](const Paths& files, const std::string& shelf) {
    return [this, after, files, shelf] { adding_->add(files, after, shelf); };
  };
  const QString folder = commonFolder(wanted.files);
  const QString base = !wanted.shelf.empty() ? toQt(wanted.shelf) : folder;
  const QString second = shelves_->freeName(base.isEmpty() ? tr("New shelf") : base);

  std::vector<JobStrip::Choice> choices;
  if (wanted.shelf.empty()) {
    choices.push_back({tr("Put them on a shelf of their own, %1").arg(isolated(second)),
                       adds(all, fromQt(second))});
    choices.push_back({tr("Add them; a search chooses what is read"), adds(all, {})});
  } else {
    choices.push_back({tr("Put what does not fit on a second shelf, %1").arg(isolated(second)),
                       [this, wanted, estimate, second] {
                         // What fits, and what was on the shelf before, stays together.
                         Paths first = pathsOf(wanted.files);
                         std::erase_if(first, [&estimate](const std::filesystem::path& file) {
                           return std::ranges::find(estimate.rest, file) != estimate.rest.end();
                         });
                         adding_->add(first, wanted.after, wanted.shelf);
                         adding_->add(estimate.rest, AfterAdding::Offer, fromQt(second));
                       }});
    choices.push_back(
        {tr("Put all on %1; a search chooses what is read").arg(isolated(toQt(wanted.shelf))),
         adds(all, wanted.shelf)});
  }
  if (!estimate.fit.empty()) {
    choices.push_back(
        {tr("Leave out %n document(s)", nullptr, static_cast<int>(estimate.rest.size())),
         adds(estimate.fit, wanted.shelf)});
  }
  choices.push_back({tr("Cancel"), [] {}});
  jobs_->offerChoice(tr("⚠ These are about %1 tokens, and of the window of %3 %2 are free.")
                         .arg(BudgetText::number(estimate.tokens),
                              BudgetText::number(std::max<int64_t>(0, budget.freeTokens())),
                              isolated(toQt(budget.engine))),
                     choices);
}

}  // namespace lectern::gui
