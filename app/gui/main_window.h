// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"
#include "app/gui/drop_part.h"
#include "app/gui/views/answer_text.h"
#include "app/gui/views/reader_view.h"

#include <QMainWindow>
#include <QPointer>

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <vector>

class QSplitter;
class QTreeView;

namespace lectern::gui {

class AnswerView;
class ConversationList;
class ConversationView;
class EnginePart;
class JobStrip;
class LibraryModel;
class ReaderPane;
class Shelves;
class Talks;

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

  /// Adds files, as if they were dropped. The first one is opened.
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
  void makeActions();
  void connectBridge();
  void restoreState();
  void saveState();

  void takeLibrary(const LibraryViewPtr& view);
  void takeJob(const Job& job);
  void chooseFiles();
  void removeSelected();
  void updateScope();
  void openDocument(RevisionId revision, std::optional<ReaderPlace> place);
  void takeDocument(const DocumentViewPtr& document);
  void openCitation(AnswerView* answer, int index);
  void stepEvidence(int by);
  void markAllEvidence(bool all);
  void showEvidence(const Evidence& evidence);
  void mark(const Evidence& evidence);
  void rememberPlace();
  void travel(std::vector<ReaderPlace>& from, std::vector<ReaderPlace>& to);
  void cyclePanes(int by);
  [[nodiscard]] QString titleOf(RevisionId revision) const;

  MainWindowOptions options_;
  LibraryModel* model_ = nullptr;
  QTreeView* tree_ = nullptr;
  ReaderPane* pane_ = nullptr;
  ReaderView* reader_ = nullptr;  // of the pane
  ConversationView* conversation_ = nullptr;
  ConversationList* conversations_ = nullptr;
  Talks* talks_ = nullptr;
  Shelves* shelves_ = nullptr;
  JobStrip* jobs_ = nullptr;
  QSplitter* splitter_ = nullptr;
  DropPart* drop_ = nullptr;
  EnginePart* engine_ = nullptr;
  QSplitter* libraryPane_ = nullptr;

  LibraryViewPtr library_;
  std::set<RevisionId> leaving_;  // taken off, and still to be had back
  std::vector<ReaderPlace> back_;
  std::vector<ReaderPlace> forward_;
  std::optional<ReaderPlace> wantedPlace_;  // once the document is there
  std::optional<Evidence> wantedEvidence_;  // likewise
  QPointer<AnswerView> evidenceOf_;         // whose citations F8 steps through
  int evidence_ = -1;
  AfterAdding afterAdding_ = AfterAdding::Open;
  bool openNext_ = false;  // the next document that is read in is shown

  std::unique_ptr<DeskBridge> bridge_;  // last: it tells the others
};

}  // namespace lectern::gui
