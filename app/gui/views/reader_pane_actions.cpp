// SPDX-License-Identifier: GPL-3.0-or-later
// What the reader can do, with its keys.
#include "app/gui/views/reader_pane.h"
#include "app/gui/views/reader_view.h"
#include "app/gui/widgets/find_bar.h"
#include "app/gui/widgets/page_box.h"
#include "app/gui/widgets/side_panel.h"

#include <QAction>
#include <QMenu>
#include <QStyle>

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
  showPanel_->setIcon(style()->standardIcon(QStyle::SP_FileDialogListView));
  find_->setIcon(style()->standardIcon(QStyle::SP_FileDialogContentsView));
  connect(showPanel_, &QAction::toggled, panel_, &QWidget::setVisible);
}

void ReaderPane::addEditActions(QMenu* menu) {
  menu->addActions({copy_, copyWithReference_, selectAll_});
  menu->addSeparator();
  menu->addActions({find_, findNext_, findPrevious_});
}

void ReaderPane::addViewActions(QMenu* menu) {
  QAction* zoomIn = add(menu, this, tr("Zoom &in"), {}, [this] { view_->zoom(1.2); });
  // On many keyboards the plus needs Shift.
  zoomIn->setShortcuts(
      {QKeySequence(QKeySequence::ZoomIn), QKeySequence(Qt::CTRL | Qt::Key_Equal)});
  add(menu, this, tr("Zoom &out"), QKeySequence::ZoomOut, [this] { view_->zoom(1 / 1.2); });
  add(menu, this, tr("Fit &width"), QKeySequence(Qt::CTRL | Qt::Key_0),
      [this] { view_->setFit(PageLayout::Fit::Width); });
  add(menu, this, tr("Fit &page"), QKeySequence(Qt::CTRL | Qt::Key_J),
      [this] { view_->setFit(PageLayout::Fit::Page); });
  add(menu, this, tr("Turn to the &right"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Plus),
      [this] { view_->turn(1); });
  add(menu, this, tr("Turn to the le&ft"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Minus),
      [this] { view_->turn(-1); });
  menu->addSeparator();
  menu->addAction(showPanel_);
}

void ReaderPane::addGoActions(QMenu* menu) {
  add(menu, this, tr("F&irst page"), QKeySequence(Qt::CTRL | Qt::Key_Home), [this] { goTo(1, 0); });
  add(menu, this, tr("&Last page"), QKeySequence(Qt::CTRL | Qt::Key_End),
      [this] { goTo(view_->pageCount(), 0); });
  add(menu, this, tr("Go to &page"), QKeySequence(Qt::CTRL | Qt::Key_G),
      [this] { pageBox_->start(); });
}

}  // namespace lectern::gui
