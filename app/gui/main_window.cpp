// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/main_window.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/drop_part.h"
#include "app/gui/engine_part.h"
#include "app/gui/models/library_model.h"
#include "app/gui/shelves.h"
#include "app/gui/talks.h"
#include "app/gui/views/answer_view.h"
#include "app/gui/views/conversation_list.h"
#include "app/gui/views/conversation_view.h"
#include "app/gui/views/reader_pane.h"
#include "app/gui/widgets/budget_bar.h"
#include "app/gui/widgets/job_strip.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileDialog>
#include <QLabel>
#include <QListView>
#include <QPlainTextEdit>
#include <QSettings>
#include <QSplitter>
#include <QStatusBar>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <utility>

namespace lectern::gui {

namespace {

constexpr size_t kHistory = 100;

}  // namespace

MainWindow::MainWindow(std::unique_ptr<DeskBridge> bridge, const MainWindowOptions& options)
    : options_(options), bridge_(std::move(bridge)) {
  setWindowTitle(tr("Lectern"));
  setAcceptDrops(true);
  makePanes();
  makeActions();
  connectBridge();
  restoreState();
  bridge_->desk().refresh();
}

MainWindow::~MainWindow() {
  // What was taken off and can be had back no more, now that the window goes.
  for (const RevisionId revision : leaving_) bridge_->desk().remove(revision);
  talks_->finish();
  shelves_->finish();
}

void MainWindow::makePanes() {
  model_ = new LibraryModel(this);
  tree_ = new QTreeView(this);
  tree_->setModel(model_);
  tree_->setHeaderHidden(true);
  tree_->setAccessibleName(tr("Library"));
  tree_->setUniformRowHeights(true);
  tree_->setTextElideMode(Qt::ElideMiddle);
  tree_->setContextMenuPolicy(Qt::ActionsContextMenu);

  pane_ = new ReaderPane(bridge_.get(), this);
  reader_ = pane_->view();
  conversation_ = new ConversationView(this);
  conversation_->setTitles([this](RevisionId revision) { return titleOf(revision); });

  conversations_ = new ConversationList(this);
  libraryPane_ = new QSplitter(Qt::Vertical, this);
  libraryPane_->addWidget(tree_);
  libraryPane_->addWidget(conversations_);
  libraryPane_->setSizes({400, 300});

  splitter_ = new QSplitter(this);
  splitter_->setChildrenCollapsible(true);
  splitter_->addWidget(libraryPane_);
  splitter_->addWidget(pane_);
  splitter_->addWidget(conversation_);
  splitter_->setStretchFactor(1, 1);
  splitter_->setSizes({220, 640, 380});

  jobs_ = new JobStrip(this);
  auto* middle = new QWidget(this);
  auto* layout = new QVBoxLayout(middle);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(splitter_, 1);
  layout->addWidget(jobs_);
  talks_ = new Talks(bridge_.get(), conversations_, conversation_, jobs_);
  shelves_ = new Shelves(bridge_.get(), tree_, model_, jobs_);
  setCentralWidget(middle);
  engine_ =
      new EnginePart(bridge_.get(), {options_.configFolder, options_.dataFolder}, jobs_, this);
  layout->addWidget(engine_->bar());
  drop_ = new DropPart(bridge_.get(), jobs_, this);

  auto* network = new QLabel(tr("Network: off"), this);
  network->setToolTip(tr("Your documents stay on this computer."));
  statusBar()->addPermanentWidget(network);

  connect(talks_, &Talks::opened, shelves_, &Shelves::select);
  connect(shelves_, &Shelves::scopeChanged, this, &MainWindow::updateScope);
  connect(tree_, &QTreeView::activated, this, [this](const QModelIndex& index) {
    if (const auto revision = model_->document(index)) {
      rememberPlace();
      openDocument(*revision, std::nullopt);
    }
  });
  connect(conversation_, &ConversationView::asked, this, &MainWindow::ask);
  const Preferences* preferences = engine_->preferences();
  const auto useMemory = [this, preferences] {
    reader_->pictures()->setMemory(preferences->settings().pictureMegabytes);
  };
  connect(preferences, &Preferences::changed, this, useMemory);
  useMemory();
  connect(engine_, &EnginePart::openWanted, this,
          [this](RevisionId revision) { openDocument(revision, std::nullopt); });
  connect(drop_, &DropPart::addWanted, this,
          [this](const std::vector<std::filesystem::path>& files, AfterAdding after) {
            afterAdding_ = after;
            addFiles(files);
          });
  connect(conversation_, &ConversationView::summaryWanted, this, &MainWindow::summarize);
  connect(conversation_, &ConversationView::citationOpened, this, &MainWindow::openCitation);
  connect(pane_, &ReaderPane::leavingPlace, this, &MainWindow::rememberPlace);
  connect(jobs_, &JobStrip::pauseWanted, this, [this](JobId id) { bridge_->desk().pause(id); });
  connect(jobs_, &JobStrip::cancelWanted, this, [this](JobId id) { bridge_->desk().cancel(id); });
  connect(jobs_, &JobStrip::resumeWanted, this, [this](JobId id, const QString& password) {
    bridge_->desk().resume(id, fromQt(password));
  });
}

void MainWindow::connectBridge() {
  DeskBridge* bridge = bridge_.get();
  connect(bridge, &DeskBridge::libraryChanged, this, &MainWindow::takeLibrary);
  connect(bridge, &DeskBridge::jobChanged, this, &MainWindow::takeJob);
  connect(bridge, &DeskBridge::failed, jobs_, &JobStrip::showProblem);
  connect(bridge, &DeskBridge::documentOpened, this, &MainWindow::takeDocument);
  connect(bridge, &DeskBridge::answerEvent, conversation_, &ConversationView::take);
  connect(bridge, &DeskBridge::answerEnded, conversation_,
          [this](QuestionId id, const StoreReport& /*store*/, const QString& problem) {
            conversation_->end(id, problem);
          });
  connect(conversation_, &ConversationView::stopWanted, this,
          [this](QuestionId id) { bridge_->desk().stop(id); });
}

void MainWindow::takeLibrary(const LibraryViewPtr& view) {
  const bool first = library_ == nullptr;
  library_ = view;
  model_->setLibrary(view);
  engine_->setLibrary(view);
  if (first) {
    tree_->expandAll();
    tree_->setCurrentIndex(model_->index(0, 0, {}));
    if (!view->canWrite) jobs_->showProblem(toQt(view->readOnlyReason));
    for (const std::string& notice : view->notices) jobs_->showProblem(toQt(notice));
  }
  shelves_->setLibrary(*view);
  talks_->setLibrary(*view);
  updateScope();
}

void MainWindow::takeJob(const Job& job) {
  jobs_->show(job);
  if (job.state != Job::State::Done || !job.report) return;
  for (const Page& page : job.report->troubled) {
    if (page.state != PageState::Skipped) continue;
    jobs_->showProblem(tr("Page %1 of %2 could not be read: %3")
                           .arg(QLocale().toString(page.number),
                                isolated(pathToQt(job.file.filename())), toQt(page.problem)));
    break;  // the list tells how many there are
  }
  if (!openNext_) return;
  openNext_ = false;
  openDocument(job.report->revision, std::nullopt);
  if (afterAdding_ == AfterAdding::Ask) conversation_->questionBox()->setFocus();
  if (afterAdding_ == AfterAdding::Summarise) {
    talks_->summarize(tr("Summary of %1").arg(toQt(job.report->info.document.title)),
                      {job.report->revision});
  }
}

void MainWindow::addFiles(const std::vector<std::filesystem::path>& files) {
  openNext_ = !files.empty();
  for (const std::filesystem::path& file : files) bridge_->desk().add(file, {});
}

void MainWindow::chooseFiles() {
  auto* dialog = new QFileDialog(this, tr("Add documents"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFiles);
  dialog->setNameFilters({tr("Documents (*.pdf *.txt *.md *.markdown)"), tr("All files (*)")});
  connect(dialog, &QFileDialog::filesSelected, this, [this](const QStringList& names) {
    std::vector<std::filesystem::path> files;
    for (const QString& name : names) files.push_back(pathFromQt(name));
    addFiles(files);
  });
  dialog->open();
}

// It goes at once from the list, and from the library when the undo is over.
void MainWindow::removeSelected() {
  if (shelves_->removeSelected()) return;
  const auto revision = model_->document(tree_->currentIndex());
  if (!revision) return;
  leaving_.insert(*revision);
  model_->setHidden(leaving_);
  if (reader_->document() != nullptr && reader_->document()->info.id == *revision) {
    pane_->clear();
  }
  const RevisionId id = *revision;
  jobs_->offerUndo(
      tr("%1 was taken off.").arg(isolated(titleOf(id))),
      [this, id] {
        leaving_.erase(id);
        model_->setHidden(leaving_);
      },
      [this, id] {
        if (leaving_.erase(id) > 0) bridge_->desk().remove(id);
      });
}

void MainWindow::updateScope() {
  const std::vector<RevisionId> scope = shelves_->scope();
  conversation_->setScope(shelves_->scopeName(), static_cast<int>(scope.size()));
  engine_->setScope(scope);
}

void MainWindow::ask(const QString& question) {
  const std::vector<RevisionId> scope = shelves_->scope();
  if (scope.empty()) return;
  engine_->ask(
      question, scope,
      [this, question](const std::vector<RevisionId>& chosen, const AskOptions& options) {
        evidenceOf_ = talks_->ask(question, chosen, options);
        evidence_ = -1;
      },
      [this, question] { conversation_->questionBox()->setPlainText(question); });
}

void MainWindow::summarize() {
  const std::vector<RevisionId> scope = shelves_->scope();
  if (scope.empty()) return;
  const QString name = scope.size() == 1 ? titleOf(scope.front()) : shelves_->scopeName();
  evidenceOf_ = talks_->summarize(tr("Summary of %1").arg(name), scope);
  evidence_ = -1;
}

void MainWindow::openDocument(RevisionId revision, std::optional<ReaderPlace> place) {
  wantedPlace_ = std::move(place);
  wantedEvidence_.reset();
  bridge_->openDocument(revision);
}

void MainWindow::takeDocument(const DocumentViewPtr& document) {
  pane_->setDocument(document);
  setWindowTitle(tr("%1 — Lectern").arg(toQt(document->info.document.title)));
  if (const QModelIndex row = model_->indexOf(document->info.id);
      row.isValid() && model_->document(tree_->currentIndex()) != document->info.id) {
    tree_->scrollTo(row);
  }
  if (wantedEvidence_) {
    mark(*wantedEvidence_);
  } else if (wantedPlace_) {
    reader_->goTo(*wantedPlace_);
  }
  wantedEvidence_.reset();
  wantedPlace_.reset();
}

void MainWindow::openCitation(AnswerView* answer, int index) {
  evidenceOf_ = answer;
  evidence_ = index - 1;
  stepEvidence(1);
}

void MainWindow::stepEvidence(int by) {
  if (evidenceOf_ == nullptr) {
    evidenceOf_ = conversation_->lastAnswer();
    evidence_ = -1;
  }
  if (evidenceOf_ == nullptr) return;
  const std::vector<Evidence> evidence = evidenceOf_->answer().evidence();
  const auto count = static_cast<int>(evidence.size());
  if (count == 0) return;
  evidence_ = evidence_ < 0 && by < 0 ? count - 1 : (evidence_ + by + count) % count;
  pane_->setEvidence(evidence, evidence_);
  showEvidence(evidence[static_cast<size_t>(evidence_)]);
}

void MainWindow::markAllEvidence(bool all) {
  if (evidenceOf_ != nullptr) pane_->setEvidence(evidenceOf_->answer().evidence(), evidence_);
  pane_->markAllEvidence(all);
}

void MainWindow::mark(const Evidence& evidence) {
  reader_->showEvidence(evidence.citation.page, evidence.citation.rects, evidence.isProven());
}

void MainWindow::showEvidence(const Evidence& evidence) {
  rememberPlace();
  const RevisionId revision = evidence.citation.revision;
  if (reader_->document() != nullptr && reader_->document()->info.id == revision) {
    mark(evidence);
  } else {
    openDocument(revision, std::nullopt);
    wantedEvidence_ = evidence;
  }
  reader_->setFocus();
}

void MainWindow::rememberPlace() {
  const auto place = reader_->place();
  if (!place) return;
  back_.push_back(*place);
  if (back_.size() > kHistory) back_.erase(back_.begin());
  forward_.clear();
}

void MainWindow::travel(std::vector<ReaderPlace>& from, std::vector<ReaderPlace>& to) {
  if (from.empty()) return;
  const ReaderPlace place = from.back();
  from.pop_back();
  if (const auto here = reader_->place()) to.push_back(*here);
  if (reader_->document() != nullptr && reader_->document()->info.id == place.revision) {
    reader_->goTo(place);
  } else {
    openDocument(place.revision, place);
  }
}

void MainWindow::cyclePanes(int by) {
  const std::array<QWidget*, 4> panes = {tree_, conversations_->view(), reader_,
                                         conversation_->questionBox()};
  constexpr int kPanes = panes.size();
  const auto holds = [](const QWidget* pane) {
    const QWidget* focus = QApplication::focusWidget();
    return focus != nullptr && (focus == pane || pane->isAncestorOf(focus));
  };
  int at = 0;
  for (int i = 0; i < kPanes; ++i) {
    if (holds(panes[static_cast<size_t>(i)])) at = i;
  }
  if (conversation_->isAncestorOf(QApplication::focusWidget())) at = kPanes - 1;
  for (int step = 1; step <= kPanes; ++step) {
    QWidget* next = panes[static_cast<size_t>((at + by * step + 2 * kPanes) % kPanes)];
    if (!next->isVisible()) continue;
    next->setFocus(Qt::ShortcutFocusReason);
    return;
  }
}

QString MainWindow::titleOf(RevisionId revision) const {
  const RevisionInfo* info = model_->info(revision);
  return info == nullptr ? tr("a document that was taken off") : toQt(info->document.title);
}

void MainWindow::restoreState() {
  resize(1280, 800);
  if (options_.stateFile.empty()) return;
  const QSettings state(pathToQt(options_.stateFile), QSettings::IniFormat);
  restoreGeometry(state.value(QStringLiteral("geometry")).toByteArray());
  splitter_->restoreState(state.value(QStringLiteral("panes")).toByteArray());
  pane_->restoreState(state);
  libraryPane_->restoreState(state.value(QStringLiteral("libraryPane")).toByteArray());
  const QVariant talk = state.value(QStringLiteral("conversation"));
  talks_->restore(
      talk.toLongLong() == 0 ? std::nullopt : std::optional(ConversationId(talk.toLongLong())),
      talk.isValid());
  const qlonglong revision = state.value(QStringLiteral("document"), 0).toLongLong();
  if (revision == 0) return;
  openDocument(RevisionId(revision),
               ReaderPlace{RevisionId(revision), state.value(QStringLiteral("page"), 1).toInt(),
                           state.value(QStringLiteral("down"), 0).toDouble()});
}

void MainWindow::saveState() {
  if (options_.stateFile.empty()) return;
  QSettings state(pathToQt(options_.stateFile), QSettings::IniFormat);
  state.setValue(QStringLiteral("geometry"), saveGeometry());
  state.setValue(QStringLiteral("panes"), splitter_->saveState());
  pane_->saveState(state);
  state.setValue(QStringLiteral("libraryPane"), libraryPane_->saveState());
  state.setValue(QStringLiteral("conversation"),
                 static_cast<qlonglong>(talks_->current().value_or(ConversationId{0})));
  const auto place = reader_->place();
  state.setValue(QStringLiteral("document"),
                 place ? static_cast<qlonglong>(place->revision) : qlonglong{0});
  if (!place) return;
  state.setValue(QStringLiteral("page"), place->page);
  state.setValue(QStringLiteral("down"), place->down);
}

void MainWindow::closeEvent(QCloseEvent* event) {
  saveState();
  event->accept();
}

void MainWindow::resizeEvent(QResizeEvent* event) {
  QMainWindow::resizeEvent(event);
  drop_->hideOverlay();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  drop_->enter(event);
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent* /*event*/) {
  drop_->leave();
}

void MainWindow::dropEvent(QDropEvent* event) {
  drop_->drop(event);
}

}  // namespace lectern::gui
