// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/library/library.h"

#include <QWidget>

#include <optional>
#include <vector>

class QLabel;
class QLineEdit;

namespace lectern::gui {

/// The page that text names: its number, counted from 1, or its label in the document ("xlv").
/// Where it could be either it is the number, which is what the window shows first.
std::optional<int> pageNamed(const QString& text, const std::vector<PageShape>& pages);

/// The number of the page in view, with its label, and the field to go to another one. Thread: the
/// window's.
class PageBox : public QWidget {
  Q_OBJECT
 public:
  explicit PageBox(QWidget* parent = nullptr);

  /// The pages must live until the next call; none: the box is disabled.
  void setPages(const std::vector<PageShape>* pages);
  void showPage(int page);
  /// Waits for a page to be typed.
  void start();

 signals:
  void pageWanted(int page);
  /// Typing is over, one way or the other.
  void left();

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void accept();

  const std::vector<PageShape>* pages_ = nullptr;
  int page_ = 0;
  QLineEdit* number_;
  QLabel* rest_;
};

}  // namespace lectern::gui
