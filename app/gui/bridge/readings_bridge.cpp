// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/bridge/readings_bridge.h"

#include "app/gui/bridge/later.h"
#include "app/gui/bridge/strings.h"

#include <utility>

namespace lectern::gui {

ReadingsBridge::ReadingsBridge(std::filesystem::path dataFolder, QObject* parent)
    : QObject(parent), dataFolder_(std::move(dataFolder)) {}

Result<ReadingListPtr> ReadingsBridge::list() const {
  const auto library = TRY(Library::open(dataFolder_, Library::OpenMode::Read));
  return std::make_shared<const ReadingList>(TRY(listReadings(*library, dataFolder_)));
}

void ReadingsBridge::run(const std::function<Result<void>(const ReadingStore&)>& change) {
  thread_.post([this, change] {
    Result<void> changed;
    if (const auto store = existingReadings(dataFolder_)) changed = change(*store);
    const Result<ReadingListPtr> now = list();
    later(this, [this, changed, now] {
      if (now) emit listed(*now);
      if (!changed || !now) {
        emit failed(toQt(changed ? now.error().message : changed.error().message));
      }
    });
  });
}

void ReadingsBridge::refresh() {
  run([](const ReadingStore&) -> Result<void> { return {}; });
}

void ReadingsBridge::remove(const std::vector<std::string>& ids) {
  run([ids](const ReadingStore& store) -> Result<void> {
    for (const std::string& id : ids) {
      const Result<void> removed = store.remove(id);
      // It may have gone to make room for another one.
      if (!removed && removed.error().code != ErrorCode::NotFound) return removed.error();
    }
    return {};
  });
}

void ReadingsBridge::removeUnusedSince(qint64 unixMs) {
  run([unixMs](const ReadingStore& store) -> Result<void> {
    TRY(store.removeUnusedSince(unixMs));
    return {};
  });
}

}  // namespace lectern::gui
