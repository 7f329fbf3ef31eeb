// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHash>
#include <QLabel>

namespace lectern::gui {

/// Plain words over several lines, which can be selected and copied. A QLabel lays its text out
/// anew whenever a layout asks how high it is; this one remembers. Thread: the window's.
class WrappedLabel : public QLabel {
  Q_OBJECT
 public:
  explicit WrappedLabel(const QString& text, QWidget* parent = nullptr);

  [[nodiscard]] int heightForWidth(int width) const override;

 protected:
  void changeEvent(QEvent* event) override;

 private:
  mutable QString measured_;         // the text of which heights_ is true
  mutable QHash<int, int> heights_;  // by width
};

}  // namespace lectern::gui
