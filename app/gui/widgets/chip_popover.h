// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/views/answer_text.h"

#include <QFrame>
#include <QPointer>
#include <QTimer>

class QBoxLayout;
class QLabel;
class QPushButton;

namespace lectern::gui {

/// What stands behind a chip: document, page, the words, and how far they prove the sentence. It
/// lies over the window beside its chip, and goes when pointer and focus have left both. Thread:
/// the window's.
class ChipPopover : public QFrame {
  Q_OBJECT
 public:
  explicit ChipPopover(QWidget* window);

  /// `title` names the document; `chip` is in the window's coordinates.
  void show(const Evidence& evidence, const QString& title, const QRect& chip);
  /// Takes the focus; Escape gives it back.
  void enter();
  /// The chip was left: hides soon, unless the pointer or the focus is in here by then.
  void leave();
  [[nodiscard]] QString text() const;

 signals:
  void openWanted();

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void leaveEvent(QEvent* event) override;

 private:
  [[nodiscard]] QRect roomAround(const QRect& chip) const;
  void place(const QRect& chip);
  void dismiss();

  QString copied_;
  QPointer<QWidget> focusBefore_;
  QTimer hideTimer_;
  QLabel* title_ = nullptr;
  QLabel* quote_ = nullptr;
  QLabel* verdict_ = nullptr;
  QBoxLayout* buttons_ = nullptr;
  QPushButton* open_ = nullptr;
  QPushButton* copy_ = nullptr;
};

}  // namespace lectern::gui
