// SPDX-License-Identifier: GPL-3.0-or-later
// The menus: everything the window does, with its keys.
#include "app/gui/adding.h"
#include "app/gui/engine_part.h"
#include "app/gui/folder_watch.h"
#include "app/gui/main_window.h"
#include "app/gui/places.h"
#include "app/gui/shelves.h"
#include "app/gui/talks.h"
#include "app/gui/views/conversation_view.h"
#include "app/gui/views/reader_pane.h"
#include "app/gui/widgets/job_strip.h"
#include "app/gui/widgets/symbol_icon.h"

#include <QAction>
#include <QMenuBar>
#include <QPlainTextEdit>
#include <QSplitter>
#include <QStyle>
#include <QToolBar>
#include <QToolButton>
#include <QTreeView>

#include <functional>

namespace lectern::gui {

void MainWindow::makeActions() {
  const auto add = [this](QMenu* menu, const QString& text, const QKeySequence& keys,
                          const std::function<void()>& what) {
    auto* action = new QAction(text, this);
    action->setShortcut(keys);
    connect(action, &QAction::triggered, this, what);
    menu->addAction(action);
    return action;
  };

  QMenu* file = menuBar()->addMenu(tr("&File"));
  QAction* open =
      add(file, tr("&Add documents …"), QKeySequence::Open, [this] { adding_->choose(); });
  QAction* remove = add(file, tr("&Take off"), QKeySequence::Delete, [this] { removeSelected(); });
  remove->setShortcutContext(Qt::WidgetShortcut);
  tree_->addAction(remove);
  file->addSeparator();
  add(file, tr("Follow a &folder …"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O),
      [this] { watch_->choose(); });
  QAction* stopFollowing = add(file, tr("St&op following the folder"), {}, [this] {
    if (const ShelfInfo* current = shelves_->current()) watch_->stop(current->id);
  });
  const auto updateFollowing = [this, stopFollowing] {
    const ShelfInfo* current = shelves_->current();
    stopFollowing->setEnabled(current != nullptr && watch_->folderOf(current->id));
  };
  connect(shelves_, &Shelves::scopeChanged, stopFollowing, updateFollowing);
  connect(watch_, &FolderWatch::changed, stopFollowing, updateFollowing);
  updateFollowing();
  QAction* shelf = add(file, tr("New s&helf"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_N),
                       [this] { shelves_->make(); });
  QAction* rename =
      add(file, tr("&Rename shelf"), QKeySequence(Qt::Key_F2), [this] { shelves_->rename(); });
  rename->setShortcutContext(Qt::WidgetShortcut);
  tree_->addActions({shelf, rename, stopFollowing});
  file->addSeparator();
  add(file, tr("&Settings …"), QKeySequence(Qt::CTRL | Qt::Key_Comma),
      [this] { engine_->showSettings(); });
  add(file, tr("&Models …"), {}, [this] { engine_->showModels(); });
  file->addSeparator();
  add(file, tr("&Quit"), QKeySequence::Quit, [this] { close(); });

  QMenu* edit = menuBar()->addMenu(tr("&Edit"));
  QAction* undo = add(edit, tr("&Undo"), QKeySequence::Undo, [this] { jobs_->undo(); });
  connect(jobs_, &JobStrip::undoChanged, undo,
          [this, undo] { undo->setEnabled(jobs_->canUndo()); });
  undo->setEnabled(false);
  edit->addSeparator();
  pane_->addEditActions(edit);

  QMenu* view = menuBar()->addMenu(tr("&View"));
  pane_->addViewActions(view);
  view->addSeparator();
  const auto toggle = [this, view, &add](const QString& text, int key, QWidget* pane) {
    QAction* action = add(view, text, QKeySequence(key), [] {});
    action->setCheckable(true);
    action->setChecked(true);
    connect(action, &QAction::toggled, pane, &QWidget::setVisible);
  };
  toggle(tr("&Library"), Qt::Key_F7, libraryPane_);
  toggle(tr("&Conversation"), Qt::Key_F9, conversation_);
  QAction* marks =
      add(view, tr("Show all &evidence"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_H), [] {});
  marks->setCheckable(true);
  connect(marks, &QAction::toggled, places_, &Places::markAllEvidence);
  QAction* full = add(view, tr("F&ull screen"), QKeySequence(Qt::Key_F11), [] {});
  full->setCheckable(true);
  connect(full, &QAction::toggled, this,
          [this](bool on) { setWindowState(windowState().setFlag(Qt::WindowFullScreen, on)); });

  add(view, tr("What is in the con&text"), QKeySequence(Qt::CTRL | Qt::Key_I),
      [this] { engine_->showContext(); });

  QMenu* go = menuBar()->addMenu(tr("&Go"));
  // Mirrored where the window is.
  const Qt::Key before = layoutDirection() == Qt::RightToLeft ? Qt::Key_Right : Qt::Key_Left;
  const Qt::Key behind = layoutDirection() == Qt::RightToLeft ? Qt::Key_Left : Qt::Key_Right;
  QAction* back =
      add(go, tr("&Back"), QKeySequence(Qt::ALT | before), [this] { places_->goBack(); });
  QAction* forward =
      add(go, tr("&Forward"), QKeySequence(Qt::ALT | behind), [this] { places_->goForward(); });
  pane_->addGoActions(go);
  go->addSeparator();
  add(go, tr("&Next evidence"), QKeySequence(Qt::Key_F8), [this] { places_->stepEvidence(1); });
  add(go, tr("Pre&vious evidence"), QKeySequence(Qt::SHIFT | Qt::Key_F8),
      [this] { places_->stepEvidence(-1); });
  go->addSeparator();
  add(go, tr("Next pane"), QKeySequence(Qt::Key_F6), [this] { cyclePanes(1); });
  add(go, tr("Previous pane"), QKeySequence(Qt::SHIFT | Qt::Key_F6), [this] { cyclePanes(-1); });
  add(go, tr("Go to library"), QKeySequence(Qt::ALT | Qt::Key_1),
      [this] { tree_->setFocus(Qt::ShortcutFocusReason); });
  add(go, tr("Go to reader"), QKeySequence(Qt::ALT | Qt::Key_2),
      [this] { reader_->setFocus(Qt::ShortcutFocusReason); });
  add(go, tr("Go to conversation"), QKeySequence(Qt::ALT | Qt::Key_3),
      [this] { conversation_->questionBox()->setFocus(Qt::ShortcutFocusReason); });

  QMenu* document = menuBar()->addMenu(tr("&Document"));
  QAction* summarise = add(document, tr("&Summarise"),
                           QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_M), [this] { summarize(); });
  QAction* again = add(document, tr("&Read the skipped pages again with higher limits"), {},
                       [this] { readSkipped(); });
  readOn_ = add(document, tr("Read &on"), {}, [this] { readOn(); });
  readOn_->setEnabled(false);
  document->addAction(remove);
  connect(shelves_, &Shelves::scopeChanged, again,
          [this, again] { again->setEnabled(hasSkippedPages()); });
  again->setEnabled(false);
  tree_->insertActions(tree_->actions().front(), {summarise, readOn_, again});

  QMenu* talk = menuBar()->addMenu(tr("&Conversation"));
  add(talk, tr("&New conversation"), QKeySequence::New, [this] { talks_->startNew(); });
  add(talk, tr("&Ask …"), QKeySequence(Qt::CTRL | Qt::Key_L),
      [this] { conversation_->questionBox()->setFocus(Qt::ShortcutFocusReason); });
  add(talk, tr("Ask a&gain"), QKeySequence(Qt::CTRL | Qt::Key_R),
      [this] { conversation_->askAgain(); });
  talk->addSeparator();
  // In the reader the same keys copy the selection.
  QAction* copy =
      add(talk, tr("&Copy answer with references"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C),
          [this] { conversation_->copyAnswer(); });
  copy->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  conversation_->addAction(copy);
  makeToolbar(open, summarise, back, forward);
}

// What people look for at the top of a window; the menus have all of it, and more.
void MainWindow::makeToolbar(QAction* add, QAction* summarise, QAction* back, QAction* forward) {
  QToolBar* bar = addToolBar(tr("Tools"));
  bar->setObjectName(QStringLiteral("tools"));
  bar->setAccessibleName(tr("Tools"));
  bar->setMovable(false);
  const int side = style()->pixelMetric(QStyle::PM_SmallIconSize);
  bar->setIconSize({side, side});
  add->setIcon(symbolIcon(Symbol::Add));
  add->setIconText(tr("Add"));
  summarise->setIcon(symbolIcon(Symbol::Summarise));
  summarise->setIconText(tr("Summarise"));
  back->setIcon(symbolIcon(Symbol::Back));
  forward->setIcon(symbolIcon(Symbol::Forward));
  bar->addActions({add, summarise});
  for (QAction* action : {add, summarise}) {
    qobject_cast<QToolButton*>(bar->widgetForAction(action))
        ->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  }
  bar->addSeparator();
  bar->addActions({back, forward});
  bar->addSeparator();
  pane_->addTools(bar);
  for (auto* button : bar->findChildren<QToolButton*>(QString(), Qt::FindDirectChildrenOnly)) {
    if (button->objectName().startsWith(QStringLiteral("qt_"))) continue;
    button->setFocusPolicy(Qt::TabFocus);
    QAction* action = button->defaultAction();
    if (action == nullptr) continue;
    const QString name = action->text().remove(QLatin1Char('&'));
    const QString keys = action->shortcut().toString(QKeySequence::NativeText);
    button->setAccessibleName(name);
    if (!keys.isEmpty()) action->setToolTip(tr("%1 (%2)", "a tool, its keys").arg(name, keys));
  }
  const auto updateWays = [this, back, forward] {
    back->setEnabled(places_->canGoBack());
    forward->setEnabled(places_->canGoForward());
  };
  connect(places_, &Places::waysChanged, bar, updateWays);
  updateWays();
}

}  // namespace lectern::gui
