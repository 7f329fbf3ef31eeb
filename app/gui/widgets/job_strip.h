// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/ids.h"

#include <QWidget>

#include <functional>
#include <map>
#include <vector>

class QVBoxLayout;

namespace lectern::gui {

class JobRow;

/// What is being read into the library, a row a file, and what went wrong: rows instead of message
/// boxes. It is hidden while there is nothing to tell. Thread: the window's.
class JobStrip : public QWidget {
  Q_OBJECT
 public:
  explicit JobStrip(QWidget* parent = nullptr);

  void show(const Job& job);
  /// A row with a sentence and nothing to do but to dismiss it.
  void showProblem(const QString& sentence);
  /// A row with a sentence and a button; `undo` is called when it is pressed, `done` when the row
  /// goes without.
  void offerUndo(const QString& sentence,
                 const std::function<void()>& undo,
                 const std::function<void()>& done);
  /// A row with a sentence and something to choose; it goes with the choice.
  struct Choice {
    QString text;
    std::function<void()> chosen;
  };
  QWidget* offerChoice(const QString& sentence, const std::vector<Choice>& choices);
  /// Of a row that is still there.
  static void setSentence(QWidget* row, const QString& sentence);
  void removeRow(QWidget* row);
  [[nodiscard]] int rowCount() const;

 signals:
  void pauseWanted(lectern::JobId job);
  void resumeWanted(lectern::JobId job, const QString& password);
  void cancelWanted(lectern::JobId job);

 private:
  void append(QWidget* row);

  QVBoxLayout* rows_ = nullptr;
  std::map<JobId, JobRow*> jobs_;
};

}  // namespace lectern::gui
