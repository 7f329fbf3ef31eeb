// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/conversation_list.h"

#include <QAction>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QListView>
#include <QToolButton>
#include <QVBoxLayout>

namespace lectern::gui {

namespace {

constexpr int kSearchMs = 120;  // while somebody types
constexpr int kEdge = 4;        // pixels around the field

}  // namespace

ConversationList::ConversationList(QWidget* parent) : QWidget(parent) {
  setAccessibleName(tr("Conversations"));
  model_ = new ConversationModel(this);
  filter_ = new QLineEdit(this);
  filter_->setAccessibleName(tr("Find conversations"));
  filter_->setPlaceholderText(tr("Find conversations …"));
  filter_->setClearButtonEnabled(true);
  auto* fresh = new QToolButton(this);
  fresh->setText(QStringLiteral("+"));
  fresh->setAutoRaise(true);
  fresh->setAccessibleName(tr("New conversation"));
  fresh->setToolTip(tr("New conversation"));
  fresh->setFocusPolicy(Qt::TabFocus);
  view_ = new QListView(this);
  view_->setModel(model_);
  view_->setAccessibleName(tr("Conversations"));
  view_->setTextElideMode(Qt::ElideRight);
  view_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  view_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  view_->setContextMenuPolicy(Qt::ActionsContextMenu);

  auto* top = new QHBoxLayout;
  top->setContentsMargins(kEdge, kEdge, kEdge, 0);
  top->addWidget(filter_, 1);
  top->addWidget(fresh);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(2);
  layout->addLayout(top);
  layout->addWidget(view_, 1);
  makeActions();

  searchTimer_.setSingleShot(true);
  searchTimer_.setInterval(kSearchMs);
  connect(&searchTimer_, &QTimer::timeout, this, &ConversationList::search);
  connect(filter_, &QLineEdit::textChanged, this, [this](const QString& text) {
    if (text.trimmed().isEmpty()) {
      search();
    } else {
      searchTimer_.start();
    }
  });
  connect(filter_, &QLineEdit::returnPressed, this, [this] {
    view_->setFocus(Qt::TabFocusReason);
    if (!view_->currentIndex().isValid()) view_->setCurrentIndex(model_->index(0));
  });
  connect(fresh, &QToolButton::clicked, this, &ConversationList::newWanted);
  const auto open = [this](const QModelIndex& index) {
    if (const auto id = model_->conversation(index)) emit openWanted(*id);
  };
  connect(view_, &QListView::clicked, this, open);
  connect(view_, &QListView::activated, this, open);
}

void ConversationList::makeActions() {
  const auto add = [this](const QString& text, const QKeySequence& keys, auto what) {
    auto* action = new QAction(text, view_);
    action->setShortcut(keys);
    action->setShortcutContext(Qt::WidgetShortcut);
    connect(action, &QAction::triggered, this, what);
    view_->addAction(action);
  };
  add(tr("&Rename"), Qt::Key_F2, [this] {
    if (view_->currentIndex().isValid()) view_->edit(view_->currentIndex());
  });
  add(tr("&Delete"), QKeySequence::Delete, [this] {
    if (const auto id = model_->conversation(view_->currentIndex())) emit deleteWanted(*id);
  });
}

void ConversationList::search() {
  searchTimer_.stop();
  const QString query = filter_->text().trimmed();
  if (query.isEmpty()) {
    model_->clearHits();
  } else {
    emit searchWanted(query);
  }
}

void ConversationList::takeHits(const QString& query, const std::vector<ConversationHit>& hits) {
  if (query == filter_->text().trimmed()) model_->setHits(hits);
}

void ConversationList::setCurrent(std::optional<ConversationId> conversation) {
  view_->setCurrentIndex(conversation ? model_->indexOf(*conversation) : QModelIndex());
}

}  // namespace lectern::gui
