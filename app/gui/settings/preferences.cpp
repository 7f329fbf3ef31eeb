// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/settings/preferences.h"

#include "app/gui/bridge/later.h"
#include "app/gui/bridge/strings.h"
#include "core/base/check.h"

#include <utility>

namespace lectern::gui {

Preferences::Preferences(std::filesystem::path folder, QObject* parent)
    : QObject(parent), folder_(std::move(folder)) {
  if (folder_.empty()) return;
  LoadedSettings loaded = loadSettings(folder_);
  settings_ = std::move(loaded.settings);
  for (const std::string& problem : loaded.problems) problems_ << toQt(problem);
}

void Preferences::change(const SettingChanges& changes) {
  const Settings before = settings_;
  for (const auto& [name, value] : changes) {
    const SettingKey* key = findSetting(name).value();
    const Result<void> set = key->set(settings_, value ? *value : key->get({}));
    LECTERN_CHECK(set.has_value());
  }
  if (settings_ == before) return;
  emit changed();
  if (folder_.empty()) return;
  writer_.post([this, changes] {
    const Result<void> written = changeSettings(folder_, changes);
    if (written) return;
    const QString sentence = toQt(written.error().message);
    later(this, [this, sentence] { emit failed(sentence); });
  });
}

}  // namespace lectern::gui
