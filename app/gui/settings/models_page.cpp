// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/settings/models_page.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/settings/budget_text.h"
#include "app/gui/settings/device_text.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QShowEvent>
#include <QVBoxLayout>

#include <algorithm>

namespace lectern::gui {

ModelsPage::ModelsPage(Preferences* preferences, ModelsBridge* models, QWidget* parent)
    : QWidget(parent), preferences_(preferences), models_(models) {
  list_ = new QListWidget(this);
  list_->setAccessibleName(tr("Models"));
  details_ = new QLabel(this);
  details_->setTextFormat(Qt::PlainText);
  details_->setWordWrap(true);
  details_->setAccessibleName(tr("About the model"));
  details_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  outcome_ = new QLabel(this);
  outcome_->setTextFormat(Qt::PlainText);
  outcome_->setWordWrap(true);
  outcome_->hide();
  device_ = new QLabel(this);
  device_->setTextFormat(Qt::PlainText);
  device_->setWordWrap(true);
  device_->setAccessibleName(tr("What models compute on"));
  device_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  progress_ = new QProgressBar(this);
  progress_->setAccessibleName(tr("Progress"));
  progress_->hide();

  use_ = new QPushButton(tr("&Use"), this);
  verify_ = new QPushButton(tr("&Verify"), this);
  import_ = new QPushButton(tr("&Import"), this);
  auto* sources = new QMenu(import_);
  sources->addAction(tr("A GGUF &file …"), this, &ModelsPage::importFileWanted);
  sources->addAction(tr("A f&older …"), this, &ModelsPage::importFolderWanted);
  import_->setMenu(sources);
  remove_ = new QPushButton(tr("&Remove"), this);
  remove_->setToolTip(tr("Takes it off the list; its files are kept."));
  delete_ = new QPushButton(tr("Remove and &delete files"), this);
  cancel_ = new QPushButton(tr("Ca&ncel"), this);
  cancel_->hide();

  auto* buttons = new QHBoxLayout;
  for (QPushButton* button : {use_, verify_, import_, remove_, delete_}) buttons->addWidget(button);
  buttons->addStretch(1);
  auto* running = new QHBoxLayout;
  running->addWidget(progress_, 1);
  running->addWidget(cancel_);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(list_, 1);
  layout->addWidget(details_);
  layout->addLayout(buttons);
  layout->addLayout(running);
  layout->addWidget(outcome_);
  layout->addWidget(device_);

  connect(list_, &QListWidget::currentRowChanged, this, &ModelsPage::showCurrent);
  connect(list_, &QListWidget::itemActivated, this, &ModelsPage::use);
  connect(use_, &QPushButton::clicked, this, &ModelsPage::use);
  connect(verify_, &QPushButton::clicked, this, &ModelsPage::verify);
  connect(remove_, &QPushButton::clicked, this, [this] { remove(false); });
  connect(delete_, &QPushButton::clicked, this, [this] { remove(true); });
  connect(cancel_, &QPushButton::clicked, models_, &ModelsBridge::cancel);
  connect(models_, &ModelsBridge::listed, this, &ModelsPage::takeList);
  connect(models_, &ModelsBridge::deviceTold, device_, &QLabel::setText);
  connect(models_, &ModelsBridge::foretold, this, [this](const ModelForecasts& forecasts) {
    forecasts_ = forecasts;
    showCurrent();
  });
  connect(models_, &ModelsBridge::done, this, &ModelsPage::takeDone);
  connect(models_, &ModelsBridge::progress, this,
          [this](const QString& /*step*/, qint64 done, qint64 total) {
            if (!busy_) return;
            constexpr int kSteps = 1000;
            progress_->setRange(0, total > 0 ? kSteps : 0);
            if (total > 0) progress_->setValue(static_cast<int>(done * kSteps / total));
          });
  connect(preferences_, &Preferences::changed, this, [this] {
    if (shown_) takeList(shown_);
  });
  showCurrent();
}

const ListedModel* ModelsPage::current() const {
  const int row = list_->currentRow() - 1;  // the first is no model
  if (!shown_ || row < 0 || row >= static_cast<int>(shown_->size())) return nullptr;
  return &(*shown_)[static_cast<size_t>(row)];
}

QString ModelsPage::titleOf(const ListedModel& listed) const {
  const StoredModel& model = listed.model;
  QStringList parts = {isolated(toQt(model.name)), DeviceText::size(model.bytes)};
  if (listed.shipped) parts << isolated(tr("came with the program"));
  if (!model.description) parts << isolated(tr("⚠ cannot be used"));
  if (model.name == preferences_->settings().engine) parts << isolated(tr("✓ in use"));
  return parts.join(QStringLiteral(" · "));
}

int ModelsPage::rowOf(const std::string& name) const {
  const auto found =
      std::ranges::find(*shown_, name, [](const ListedModel& listed) { return listed.model.name; });
  return found == shown_->end() ? 0 : 1 + static_cast<int>(found - shown_->begin());
}

void ModelsPage::takeList(const ModelList& models) {
  const ListedModel* before = current();
  const bool wasNone = shown_ != nullptr && before == nullptr;
  const std::string selected = before != nullptr ? before->model.name : std::string();
  shown_ = models;
  const QSignalBlocker quiet(list_);
  list_->clear();
  list_->addItem(preferences_->settings().isExtractive()
                     ? tr("No model: quotations from the documents · ✓ in use")
                     : tr("No model: quotations from the documents"));
  for (const ListedModel& model : *models) list_->addItem(titleOf(model));
  const int row = rowOf(selected);
  list_->setCurrentRow(row > 0 || wasNone ? row : rowOf(preferences_->settings().engine));
  foretell();
  showCurrent();
}

void ModelsPage::foretell() {
  if (shown_ == nullptr || !isVisible()) return;
  const Settings& settings = preferences_->settings();
  const Foretold wanted{shown_, settings.windowTokens, settings.cacheType};
  if (asked_ == wanted) return;
  asked_ = wanted;
  forecasts_.reset();
  models_->foretell(shown_, wanted.windowTokens, wanted.cacheType);
}

// It opens at what is in use.
void ModelsPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  if (shown_ != nullptr && !event->spontaneous()) {
    list_->setCurrentRow(rowOf(preferences_->settings().engine));
  }
  foretell();
}

QString ModelsPage::describe(const ListedModel& listed) const {
  const StoredModel& model = listed.model;
  if (!model.description) return toQt(model.description.error().message);
  const ModelDescription& description = *model.description;
  QStringList lines;
  const int64_t window = preferences_->settings().windowTokens;
  const int64_t tokens = window > 0 ? std::min(window, description.config.maxPositionEmbeddings)
                                    : description.config.maxPositionEmbeddings;
  if (listed.finder) {
    lines << tr(
        "Finds the sentence that answers: it chooses among the few that a search finds, "
        "and writes no words of its own.");
  } else {
    lines << tr("Reads the documents and answers in its own words; what supports each sentence is "
                "cited. Window: %1 tokens.")
                 .arg(BudgetText::number(tokens));
  }
  lines << tr("Layers: %1 attention, %2 Mamba.")
               .arg(
                   QLocale().toString(static_cast<qlonglong>(description.config.attentionLayers())),
                   QLocale().toString(static_cast<qlonglong>(description.config.mambaLayers())));
  if (forecasts_ == nullptr) {
    lines << tr("Looking at what would compute it …");
  } else if (const auto found = forecasts_->find(model.name); found != forecasts_->end()) {
    lines << DeviceText::lines(found->second);
  }
  if (listed.shipped && listed.finder) {
    lines << tr(
        "The built-in Finder answers unless you choose otherwise. It was trained on English. "
        "Of the questions that the documents do not answer it still answers about one in eleven "
        "with a sentence that does not hold it. Read the sentence that it shows.");
  }
  if (cost_ && model.name != preferences_->settings().engine) {
    if (const QString cost = cost_(model.folder.string()); !cost.isEmpty()) lines << cost;
  }
  return lines.join(QLatin1Char('\n'));
}

void ModelsPage::showCurrent() {
  const ListedModel* model = current();
  const bool isNone = shown_ != nullptr && list_->currentRow() == 0;
  const std::string& engine = preferences_->settings().engine;
  details_->setText(model != nullptr ? describe(*model)
                    : isNone         ? tr("Sentences are cut from the documents, word for word. "
                                                  "Nothing is made up, and nothing has to be loaded.")
                                     : tr("Looking at the models …"));
  const bool inUse =
      model != nullptr ? engine == model->model.name : preferences_->settings().isExtractive();
  const bool usable = isNone || (model != nullptr && model->model.description.has_value());
  use_->setEnabled(!busy_ && usable && !inUse);
  verify_->setEnabled(!busy_ && model != nullptr);
  import_->setEnabled(!busy_);
  remove_->setEnabled(!busy_ && model != nullptr && !model->shipped);
  delete_->setEnabled(!busy_ && model != nullptr && !model->shipped);
}

void ModelsPage::use() {
  if (!use_->isEnabled()) return;
  const ListedModel* model = current();
  preferences_->change(
      {{"answers.engine",
        model != nullptr ? model->model.name : std::string(Settings::kExtractiveEngine)}});
}

void ModelsPage::verify() {
  if (const ListedModel* model = current()) {
    setBusy(true);
    models_->verify(*model);
  }
}

void ModelsPage::importModel(const std::filesystem::path& source) {
  setBusy(true);
  models_->importModel(source);
}

void ModelsPage::remove(bool deleteFiles) {
  const ListedModel* model = current();
  if (model == nullptr || model->shipped) return;
  if (preferences_->settings().engine == model->model.name) {
    preferences_->change({{"answers.engine", std::nullopt}});
    model = current();
  }
  setBusy(true);
  models_->remove(model->model.name, deleteFiles);
}

void ModelsPage::setBusy(bool busy) {
  busy_ = busy;
  progress_->setRange(0, 0);
  progress_->setVisible(busy);
  cancel_->setVisible(busy);
  if (busy) outcome_->hide();
  showCurrent();
}

void ModelsPage::takeDone(const QString& sentence, bool failed) {
  setBusy(false);
  outcome_->setText(failed ? QStringLiteral("⚠ ") + sentence : sentence);
  outcome_->setAccessibleName(outcome_->text());
  outcome_->show();
}

}  // namespace lectern::gui
