// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/engine_part.h"

#include "app/gui/bridge/later.h"
#include "app/gui/bridge/models_bridge.h"
#include "app/gui/bridge/strings.h"
#include "app/gui/settings/budget_text.h"
#include "app/gui/settings/settings_window.h"
#include "app/gui/views/context_panel.h"
#include "app/gui/widgets/budget_bar.h"
#include "app/gui/widgets/job_strip.h"
#include "app/workspace/paths.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace lectern::gui {

namespace {

constexpr int kSoonMs = 50;

// Text that is counted in a second, at least: the tokenizer of Jamba2 took 0.9 s for 3.5 MB.
constexpr double kCountedBytesASecond = 2e6;

/// The documents to leave out so that the rest fits: the smallest one that is large enough, else
/// the largest ones.
std::vector<RevisionId> leftOut(const ContextBudget& budget) {
  std::vector<const ContextBudget::Document*> documents;
  documents.reserve(budget.documents.size());
  for (const auto& document : budget.documents) documents.push_back(&document);
  std::ranges::sort(documents, {}, [](const auto* document) { return *document->tokens; });
  int64_t missing = -budget.freeTokens();
  for (const auto* document : documents) {
    if (*document->tokens >= missing) return {document->revision};
  }
  std::vector<RevisionId> out;
  for (; missing > 0 && !documents.empty(); documents.pop_back()) {
    missing -= *documents.back()->tokens;
    out.push_back(documents.back()->revision);
  }
  return missing > 0 ? std::vector<RevisionId>{} : out;
}

}  // namespace

EnginePart::EnginePart(DeskBridge* bridge, const Options& options, JobStrip* jobs, QWidget* window)
    : QObject(window), bridge_(bridge), jobs_(jobs), window_(window) {
  const auto data = lectern::dataFolder(options.dataFolder);
  if (data) dataFolder_ = *data;
  preferences_ = new Preferences(options.configFolder, this);
  models_ = new ModelsBridge(dataFolder_, this);
  bar_ = new BudgetBar(window);
  panel_ = new ContextPanel(window);
  settings_ = new SettingsWindow(preferences_, models_, window);
  settings_->setCost([this](const std::string& folder) { return costOf(folder); });
  soon_.setSingleShot(true);
  soon_.setInterval(kSoonMs);

  connect(&soon_, &QTimer::timeout, this, &EnginePart::recount);
  connect(preferences_, &Preferences::changed, &soon_, qOverload<>(&QTimer::start));
  connect(preferences_, &Preferences::failed, jobs_, &JobStrip::showProblem);
  connect(bar_, &BudgetBar::listWanted, this, &EnginePart::showContext);
  connect(panel_, &ContextPanel::settingsWanted, this, &EnginePart::showModels);
  connect(panel_, &ContextPanel::openWanted, this, &EnginePart::openWanted);
  for (const QString& problem : preferences_->problems()) jobs_->showProblem(problem);
  take(ContextBudget{});
  soon_.start();
}

EnginePart::~EnginePart() {
  stop_.request_stop();
}

Result<AskOptions> EnginePart::askOptions() const {
  return askOptionsOf(preferences_->settings(), dataFolder_);
}

void EnginePart::setScope(const std::vector<RevisionId>& scope) {
  scope_ = scope;
  soon_.start();
}

void EnginePart::setLibrary(const LibraryViewPtr& library) {
  library_ = library;
  soon_.start();
}

void EnginePart::count(const std::vector<RevisionId>& scope,
                       const AskOptions& options,
                       const QString& question,
                       const std::stop_token& stop,
                       const std::function<void(const Result<ContextBudget>&)>& told) {
  bridge_->desk().countBudget(scope, options, fromQt(question), stop,
                              [this, stop, told](const Result<ContextBudget>& budget) {
                                later(this, [stop, told, budget] {
                                  if (!stop.stop_requested()) told(budget);
                                });
                              });
}

void EnginePart::recount() {
  stop_.request_stop();
  stop_ = std::stop_source();
  const Result<AskOptions> options = askOptions();
  if (!options) return take(options.error());
  count(scope_, *options, {}, stop_.get_token(),
        [this](const Result<ContextBudget>& budget) { take(budget); });
}

void EnginePart::take(const Result<ContextBudget>& budget) {
  if (!budget) {
    budget_ = {};
    bar_->setBudget(QStringLiteral("⚠ ") + toQt(budget.error().message), {});
    panel_->setProblem(toQt(budget.error().message));
    return;
  }
  budget_ = *budget;
  bar_->setBudget(BudgetText::sentence(budget_), BudgetText::parts(budget_));
  panel_->setBudget(budget_);
}

void EnginePart::ask(const QString& question,
                     const std::vector<RevisionId>& scope,
                     const Asked& asked,
                     const std::function<void()>& dropped) {
  const Result<AskOptions> options = askOptions();
  if (!options) {
    jobs_->showProblem(toQt(options.error().message));
    return dropped();
  }
  if (options->model.empty()) return asked(scope, *options);
  count(scope, *options, question, {}, [=, this](const Result<ContextBudget>& budget) {
    if (!budget) {
      jobs_->showProblem(toQt(budget.error().message));
      return dropped();
    }
    if (!budget->isCounted()) return;
    if (budget->way != ContextBudget::Way::Window || budget->fits()) return asked(scope, *options);
    offerChoice(*budget, *options, asked, dropped);
  });
}

void EnginePart::measure(const std::vector<RevisionId>& scope,
                         const std::function<void(const ContextBudget&)>& told) {
  const Result<AskOptions> options = askOptions();
  if (!options || options->model.empty()) return told({});
  count(scope, *options, {}, {}, [told](const Result<ContextBudget>& budget) {
    if (!budget) return told({});
    if (budget->isCounted()) told(*budget);
  });
}

void EnginePart::offerChoice(const ContextBudget& budget,
                             const AskOptions& options,
                             const Asked& asked,
                             const std::function<void()>& dropped) {
  std::vector<RevisionId> all;
  all.reserve(budget.documents.size());
  for (const auto& document : budget.documents) all.push_back(document.revision);
  std::vector<JobStrip::Choice> choices;
  choices.push_back(
      {tr("Ask what a search finds"), [asked, all, options] { asked(all, options); }});
  const std::vector<RevisionId> out = leftOut(budget);
  if (!out.empty() && out.size() < all.size()) {
    std::vector<RevisionId> rest = all;
    std::erase_if(rest, [&out](RevisionId id) { return std::ranges::find(out, id) != out.end(); });
    const auto single =
        std::ranges::find(budget.documents, out.front(), &ContextBudget::Document::revision);
    choices.push_back({out.size() == 1
                           ? tr("Leave out %1").arg(isolated(toQt(single->title)))
                           : tr("Leave out %n document(s)", nullptr, static_cast<int>(out.size())),
                       [asked, rest, options] { asked(rest, options); }});
  }
  choices.push_back({tr("Do not ask"), dropped});
  jobs_->offerChoice(BudgetText::tooMuch(budget), choices);
}

QString EnginePart::costOf(const std::string& modelFolder) const {
  std::error_code ignored;
  const bool finder =
      std::filesystem::exists(std::filesystem::path(modelFolder) / "layout.json", ignored);
  if (finder || library_ == nullptr) return {};
  int64_t bytes = 0;
  for (const RevisionInfo& info : library_->documents) bytes += info.sealed ? info.textBytes : 0;
  return tr("Using it: the documents are counted for it once, %1 at most. With the first question "
            "it is loaded and reads what it has not read before, which is said while it lasts.")
      .arg(BudgetText::about(static_cast<double>(bytes) / kCountedBytesASecond));
}

void EnginePart::showContext() {
  panel_->show();
  panel_->raise();
  panel_->activateWindow();
}

void EnginePart::showSettings() {
  models_->refresh();
  settings_->show();
  settings_->raise();
  settings_->activateWindow();
}

void EnginePart::showModels() {
  settings_->showModels();
  showSettings();
}

}  // namespace lectern::gui
