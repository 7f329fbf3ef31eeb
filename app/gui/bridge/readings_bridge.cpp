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

void ReadingsBridge::refresh() {
  remove({});
}

void ReadingsBridge::remove(const std::vector<std::string>& ids) {
  thread_.post([this, ids] {
    const Result<ReadingListPtr> listed = [&]() -> Result<ReadingListPtr> {
      for (const std::string& id : ids) {
        const Result<void> removed = readingStore(dataFolder_).remove(id);
        // It may have gone to make room for another one.
        if (!removed && removed.error().code != ErrorCode::NotFound) return removed.error();
      }
      return list();
    }();
    later(this, [this, listed] {
      if (listed) {
        emit this->listed(*listed);
      } else {
        emit failed(toQt(listed.error().message));
      }
    });
  });
}

}  // namespace lectern::gui
