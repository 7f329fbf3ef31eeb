// SPDX-License-Identifier: GPL-3.0-or-later
// What the reader can do, with its keys.
#include "app/gui/views/reader_pane.h"
#include "app/gui/views/reader_view.h"
#include "app/gui/widgets/find_bar.h"
#include "app/gui/widgets/page_box.h"
#include "app/gui/widgets/side_panel.h"
#include "app/gui/widgets/symbol_icon.h"
#include "app/gui/widgets/zoom_button.h"

#include <QAction>
#include <QMenu>
#include <QToolBar>

#include <cmath>

namespace lectern::gui {

namespace {

template <class What>
QAction* add(
    QMenu* menu, QWidget* owner, const QString& text, const QKeySequence& keys, What what) {
  auto* action = new QAction(text, owner);
  action->setShortcut(keys);
  QObject::connect(action, &QAction::triggered, owner, what);
  menu->addAction(action);
  return action;
}

}  // namespace

void ReaderPane::makeActions() {
  const auto make = [this](const QString& text, const QKeySequence& keys) {
    auto* action = new QAction(text, this);
    action->setShortcut(keys);
    return action;
  };
  find_ = make(tr("&Find …"), QKeySequence::Find);
  findNext_ = make(tr("Find &next"), QKeySequence(Qt::Key_F3));
  findPrevious_ = make(tr("Find &previous"), QKeySequence(Qt::SHIFT | Qt::Key_F3));
  connect(find_, &QAction::triggered, this, &ReaderPane::startFinding);
  connect(findNext_, &QAction::triggered, this, [this] { stepHit(true); });
  connect(findPrevious_, &QAction::triggered, this, [this] { stepHit(false); });

  // These keys mean something else in the other panes.
  copy_ = make(tr("&Copy"), QKeySequence::Copy);
  copyWithReference_ =
      make(tr("Copy with &reference"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C));
  selectAll_ = make(tr("Select &all"), QKeySequence::SelectAll);
  connect(copy_, &QAction::triggered, this, [this] { copy(false); });
  connect(copyWithReference_, &QAction::triggered, this, [this] { copy(true); });
  connect(selectAll_, &QAction::triggered, view_, &ReaderView::selectAll);
  for (QAction* action : {copy_, copyWithReference_, selectAll_}) {
    action->setShortcutContext(Qt::WidgetShortcut);
    view_->addAction(action);
  }
  view_->addAction(find_);
  view_->setContextMenuPolicy(Qt::ActionsContextMenu);
  copy_->setEnabled(false);
  copyWithReference_->setEnabled(false);

  showPanel_ = make(tr("Contents and pa&ges"), QKeySequence(Qt::SHIFT | Qt::Key_F7));
  showPanel_->setCheckable(true);
  connect(showPanel_, &QAction::toggled, panel_, &QWidget::setVisible);
  makeZoomActions();
  showPanel_->setIcon(symbolIcon(Symbol::Panel));
  find_->setIcon(symbolIcon(Symbol::Find));
}

void ReaderPane::makeZoomActions() {
  const auto make = [this](const QString& text, const QKeySequence& keys, const auto& what) {
    auto* action = new QAction(text, this);
    action->setShortcut(keys);
    connect(action, &QAction::triggered, view_, what);
    return action;
  };
  zoomIn_ = make(tr("Zoom &in"), {}, [this] { view_->zoom(1.2); });
  // On many keyboards the plus needs Shift.
  zoomIn_->setShortcuts(
      {QKeySequence(QKeySequence::ZoomIn), QKeySequence(Qt::CTRL | Qt::Key_Equal)});
  zoomOut_ = make(tr("Zoom &out"), QKeySequence::ZoomOut, [this] { view_->zoom(1 / 1.2); });
  fitWidth_ = make(tr("Fit &width"), QKeySequence(Qt::CTRL | Qt::Key_0),
                   [this] { view_->setFit(PageLayout::Fit::Width); });
  fitPage_ = make(tr("Fit &page"), QKeySequence(Qt::CTRL | Qt::Key_J),
                  [this] { view_->setFit(PageLayout::Fit::Page); });
  turnRight_ = make(tr("Turn to the &right"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Plus),
                    [this] { view_->turn(1); });
  turnLeft_ = make(tr("Turn to the le&ft"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Minus),
                   [this] { view_->turn(-1); });
  zoomIn_->setIcon(symbolIcon(Symbol::ZoomIn));
  zoomOut_->setIcon(symbolIcon(Symbol::ZoomOut));
  fitWidth_->setIcon(symbolIcon(Symbol::FitWidth));
  turnRight_->setIcon(symbolIcon(Symbol::Turn));
}

void ReaderPane::addEditActions(QMenu* menu) {
  menu->addActions({copy_, copyWithReference_, selectAll_});
  menu->addSeparator();
  menu->addActions({find_, findNext_, findPrevious_});
}

void ReaderPane::addViewActions(QMenu* menu) {
  menu->addActions({zoomIn_, zoomOut_, fitWidth_, fitPage_, turnRight_, turnLeft_});
  menu->addSeparator();
  menu->addAction(showPanel_);
}

void ReaderPane::addTools(QToolBar* bar) {
  auto* zoom = new ZoomButton(bar);
  zoom->menu()->addSeparator();
  zoom->menu()->addActions({fitWidth_, fitPage_});
  // A point has a 72nd of an inch.
  const auto whole = [this] { return view_->logicalDpiX() / 72.0; };
  connect(zoom, &ZoomButton::percentWanted, view_,
          [this, whole](int percent) { view_->zoom(percent / 100.0 * whole() / view_->scale()); });
  connect(view_, &ReaderView::scaleChanged, zoom, [this, zoom, whole] {
    zoom->showPercent(static_cast<int>(std::lround(100 * view_->scale() / whole())));
  });
  bar->addAction(zoomOut_);
  bar->addWidget(zoom);
  bar->addActions({zoomIn_, fitWidth_, turnRight_});
  bar->addSeparator();
  bar->addAction(find_);
}

void ReaderPane::addGoActions(QMenu* menu) {
  add(menu, this, tr("F&irst page"), QKeySequence(Qt::CTRL | Qt::Key_Home), [this] { goTo(1, 0); });
  add(menu, this, tr("&Last page"), QKeySequence(Qt::CTRL | Qt::Key_End),
      [this] { goTo(view_->pageCount(), 0); });
  add(menu, this, tr("Go to &page"), QKeySequence(Qt::CTRL | Qt::Key_G),
      [this] { pageBox_->start(); });
}

}  // namespace lectern::gui
