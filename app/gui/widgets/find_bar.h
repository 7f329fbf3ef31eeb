// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QCheckBox;
class QLabel;
class QLineEdit;
class QToolButton;

namespace lectern::gui {

/// The bar in which one types what to look for, and reads how often it stands there. Hidden until
/// `start`; Escape closes it. Thread: the window's.
class FindBar : public QWidget {
  Q_OBJECT
 public:
  explicit FindBar(QWidget* parent = nullptr);

  /// Shows the bar with that text, all of it selected; with an empty one it keeps what it had.
  void start(const QString& text);
  [[nodiscard]] QString text() const;
  [[nodiscard]] bool matchesCase() const;
  /// `current` counts from 1; 0: none.
  void showCount(int current, int count, bool searching);
  void showProblem(const QString& sentence);

 public slots:
  void close();

 signals:
  /// What to look for has changed; an empty text finds nothing.
  void searchWanted(const QString& text, bool matchCase);
  void stepWanted(bool forward);
  void closed();

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void search();

  QLineEdit* text_;
  QCheckBox* case_;
  QLabel* count_;
  QToolButton* previous_;
  QToolButton* next_;
};

}  // namespace lectern::gui
