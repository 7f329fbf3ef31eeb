// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/side_panel.h"

#include "app/gui/bridge/later.h"
#include "app/gui/models/outline_model.h"
#include "app/gui/models/thumbnail_model.h"

#include <QEvent>
#include <QHeaderView>
#include <QLabel>
#include <QListView>
#include <QScrollBar>
#include <QStackedWidget>
#include <QStyledItemDelegate>
#include <QTreeView>

#include <algorithm>

namespace lectern::gui {

namespace {

/// The picture above its number, every row of one size.
class ThumbnailDelegate : public QStyledItemDelegate {
 public:
  using QStyledItemDelegate::QStyledItemDelegate;

  [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option,
                               const QModelIndex& /*index*/) const override {
    return {ThumbnailModel::kWidth + 16,
            ThumbnailModel::kHeight + option.fontMetrics.height() + 12};
  }

 protected:
  void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override {
    QStyledItemDelegate::initStyleOption(option, index);
    option->decorationPosition = QStyleOptionViewItem::Top;
    option->decorationAlignment = Qt::AlignCenter;
    option->displayAlignment = Qt::AlignCenter;
    option->decorationSize = {ThumbnailModel::kWidth, ThumbnailModel::kHeight};
  }
};

}  // namespace

SidePanel::SidePanel(QWidget* parent)
    : QTabWidget(parent),
      outline_(new OutlineModel(this)),
      pictures_(new ThumbnailModel(this)),
      contentsPage_(new QStackedWidget(this)),
      contents_(new QTreeView(this)),
      noContents_(new QLabel(tr("This document has no table of contents."), this)),
      thumbnails_(new QListView(this)) {
  setAccessibleName(tr("Contents and pages"));
  setDocumentMode(true);
  contents_->setModel(outline_);
  contents_->setHeaderHidden(true);
  contents_->setUniformRowHeights(true);
  contents_->setTextElideMode(Qt::ElideRight);
  contents_->setAccessibleName(tr("Contents"));
  contents_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  noContents_->setWordWrap(true);
  noContents_->setAlignment(Qt::AlignCenter);
  noContents_->setMargin(12);
  contentsPage_->addWidget(contents_);
  contentsPage_->addWidget(noContents_);

  thumbnails_->setModel(pictures_);
  thumbnails_->setItemDelegate(new ThumbnailDelegate(thumbnails_));
  thumbnails_->setUniformItemSizes(true);
  thumbnails_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  thumbnails_->setAccessibleName(tr("Pages"));
  thumbnails_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  thumbnails_->viewport()->installEventFilter(this);

  addTab(contentsPage_, tr("Contents"));
  addTab(thumbnails_, tr("Pages"));
  tabBar()->setAccessibleName(tr("Contents and pages"));
  setDocument(nullptr);

  const auto follow = [this](const QModelIndex& index) {
    const OutlineItem& item = outline_->item(index);
    if (item.page > 0) emit placeWanted(item.page, item.top);
  };
  connect(contents_, &QTreeView::clicked, this, follow);
  connect(contents_, &QTreeView::activated, this, follow);
  const auto show = [this](const QModelIndex& index) { emit placeWanted(index.row() + 1, 0); };
  connect(thumbnails_, &QListView::clicked, this, show);
  connect(thumbnails_, &QListView::activated, this, show);
  connect(thumbnails_->verticalScrollBar(), &QScrollBar::valueChanged, this,
          &SidePanel::wantThumbnails);
  connect(thumbnails_->verticalScrollBar(), &QScrollBar::rangeChanged, this,
          &SidePanel::wantThumbnails);
}

void SidePanel::setDocument(const DocumentViewPtr& document) {
  std::vector<OutlineItem> outline;
  if (document != nullptr) outline = document->info.document.outline;
  const bool empty = outline.empty();
  outline_->setOutline(std::move(outline));
  contentsPage_->setCurrentWidget(empty ? static_cast<QWidget*>(noContents_) : contents_);
  noContents_->setVisible(empty && document != nullptr);
  pictures_->setPixelRatio(devicePixelRatioF());
  pictures_->setDocument(document);
  wantThumbnails();
}

bool SidePanel::saysThatThereAreNoContents() const {
  return contentsPage_->currentWidget() == noContents_ && noContents_->isVisible();
}

void SidePanel::showPage(int page) {
  const QModelIndex section = outline_->sectionAt(page);
  // What is nearest above it and open shows where one is; a closed branch stays closed.
  QModelIndex shown = section;
  for (QModelIndex above = section.parent(); above.isValid(); above = above.parent()) {
    if (!contents_->isExpanded(above)) shown = above;
  }
  if (shown != contents_->currentIndex()) {
    contents_->setCurrentIndex(shown);
    contents_->scrollTo(shown);
  }
  const QModelIndex row = pictures_->index(page - 1);
  if (row == thumbnails_->currentIndex()) return;
  thumbnails_->setCurrentIndex(row);
  thumbnails_->scrollTo(row);
}

bool SidePanel::eventFilter(QObject* watched, QEvent* event) {
  const auto type = event->type();
  if (type == QEvent::Resize || type == QEvent::Show || type == QEvent::Hide) {
    later(this, [this] { wantThumbnails(); });
  }
  return QTabWidget::eventFilter(watched, event);
}

void SidePanel::wantThumbnails() {
  if (!thumbnails_->isVisible()) {
    pictures_->want(1, 0);
    return;
  }
  const QRect view = thumbnails_->viewport()->rect();
  const QModelIndex first = thumbnails_->indexAt({view.center().x(), view.top() + 1});
  const QModelIndex last = thumbnails_->indexAt({view.center().x(), view.bottom() - 1});
  pictures_->want(first.isValid() ? first.row() + 1 : 1,
                  last.isValid() ? last.row() + 1 : pictures_->rowCount({}));
}

}  // namespace lectern::gui
