// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/settings/settings_window.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/settings/models_page.h"
#include "app/gui/settings/readings_page.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QGroupBox>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QScreen>
#include <QScrollArea>
#include <QScrollBar>
#include <QSpinBox>
#include <QTabWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <limits>

namespace lectern::gui {

SettingsWindow::SettingsWindow(Preferences* preferences, ModelsBridge* models, QWidget* parent)
    : QDialog(parent), preferences_(preferences) {
  setWindowTitle(tr("Settings"));
  setAccessibleName(windowTitle());
  tabs_ = new QTabWidget(this);
  tabs_->setAccessibleName(tr("Settings and models"));
  models_ = new ModelsPage(preferences, models, this);
  tabs_->addTab(makeSettings(), tr("&General"));
  tabs_->addTab(models_, tr("&Models"));
  readings_ = new ReadingsPage(preferences, models->dataFolder(), this);
  tabs_->addTab(readings_, tr("&Kept readings"));

  note_ = new QLabel(this);
  note_->setTextFormat(Qt::PlainText);
  note_->setWordWrap(true);
  auto* buttons = new QDialogButtonBox(this);
  auto* defaults = buttons->addButton(tr("Restore de&faults"), QDialogButtonBox::ResetRole);
  apply_ = buttons->addButton(tr("&Apply"), QDialogButtonBox::ApplyRole);
  auto* close = buttons->addButton(tr("&Close"), QDialogButtonBox::RejectRole);
  // Return changes nothing from afar: a button is pressed by whoever is at it.
  for (auto* button : findChildren<QPushButton*>()) button->setAutoDefault(false);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(tabs_, 1);
  layout->addWidget(note_);
  layout->addWidget(buttons);
  resize(QSize(640, 520).expandedTo(sizeHint()).boundedTo(screen()->availableSize()));

  // Fills the fields; Apply applies them.
  connect(defaults, &QPushButton::clicked, this, [this] { fill(Settings{}); });
  connect(apply_, &QPushButton::clicked, this, &SettingsWindow::apply);
  connect(close, &QPushButton::clicked, this, &QDialog::close);
  connect(models_, &ModelsPage::importFileWanted, this, [this] { chooseModel(false); });
  connect(models_, &ModelsPage::importFolderWanted, this, [this] { chooseModel(true); });
  connect(preferences_, &Preferences::changed, this, [this] { fill(preferences_->settings()); });
  const auto isSettings = [=, this] {
    const bool settings = tabs_->currentWidget() != models_ && tabs_->currentWidget() != readings_;
    defaults->setVisible(settings);
    apply_->setVisible(settings);
    note_->setVisible(settings);
  };
  connect(tabs_, &QTabWidget::currentChanged, this, isSettings);
  fill(preferences_->settings());
}

QFormLayout* SettingsWindow::group(QWidget* page, const QString& title) {
  auto* box = new QGroupBox(title, page);
  auto* form = new QFormLayout(box);
  form->setRowWrapPolicy(QFormLayout::WrapLongRows);  // with large letters
  page->layout()->addWidget(box);
  return form;
}

QWidget* SettingsWindow::makeSettings() {
  auto* page = new QWidget;
  new QVBoxLayout(page);

  QFormLayout* answers = group(page, tr("Answers of a model"));
  addSpin(answers, "answers.window", tr("&Window:"), 0, 1 << 24, tr("all that it was made for"),
          tr(" tokens"));
  addSpin(answers, "answers.length", tr("&Longest answer:"), 1, 1 << 20, {}, tr(" tokens"));
  addSpin(answers, "answers.threads", tr("&Threads:"), 0, 1024, tr("one a core"), {});
  addChoice(answers, "answers.kv", tr("Keys and &values of what was read:"),
            {{std::string(Settings::kUsualCacheType), tr("as suits the model")},
             {"f32", tr("32 bits")},
             {"bf16", tr("16 bits")},
             {"int8", tr("8 bits: the least memory, a little less exact")}});
  addSpin(answers, "readings.gigabytes", tr("Keep w&hat was read, up to:"), 0, 1 << 16,
          tr("nothing"), tr(" GB"));
  addSwitch(answers, "answers.quote", tr("Answer with &quotations alone"));
  addNumber(answers, "answers.temperature", tr("T&emperature (0: the likeliest word):"), 100);
  addNumber(answers, "answers.top-p", tr("&Share of the likeliest words (top-p):"), 1);
  addSpin(answers, "answers.seed", tr("See&d:"), 0, std::numeric_limits<int>::max(), {}, {});

  QFormLayout* adding = group(page, tr("Adding documents"));
  addSpin(adding, "adding.page-seconds", tr("A &page may compute for:"), 1, 3600, {}, tr(" s"));
  addSpin(adding, "adding.document-minutes", tr("A whole d&ocument for:"), 1, 24 * 60, {},
          tr(" min"));

  QFormLayout* window = group(page, tr("Window"));
  addSpin(window, "reader.picture-megabytes", tr("Memor&y for drawn pages:"), 16, 16384, {},
          tr(" MB"));
  std::vector<std::pair<std::string, QString>> languages = {
      {std::string(Settings::kSystemLanguage), tr("as the system")}};
  for (const char* code : {"en", "ar", "de", "es", "fr", "he", "it", "nl", "pt"}) {
    languages.emplace_back(code, QLocale(QString::fromLatin1(code)).nativeLanguageName());
  }
  addChoice(window, "window.language", tr("Language and d&irection:"), languages);
  addChoice(window, "window.announcements", tr("A screen &reader is told of answers:"),
            {{"sentences", tr("every sentence")},
             {"ends", tr("only that they begin and end")},
             {"off", tr("nothing")}});
  static_cast<QVBoxLayout*>(page->layout())->addStretch(1);

  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setFocusPolicy(Qt::NoFocus);
  scroll->setWidget(page);
  scroll->setMinimumWidth(page->minimumSizeHint().width() +
                          scroll->verticalScrollBar()->sizeHint().width());
  return scroll;
}

void SettingsWindow::addSpin(QFormLayout* form,
                             const char* name,
                             const QString& label,
                             int least,
                             int most,
                             const QString& zero,
                             const QString& unit) {
  auto* field = new QSpinBox;
  field->setRange(least, most);
  field->setGroupSeparatorShown(true);
  field->setSpecialValueText(zero);
  field->setSuffix(unit);
  field->setObjectName(QString::fromLatin1(name));
  form->addRow(label, field);
  field->setAccessibleName(QString(label).remove(QLatin1Char('&')));
  fields_.push_back({name, [field] { return std::to_string(field->value()); },
                     [field](const std::string& value) {
                       field->setValue(static_cast<int>(std::min<long long>(
                           std::stoll(value), std::numeric_limits<int>::max())));
                     }});
  connect(field, &QSpinBox::valueChanged, this, &SettingsWindow::updateNote);
}

void SettingsWindow::addNumber(QFormLayout* form,
                               const char* name,
                               const QString& label,
                               double most) {
  auto* field = new QDoubleSpinBox;
  field->setRange(0, most);
  field->setDecimals(2);
  field->setSingleStep(0.05);
  field->setObjectName(QString::fromLatin1(name));
  form->addRow(label, field);
  field->setAccessibleName(QString(label).remove(QLatin1Char('&')));
  fields_.push_back(
      {name, [field] { return QString::number(field->value()).toStdString(); },
       [field](const std::string& value) { field->setValue(toQt(value).toDouble()); }});
  connect(field, &QDoubleSpinBox::valueChanged, this, &SettingsWindow::updateNote);
}

void SettingsWindow::addSwitch(QFormLayout* form, const char* name, const QString& label) {
  auto* field = new QCheckBox(label);
  field->setObjectName(QString::fromLatin1(name));
  form->addRow(field);
  fields_.push_back({name, [field] { return std::string(field->isChecked() ? "true" : "false"); },
                     [field](const std::string& value) { field->setChecked(value == "true"); }});
  connect(field, &QCheckBox::toggled, this, &SettingsWindow::updateNote);
}

void SettingsWindow::addChoice(QFormLayout* form,
                               const char* name,
                               const QString& label,
                               const std::vector<std::pair<std::string, QString>>& choices) {
  auto* field = new QComboBox;
  for (const auto& [value, text] : choices) field->addItem(text, toQt(value));
  field->setObjectName(QString::fromLatin1(name));
  form->addRow(label, field);
  field->setAccessibleName(QString(label).remove(QLatin1Char('&')));
  fields_.push_back({name, [field] { return fromQt(field->currentData().toString()); },
                     [field](const std::string& value) {
                       // A value from elsewhere, which the list does not have, is kept.
                       if (field->findData(toQt(value)) < 0)
                         field->addItem(toQt(value), toQt(value));
                       field->setCurrentIndex(field->findData(toQt(value)));
                     }});
  connect(field, &QComboBox::currentIndexChanged, this, &SettingsWindow::updateNote);
}

void SettingsWindow::fill(const Settings& settings) {
  filling_ = true;
  for (Field& field : fields_) {
    const SettingKey* key = findSetting(field.name).value();
    field.set(key->get(preferences_->settings()));
    field.kept = field.get();
    field.set(key->get(settings));
  }
  filling_ = false;
  updateNote();
}

// A number with more digits than its field has is not changed by looking at it.
SettingChanges SettingsWindow::changes() const {
  SettingChanges changed;
  for (const Field& field : fields_) {
    const std::string wanted = field.get();
    if (wanted == field.kept) continue;
    const bool isDefault = wanted == findSetting(field.name).value()->get({});
    changed[field.name] = isDefault ? std::nullopt : std::optional(wanted);
  }
  return changed;
}

void SettingsWindow::updateNote() {
  if (filling_) return;
  const SettingChanges changed = changes();
  QStringList costs;
  // What was read is good for one form of keys and values.
  const bool rereads = changed.contains("answers.kv");
  const bool reloads = changed.contains("answers.window") || changed.contains("answers.threads") ||
                       changed.contains("readings.gigabytes");
  if ((rereads || reloads) && !preferences_->settings().isExtractive()) {
    costs << (rereads
                  ? tr("The model is loaded again, and reads the documents again, with the next "
                       "question.")
                  : tr("The model is loaded again with the next question, and reads again what is "
                       "not kept."));
  }
  if (changed.contains("window.language")) {
    costs << tr("The language changes when Lectern is started the next time.");
  }
  if (changed.contains("adding.page-seconds") || changed.contains("adding.document-minutes")) {
    costs << tr("The times count for documents that are added after the next start.");
  }
  if (costs.isEmpty() && !changed.empty()) costs << tr("This costs nothing.");
  note_->setText(costs.join(QLatin1Char('\n')));
  apply_->setEnabled(!changed.empty());
}

void SettingsWindow::apply() {
  if (const SettingChanges changed = changes(); !changed.empty()) preferences_->change(changed);
}

void SettingsWindow::setCost(const std::function<QString(const std::string& engine)>& cost) {
  models_->setCost(cost);
}

void SettingsWindow::showModels() {
  tabs_->setCurrentWidget(models_);
}

void SettingsWindow::chooseModel(bool isFolder) {
  auto* dialog =
      new QFileDialog(this, isFolder ? tr("The folder of a model") : tr("The file of a model"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(isFolder ? QFileDialog::Directory : QFileDialog::ExistingFile);
  if (!isFolder) dialog->setNameFilters({tr("Models (*.gguf)"), tr("All files (*)")});
  connect(dialog, &QFileDialog::fileSelected, models_,
          [this](const QString& name) { models_->importModel(pathFromQt(name)); });
  dialog->open();
}

}  // namespace lectern::gui
