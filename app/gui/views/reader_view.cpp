// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/reader_view.h"

#include "app/gui/bridge/strings.h"

#include <QKeyEvent>
#include <QPainter>
#include <QScrollBar>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <utility>

namespace lectern::gui {

namespace {

constexpr int kCacheKib = 192 * 1024;
// More than the helper draws at once; what is larger is drawn coarser.
constexpr double kMostPixels = 40e6;
constexpr double kZoomStep = 1.2;

}  // namespace

ReaderView::ReaderView(QWidget* parent) : QAbstractScrollArea(parent) {
  drawn_.setMaxCost(kCacheKib);
  setFocusPolicy(Qt::StrongFocus);
  setFrameShape(QFrame::NoFrame);
  viewport()->setBackgroundRole(QPalette::Mid);
  viewport()->setAutoFillBackground(true);
  setAccessibleName(tr("Reader"));
}

ReaderView::~ReaderView() {
  for (auto& [page, stop] : pending_) stop.request_stop();
}

void ReaderView::setDocument(DocumentViewPtr document) {
  const bool same = document_ != nullptr && document->info.id == document_->info.id;
  if (!same) {
    clear();
    clearEvidence();
  }
  document_ = std::move(document);
  setAccessibleDescription(toQt(document_->info.document.title));
  layout_.setPages(document_->pages);
  updateScrollBars();
  if (!same) verticalScrollBar()->setValue(0);
  requestVisible();
  viewport()->update();
}

void ReaderView::clear() {
  for (auto& [page, stop] : pending_) stop.request_stop();
  pending_.clear();
  drawn_.clear();
  document_.reset();
  layout_.setPages({});
  shownPage_ = 0;
  updateScrollBars();
  viewport()->update();
}

int ReaderView::currentPage() const {
  if (document_ == nullptr) return 0;
  return layout_.pageAt(verticalScrollBar()->value() + viewport()->height() / 3.0);
}

std::optional<ReaderPlace> ReaderView::place() const {
  if (document_ == nullptr) return std::nullopt;
  const double top = verticalScrollBar()->value();
  const int page = layout_.pageAt(top);
  const QRectF rect = layout_.page(page);
  return ReaderPlace{document_->info.id, page, (top - rect.top()) / std::max(rect.height(), 1.0)};
}

void ReaderView::goTo(const ReaderPlace& place) {
  const QRectF rect = layout_.page(place.page);
  verticalScrollBar()->setValue(
      static_cast<int>(std::lround(rect.top() + place.down * rect.height())));
}

void ReaderView::goToPage(int page) {
  const QRectF rect = layout_.page(std::clamp(page, 1, std::max(1, layout_.pageCount())));
  verticalScrollBar()->setValue(static_cast<int>(rect.top() - PageLayout::kMargin));
}

void ReaderView::showEvidence(int page, const std::vector<Rect>& rects) {
  evidence_ = {page, rects};
  if (rects.empty()) {
    goToPage(page);
  } else {
    const QRectF target = inPage(rects.front(), layout_.page(page));
    verticalScrollBar()->setValue(static_cast<int>(target.top() - viewport()->height() / 3.0));
    horizontalScrollBar()->setValue(
        static_cast<int>(target.center().x() - viewport()->width() / 2.0));
  }
  viewport()->update();
}

void ReaderView::clearEvidence() {
  evidence_ = {};
  viewport()->update();
}

QRect ReaderView::evidenceInView() const {
  QRectF all;
  for (const Rect& rect : evidence_.rects) all |= inPage(rect, pageInView(evidence_.page));
  return all.toAlignedRect();
}

void ReaderView::setFit(PageLayout::Fit fit) {
  layout_.setFit(fit);
  relayout();
}

void ReaderView::zoom(double factor) {
  const auto before = place();
  layout_.setScale(layout_.scale() * factor);
  updateScrollBars();
  if (before) goTo(*before);
  requestVisible();
  viewport()->update();
  emit scaleChanged();
}

void ReaderView::relayout() {
  const auto before = place();
  layout_.setView(viewport()->size());
  updateScrollBars();
  if (before) goTo(*before);
  requestVisible();
  viewport()->update();
  emit scaleChanged();
}

void ReaderView::updateScrollBars() {
  const QSize view = viewport()->size();
  const QSizeF size = layout_.size();
  verticalScrollBar()->setRange(
      0, std::max(0, static_cast<int>(std::ceil(size.height())) - view.height()));
  verticalScrollBar()->setPageStep(view.height());
  verticalScrollBar()->setSingleStep(40);
  horizontalScrollBar()->setRange(
      0, std::max(0, static_cast<int>(std::ceil(size.width())) - view.width()));
  horizontalScrollBar()->setPageStep(view.width());
}

QRectF ReaderView::pageInView(int page) const {
  return layout_.page(page).translated(-horizontalScrollBar()->value(),
                                       -verticalScrollBar()->value());
}

double ReaderView::wantedDotsPerInch(int page) const {
  const QSizeF size = layout_.page(page).size() * devicePixelRatioF();
  const double pixels = size.width() * size.height();
  const double share = pixels > kMostPixels ? std::sqrt(kMostPixels / pixels) : 1;
  return 72 * layout_.scale() * devicePixelRatioF() * share;
}

bool ReaderView::isSharp() const {
  if (document_ == nullptr) return true;
  const double top = verticalScrollBar()->value();
  const auto [first, last] = layout_.pagesBetween(top, top + viewport()->height());
  for (int page = first; page <= last; ++page) {
    const Drawn* drawn = drawn_.object(page);
    if (drawn == nullptr || drawn->dotsPerInch != wantedDotsPerInch(page)) return false;
  }
  return true;
}

// What is in view, and a page on each side of it; what has left the view is not drawn any more.
void ReaderView::requestVisible() {
  if (document_ == nullptr || !isVisible()) return;
  const double top = verticalScrollBar()->value();
  auto [first, last] = layout_.pagesBetween(top, top + viewport()->height());
  first = std::max(1, first - 1);
  last = std::min(layout_.pageCount(), last + 1);
  std::erase_if(pending_, [first = first, last = last](auto& entry) {
    const bool gone = entry.first < first || entry.first > last;
    if (gone) entry.second.request_stop();
    return gone;
  });
  for (int page = first; page <= last; ++page) {
    const double wanted = wantedDotsPerInch(page);
    const Drawn* drawn = drawn_.object(page);
    if ((drawn != nullptr && drawn->dotsPerInch == wanted) || pending_.contains(page)) continue;
    emit drawWanted(document_->info.id, page, wanted, pending_[page].get_token());
  }
  const int current = currentPage();
  if (current != shownPage_) emit pageChanged(shownPage_ = current);
}

void ReaderView::takePage(RevisionId revision,
                          int page,
                          double dotsPerInch,
                          const QImage& image,
                          const QString& problem) {
  if (document_ == nullptr || document_->info.id != revision) return;
  pending_.erase(page);
  const auto kib = static_cast<int>(image.sizeInBytes() / 1024) + 1;
  drawn_.insert(page, new Drawn{image, dotsPerInch, problem}, kib);
  viewport()->update(pageInView(page).toAlignedRect());
  requestVisible();  // it may have been zoomed meanwhile
}

QRectF ReaderView::inPage(const Rect& rect, const QRectF& page) {
  const auto x = [&page](int value) { return page.left() + page.width() * value / Rect::kUnit; };
  const auto y = [&page](int value) { return page.top() + page.height() * value / Rect::kUnit; };
  return {QPointF(x(rect.left), y(rect.top)), QPointF(x(rect.right), y(rect.bottom))};
}

void ReaderView::paintEvent(QPaintEvent* /*event*/) {
  QPainter painter(viewport());
  if (document_ == nullptr) {
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(viewport()->rect().adjusted(24, 24, -24, -24),
                     Qt::AlignCenter | Qt::TextWordWrap,
                     tr("Choose a document, or drop one here."));
    return;
  }
  const double top = verticalScrollBar()->value();
  const auto [first, last] = layout_.pagesBetween(top, top + viewport()->height());
  for (int page = first; page <= last; ++page) paintPage(painter, page);
}

void ReaderView::paintPage(QPainter& painter, int page) {
  const QRectF rect = pageInView(page);
  const Drawn* drawn = drawn_.object(page);
  // Paper is white in every theme: it is a picture of the document.
  painter.fillRect(rect, Qt::white);
  if (drawn != nullptr && !drawn->image.isNull()) {
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.drawImage(rect, drawn->image);
  } else if (drawn != nullptr) {
    painter.setPen(Qt::black);
    painter.drawText(rect.adjusted(16, 16, -16, -16), Qt::AlignCenter | Qt::TextWordWrap,
                     drawn->problem);
  }
  painter.setPen(palette().color(QPalette::Dark));
  painter.drawRect(rect);
  if (page == evidence_.page) paintEvidence(painter, rect);
}

// A fill like a highlighter, an outline, and a hatch: whoever sees no colours sees it too.
void ReaderView::paintEvidence(QPainter& painter, const QRectF& page) const {
  const QColor ink(0xb0, 0x60, 0x00);
  for (const Rect& rect : evidence_.rects) {
    const QRectF box = inPage(rect, page).adjusted(-2, -1, 2, 1);
    painter.setCompositionMode(QPainter::CompositionMode_Multiply);
    painter.fillRect(box, QColor(0xff, 0xe6, 0x80));
    painter.setCompositionMode(QPainter::CompositionMode_SourceOver);
    QColor hatch = ink;
    hatch.setAlpha(60);
    painter.fillRect(box, QBrush(hatch, Qt::BDiagPattern));
    painter.setPen(QPen(ink, 1.5));
    painter.setBrush(Qt::NoBrush);
    painter.drawRect(box);
  }
}

void ReaderView::resizeEvent(QResizeEvent* /*event*/) {
  relayout();
}

void ReaderView::showEvent(QShowEvent* event) {
  QAbstractScrollArea::showEvent(event);
  requestVisible();
}

void ReaderView::scrollContentsBy(int /*dx*/, int /*dy*/) {
  viewport()->update();
  requestVisible();
}

void ReaderView::keyPressEvent(QKeyEvent* event) {
  QScrollBar* down = verticalScrollBar();
  switch (event->key()) {
    case Qt::Key_Home:
      down->setValue(0);
      break;
    case Qt::Key_End:
      down->setValue(down->maximum());
      break;
    case Qt::Key_Space:
      down->triggerAction(event->modifiers() & Qt::ShiftModifier
                              ? QAbstractSlider::SliderPageStepSub
                              : QAbstractSlider::SliderPageStepAdd);
      break;
    default:
      QAbstractScrollArea::keyPressEvent(event);
  }
}

void ReaderView::wheelEvent(QWheelEvent* event) {
  if (event->modifiers() & Qt::ControlModifier) {
    if (event->angleDelta().y() != 0) zoom(event->angleDelta().y() > 0 ? kZoomStep : 1 / kZoomStep);
    return;
  }
  QAbstractScrollArea::wheelEvent(event);
}

}  // namespace lectern::gui
