// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"
#include "app/gui/views/reader_view.h"

#include <QMainWindow>

#include <filesystem>
#include <memory>
#include <set>
#include <vector>

class QSplitter;
class QTreeView;

namespace lectern::gui {

class Adding;
class ConversationList;
class ConversationView;
class DropPart;
class EnginePart;
class FolderWatch;
class JobStrip;
class LibraryModel;
class Places;
class ReaderPane;
class ShelfChoice;
class Shelves;
class Talks;
class Welcome;

struct MainWindowOptions {
  /// Layout and last place, an INI file; empty: nothing is kept.
  std::filesystem::path stateFile;
  std::filesystem::path configFolder;  ///< of the settings; empty: they are not kept
  std::filesystem::path dataFolder;    ///< of the workspace, for its models; empty: as it finds it
};

/// Library, reader and conversation side by side, over one desk. Thread: the window's.
class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  MainWindow(std::unique_ptr<DeskBridge> bridge, const MainWindowOptions& options);
  ~MainWindow() override;

  /// Adds files that were asked for by name: the first one is opened.
  void addFiles(const std::vector<std::filesystem::path>& files);
  void ask(const QString& question);
  /// Summarises what is selected.
  void summarize();

  // Parts, for tests.
  [[nodiscard]] DeskBridge* bridge() const { return bridge_.get(); }
  [[nodiscard]] ReaderView* reader() const { return reader_; }
  [[nodiscard]] ReaderPane* readerPane() const { return pane_; }
  [[nodiscard]] ConversationView* conversation() const { return conversation_; }
  [[nodiscard]] ConversationList* conversations() const { return conversations_; }
  [[nodiscard]] Talks* talks() const { return talks_; }
  [[nodiscard]] JobStrip* jobs() const { return jobs_; }
  [[nodiscard]] EnginePart* engine() const { return engine_; }
  [[nodiscard]] Adding* adding() const { return adding_; }
  [[nodiscard]] Places* places() const { return places_; }
  [[nodiscard]] FolderWatch* folderWatch() const { return watch_; }
  [[nodiscard]] QTreeView* libraryView() const { return tree_; }
  [[nodiscard]] LibraryModel* library() const { return model_; }

 protected:
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dragLeaveEvent(QDragLeaveEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void makePanes();
  void makeParts();
  void makeActions();
  void makeToolbar(QAction* add, QAction* summarise, QAction* back, QAction* forward);
  void connectParts();
  void restoreState();
  void saveState();

  void takeLibrary(const LibraryViewPtr& view);
  void takeDocument(const DocumentViewPtr& document);
  void keepAdded(const Job& job);
  void removeSelected();
  [[nodiscard]] bool hasSkippedPages() const;
  void readSkipped();
  /// What is selected and neither read to its end nor being read.
  [[nodiscard]] std::vector<RevisionInfo> unfinished() const;
  void readOn();
  void updateReadOn();
  void updateScope();
  void showScope();
  void cyclePanes(int by);
  [[nodiscard]] QString titleOf(RevisionId revision) const;

  MainWindowOptions options_;
  LibraryModel* model_ = nullptr;
  QTreeView* tree_ = nullptr;
  ReaderPane* pane_ = nullptr;
  ReaderView* reader_ = nullptr;  // of the pane
  ConversationView* conversation_ = nullptr;
  ConversationList* conversations_ = nullptr;
  Places* places_ = nullptr;
  Talks* talks_ = nullptr;
  Shelves* shelves_ = nullptr;
  JobStrip* jobs_ = nullptr;
  Adding* adding_ = nullptr;
  ShelfChoice* choice_ = nullptr;
  FolderWatch* watch_ = nullptr;
  Welcome* welcome_ = nullptr;
  QSplitter* splitter_ = nullptr;
  DropPart* drop_ = nullptr;
  EnginePart* engine_ = nullptr;
  QSplitter* libraryPane_ = nullptr;
  QAction* readOn_ = nullptr;

  LibraryViewPtr library_;
  std::set<RevisionId> leaving_;  // taken off, and still to be had back

  std::unique_ptr<DeskBridge> bridge_;  // last: it tells the others
};

}  // namespace lectern::gui
