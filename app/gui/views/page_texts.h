// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"

#include <QObject>

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>

namespace lectern::gui {

/// The texts of the pages around the view, read elsewhere: `readWanted` asks for one, `take` brings
/// it. Thread: the window's.
class PageTexts : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;
  ~PageTexts() override { clear(); }

  void setRevision(RevisionId revision);
  void clear();
  /// Keeps what is known near these pages, and asks for those that are missing.
  void want(int first, int last);
  /// Null while it is not there, and where a page cannot be read.
  [[nodiscard]] StoredPagePtr page(int number) const;
  /// Where the page begins in the revision's text; known of every page that was read once.
  [[nodiscard]] std::optional<int64_t> byteStart(int page) const;

 public slots:
  void take(lectern::RevisionId revision, int number, const lectern::gui::StoredPagePtr& page);

 signals:
  void readWanted(lectern::RevisionId revision, int page, const std::stop_token& stop);
  void arrived(int page);

 private:
  RevisionId revision_{};
  std::map<int, StoredPagePtr> pages_;
  std::map<int, int64_t> starts_;
  std::map<int, std::stop_source> pending_;
};

}  // namespace lectern::gui
