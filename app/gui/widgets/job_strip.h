// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/ids.h"

#include <QWidget>

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <vector>

class QLabel;
class QScrollArea;
class QVBoxLayout;

namespace lectern::gui {

class JobRow;

/// What is being read into the library, a row a file, and what went wrong: rows instead of message
/// boxes. What can be chosen or undone stands above what is being read, and problems below. It
/// takes at most about a quarter of the window and scrolls; several problems are counted on a line
/// that dismisses them all. It is hidden while there is nothing to tell. Thread: the window's.
class JobStrip : public QWidget {
  Q_OBJECT
 public:
  explicit JobStrip(QWidget* parent = nullptr);

  void show(const Job& job);
  /// A row with a sentence and nothing to do but to dismiss it. One that is there already stays the
  /// only one.
  void showProblem(const QString& sentence);
  /// A row with a sentence and a button; `undo` is called when it is pressed, `done` when the row
  /// goes without.
  void offerUndo(const QString& sentence,
                 const std::function<void()>& undo,
                 const std::function<void()>& done);
  [[nodiscard]] bool canUndo() const { return !undos_.empty(); }
  /// As the button of the row that was offered last.
  void undo();
  /// A row with a sentence and something to choose; it goes with the choice.
  struct Choice {
    QString text;
    std::function<void()> chosen;
  };
  QWidget* offerChoice(const QString& sentence, const std::vector<Choice>& choices);
  /// The same of a problem, which is also dismissed with the others.
  void offerRemedy(const QString& sentence, const Choice& remedy);
  /// Of a row that is still there.
  static void setSentence(QWidget* row, const QString& sentence);
  void removeRow(QWidget* row);
  [[nodiscard]] int rowCount() const;

 signals:
  void pauseWanted(lectern::JobId job);
  void resumeWanted(lectern::JobId job, const QString& password);
  void cancelWanted(lectern::JobId job);
  void undoChanged();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  struct File {
    JobRow* row = nullptr;
    std::filesystem::path path;
    bool failed = false;
  };
  struct Undo {
    QWidget* row = nullptr;
    std::function<void()> undo;
  };

  QWidget* addProblem(const QString& sentence, const std::vector<Choice>& choices);
  QWidget* makeChoice(const QString& sentence, const std::vector<Choice>& choices);
  void addFile(const Job& job);
  void forgetFailure(const std::filesystem::path& path);
  void dismissAll();
  void tidy();
  void fit();

  QWidget* head_ = nullptr;  // counts the problems
  QLabel* count_ = nullptr;  // likewise
  QScrollArea* area_ = nullptr;
  QWidget* content_ = nullptr;      // of the area
  QVBoxLayout* offers_ = nullptr;   // its parts, from the top
  QVBoxLayout* running_ = nullptr;  // likewise
  QVBoxLayout* failed_ = nullptr;   // likewise
  std::map<JobId, File> jobs_;
  std::map<QWidget*, QString> problems_;  // other than files that failed
  std::vector<Undo> undos_;               // the last one goes first
};

}  // namespace lectern::gui
