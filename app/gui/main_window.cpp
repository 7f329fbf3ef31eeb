// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/main_window.h"

#include "app/gui/adding.h"
#include "app/gui/bridge/strings.h"
#include "app/gui/drop_part.h"
#include "app/gui/engine_part.h"
#include "app/gui/folder_watch.h"
#include "app/gui/models/library_model.h"
#include "app/gui/places.h"
#include "app/gui/shelf_choice.h"
#include "app/gui/shelves.h"
#include "app/gui/talks.h"
#include "app/gui/views/conversation_list.h"
#include "app/gui/views/conversation_view.h"
#include "app/gui/views/reader_pane.h"
#include "app/gui/widgets/budget_bar.h"
#include "app/gui/widgets/job_strip.h"
#include "app/gui/widgets/open_offer.h"
#include "app/gui/widgets/welcome.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QLabel>
#include <QListView>
#include <QPlainTextEdit>
#include <QScreen>
#include <QSettings>
#include <QSplitter>
#include <QStatusBar>
#include <QStyle>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <utility>

namespace lectern::gui {

namespace {

constexpr int kIndentation = 14;  // of documents below their shelf: names need the room
constexpr int kLeastReader = 320;

// As large as the screen has room for, with the frame that a window manager draws around it.
QSize firstSize(const QWidget& window) {
  const int frame = window.style()->pixelMetric(QStyle::PM_TitleBarHeight, nullptr, &window);
  return QSize(1280, 800).boundedTo(window.screen()->availableSize() - QSize(frame / 2, 2 * frame));
}

}  // namespace

MainWindow::MainWindow(std::unique_ptr<DeskBridge> bridge, const MainWindowOptions& options)
    : options_(options), bridge_(std::move(bridge)) {
  setWindowTitle(tr("Lectern"));
  setAcceptDrops(true);
  makePanes();
  makeParts();
  makeActions();
  connectParts();
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
  tree_->setIndentation(kIndentation);
  tree_->setTextElideMode(Qt::ElideMiddle);
  tree_->setContextMenuPolicy(Qt::ActionsContextMenu);

  pane_ = new ReaderPane(bridge_.get(), this);
  reader_ = pane_->view();
  welcome_ = new Welcome(reader_->viewport());
  welcome_->hide();
  auto* middleOfReader = new QVBoxLayout(reader_->viewport());
  middleOfReader->addStretch(1);
  middleOfReader->addWidget(welcome_);
  middleOfReader->addStretch(1);
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
  splitter_->setCollapsible(1, false);
  pane_->setMinimumWidth(kLeastReader);
  // Each keeps its share: the reader does not pay alone for a small window.
  splitter_->setSizes({220, 640, 380});

  jobs_ = new JobStrip(this);
  auto* middle = new QWidget(this);
  auto* layout = new QVBoxLayout(middle);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(splitter_, 1);
  layout->addWidget(jobs_);
  engine_ =
      new EnginePart(bridge_.get(), {options_.configFolder, options_.dataFolder}, jobs_, this);
  layout->addWidget(engine_->bar());
  setCentralWidget(middle);
}

void MainWindow::makeParts() {
  DeskBridge* bridge = bridge_.get();
  talks_ = new Talks(bridge, conversations_, conversation_, jobs_);
  shelves_ = new Shelves(bridge, tree_, model_, jobs_);
  places_ = new Places(bridge, pane_, conversation_);
  adding_ = new Adding(bridge, jobs_, [this] { return places_->isReading(); }, this);
  choice_ = new ShelfChoice(engine_, adding_, shelves_, jobs_);
  const auto shelfName = [this] {
    const ShelfInfo* shelf = shelves_->current();
    return shelf == nullptr ? QString() : toQt(shelf->name);
  };
  watch_ = new FolderWatch(bridge, adding_, shelves_, jobs_, engine_->dataFolder(), this);
  drop_ = new DropPart(bridge, jobs_, shelfName, this);

  statusBar()->addWidget(adding_->offer());
  auto* network = new QLabel(tr("Network: off"), this);
  network->setToolTip(tr("Your documents stay on this computer."));
  statusBar()->addPermanentWidget(network);
}

void MainWindow::connectParts() {
  DeskBridge* bridge = bridge_.get();
  connect(bridge, &DeskBridge::libraryChanged, this, &MainWindow::takeLibrary);
  connect(bridge, &DeskBridge::jobChanged, this, [this](const Job& job) {
    if (job.state != Job::State::Reading || job.page == 0) updateReadOn();
  });
  connect(bridge, &DeskBridge::failed, jobs_, &JobStrip::showProblem);
  connect(bridge, &DeskBridge::jobChanged, this, &MainWindow::keepAdded);
  connect(bridge, &DeskBridge::answerEvent, conversation_, &ConversationView::take);
  connect(bridge, &DeskBridge::answerEnded, conversation_,
          [this](QuestionId id, const StoreReport& /*store*/, const QString& problem) {
            conversation_->end(id, problem);
          });
  connect(conversation_, &ConversationView::stopWanted, this,
          [this](QuestionId id) { bridge_->desk().stop(id); });
  connect(conversation_, &ConversationView::asked, this, &MainWindow::ask);
  connect(conversation_, &ConversationView::summaryWanted, this, &MainWindow::summarize);

  connect(talks_, &Talks::opened, shelves_, &Shelves::select);
  connect(talks_, &Talks::left, places_, &Places::forgetAnswer);
  connect(shelves_, &Shelves::scopeChanged, this, &MainWindow::updateScope);
  connect(tree_, &QTreeView::activated, this, [this](const QModelIndex& index) {
    if (const auto revision = model_->document(index)) places_->visit(*revision);
  });
  connect(places_, &Places::opened, this, &MainWindow::takeDocument);
  connect(engine_, &EnginePart::openWanted, places_,
          [this](RevisionId revision) { places_->visit(revision); });
  connect(welcome_, &Welcome::addWanted, adding_, &Adding::choose);
  connect(welcome_, &Welcome::followWanted, watch_, &FolderWatch::choose);
  connect(drop_, &DropPart::addWanted, choice_, &ShelfChoice::add);
  connect(adding_, &Adding::openWanted, places_,
          [this](RevisionId revision) { places_->visit(revision); });
  connect(watch_, &FolderWatch::changed, model_,
          [this] { model_->setFollowed(watch_->followed()); });
  connect(adding_, &Adding::replaced, places_, &Places::replace);
  connect(adding_, &Adding::askWanted, this, [this](const std::vector<RevisionId>& revisions) {
    shelves_->select(revisions);
    conversation_->focusBox();
  });
  connect(adding_, &Adding::summaryWanted, this,
          [this](const QString& title, const std::vector<RevisionId>& revisions) {
            places_->setAnswer(talks_->summarize(title, revisions));
          });
  const Preferences* preferences = engine_->preferences();
  const auto usePreferences = [this, preferences] {
    reader_->pictures()->setMemory(preferences->settings().pictureMegabytes);
    conversation_->setAnnouncements(preferences->settings().announcements);
  };
  connect(preferences, &Preferences::changed, this, usePreferences);
  usePreferences();
}

void MainWindow::takeLibrary(const LibraryViewPtr& view) {
  const bool first = library_ == nullptr;
  library_ = view;
  model_->setLibrary(view);
  model_->setHidden(leaving_);  // what was removed comes again, if it does, to be seen
  engine_->setLibrary(view);
  choice_->setLibrary(view);
  if (first) {
    tree_->expandAll();
    tree_->setCurrentIndex(model_->index(0, 0, {}));
    if (!view->canWrite) jobs_->showProblem(toQt(view->readOnlyReason));
    for (const std::string& notice : view->notices) jobs_->showProblem(toQt(notice));
  }
  welcome_->setVisible(view->documents.empty());
  reader_->setEmptyText(view->documents.empty() ? QString()
                                                : tr("Choose a document, or drop one here."));
  shelves_->setLibrary(*view);
  watch_->setLibrary(view);
  talks_->setLibrary(*view);
  updateScope();
  adding_->settle();
}

void MainWindow::addFiles(const std::vector<std::filesystem::path>& files) {
  adding_->add(files, AfterAdding::Open);
}

// Whoever adds a document again that was taken off a moment ago wants to keep it.
void MainWindow::keepAdded(const Job& job) {
  if (job.state != Job::State::Done || !job.report) return;
  if (leaving_.erase(job.report->revision) > 0) model_->setHidden(leaving_);
}

// It goes at once from the list, and from the library when the undo is over; it stays hidden until
// the library has come without it.
void MainWindow::removeSelected() {
  if (shelves_->removeSelected()) return;
  const auto revision = model_->document(tree_->currentIndex());
  if (!revision) return;
  const std::vector<RevisionId> scope = shelves_->scope();
  const RevisionId id = *revision;
  if (const RevisionInfo* info = model_->info(id)) adding_->cancel(*info);
  places_->close(id);
  leaving_.insert(id);
  model_->setHidden(leaving_);
  adding_->offer()->withdraw(id);
  jobs_->offerUndo(
      tr("%1 was taken off.").arg(isolated(titleOf(id))),
      [this, id, scope] {
        leaving_.erase(id);
        model_->setHidden(leaving_);
        if (scope.size() == 1) return tree_->setCurrentIndex(model_->indexOf(id));
        shelves_->select(scope);
      },
      [this, id] {
        if (leaving_.erase(id) > 0) bridge_->desk().remove(id);
      });
}

bool MainWindow::hasSkippedPages() const {
  return std::ranges::any_of(shelves_->scope(), [this](RevisionId id) {
    const RevisionInfo* info = model_->info(id);
    return info != nullptr && info->pagesSkipped > 0;
  });
}

void MainWindow::readSkipped() {
  for (const RevisionId id : shelves_->scope()) {
    const RevisionInfo* info = model_->info(id);
    if (info != nullptr && info->pagesSkipped > 0) adding_->readSkipped(*info);
  }
}

std::vector<RevisionInfo> MainWindow::unfinished() const {
  std::vector<RevisionInfo> found;
  for (const RevisionId id : shelves_->scope()) {
    const RevisionInfo* info = model_->info(id);
    if (info != nullptr && !info->sealed && !adding_->isBeingRead(*info)) found.push_back(*info);
  }
  return found;
}

void MainWindow::readOn() {
  for (const RevisionInfo& info : unfinished()) adding_->readOn(info);
}

void MainWindow::updateScope() {
  showScope();
  engine_->setScope(shelves_->scope());
  updateReadOn();
}

void MainWindow::showScope() {
  const std::vector<RevisionId> scope = shelves_->scope();
  const auto& shown = reader_->document();
  const bool isAsked = shown == nullptr || std::ranges::find(scope, shown->info.id) != scope.end();
  conversation_->setScope(shelves_->scopeName(), static_cast<int>(scope.size()),
                          isAsked ? QString() : titleOf(shown->info.id));
}

void MainWindow::updateReadOn() {
  readOn_->setEnabled(library_ != nullptr && library_->canWrite && !unfinished().empty());
}

void MainWindow::ask(const QString& question) {
  const std::vector<RevisionId> scope = shelves_->scope();
  if (scope.empty()) return;
  engine_->ask(
      question, scope,
      [this, question](const std::vector<RevisionId>& chosen, const AskOptions& options) {
        places_->setAnswer(talks_->ask(question, chosen, options));
      },
      [this, question] { conversation_->questionBox()->setPlainText(question); });
}

void MainWindow::summarize() {
  const std::vector<RevisionId> scope = shelves_->scope();
  if (scope.empty()) return;
  const QString name = scope.size() == 1 ? titleOf(scope.front()) : shelves_->scopeName();
  places_->setAnswer(talks_->summarize(tr("Summary of %1").arg(name), scope));
}

void MainWindow::takeDocument(const DocumentViewPtr& document) {
  const RevisionId revision = document->info.id;
  setWindowTitle(tr("%1 — Lectern").arg(toQt(document->info.document.title)));
  adding_->offer()->withdraw(revision);
  showScope();
  if (const QModelIndex row = model_->indexOf(revision);
      row.isValid() && model_->document(tree_->currentIndex()) != revision) {
    tree_->scrollTo(row);
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
  resize(firstSize(*this));
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
  places_->open(RevisionId(revision),
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
