// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/ids.h"

#include <QPushButton>

#include <optional>

namespace lectern::gui {

/// A button in the status bar that opens the document which was added last. It is there while there
/// is something to open. Thread: the window's.
class OpenOffer : public QPushButton {
  Q_OBJECT
 public:
  explicit OpenOffer(QWidget* parent = nullptr);

  void offer(RevisionId revision, const QString& title);
  /// The document is being read, or was taken off: there is nothing to offer about it.
  void withdraw(RevisionId revision);
  [[nodiscard]] std::optional<RevisionId> offered() const { return offered_; }

 signals:
  void openWanted(lectern::RevisionId revision);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void showTitle();

  std::optional<RevisionId> offered_;
  QString title_;
};

}  // namespace lectern::gui
