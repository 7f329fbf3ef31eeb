// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/views/reader_view.h"

#include "app/gui/bridge/strings.h"
#include "app/gui/views/accessible_reader.h"
#include "app/gui/views/page_marks.h"

#include <QLocale>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <cmath>
#include <utility>

namespace lectern::gui {

namespace {

// More than the helper draws at once; what is larger is drawn coarser.
constexpr double kMostPixels = 40e6;

}  // namespace

ReaderView::ReaderView(QWidget* parent) : QAbstractScrollArea(parent) {
  installAccessibleReader();
  setFocusPolicy(Qt::StrongFocus);
  setFrameShape(QFrame::NoFrame);
  viewport()->setBackgroundRole(QPalette::Mid);
  viewport()->setAutoFillBackground(true);
  setAccessibleName(tr("Reader"));
  autoScroll_.setInterval(30);
  connect(&autoScroll_, &QTimer::timeout, this, &ReaderView::autoScroll);
  connect(&pictures_, &PagePictures::arrived, this, [this](int page) {
    viewport()->update(pageInView(page).toAlignedRect());
    requestVisible();  // there may be time for the next one now
  });
  connect(&texts_, &PageTexts::arrived, this, &ReaderView::takeText);
}

void ReaderView::setDocument(DocumentViewPtr document) {
  const bool same = document_ != nullptr && document->info.id == document_->info.id;
  if (!same) clear();
  document_ = std::move(document);
  pictures_.setRevision(document_->info.id);
  texts_.setRevision(document_->info.id);
  setAccessibleDescription(toQt(document_->info.document.title));
  layout_.setPages(document_->pages);
  updateScrollBars();
  if (!same) verticalScrollBar()->setValue(0);
  requestVisible();
  viewport()->update();
}

void ReaderView::clear() {
  pictures_.clear();
  texts_.clear();
  clearEvidence();
  clearHits();
  clearSelection();
  document_.reset();
  layout_.setPages({});
  shownPage_ = 0;
  updateScrollBars();
  setAccessibleName(tr("Reader"));
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

void ReaderView::goToPage(int page, int top) {
  const QRectF rect = layout_.page(std::clamp(page, 1, std::max(1, layout_.pageCount())));
  const auto height = static_cast<uint16_t>(std::clamp(top, 0, Rect::kUnit));
  const double y =
      top > 0 ? layout_.onPage({0, height, Rect::kUnit, height}, rect).top() : rect.top();
  verticalScrollBar()->setValue(static_cast<int>(y - PageLayout::kMargin));
}

void ReaderView::showEvidence(int page, const std::vector<Rect>& rects, bool proven) {
  evidence_.page = page;
  evidence_.proven = proven;
  evidence_.rects = rects;
  if (rects.empty()) {
    goToPage(page);
  } else {
    scrollTo(layout_.onPage(rects.front(), layout_.page(page)));
  }
  viewport()->update();
  emit evidenceChanged();
}

void ReaderView::setFurtherEvidence(std::vector<PageEvidence> evidence) {
  further_ = std::move(evidence);
  viewport()->update();
  emit evidenceChanged();
}

void ReaderView::clearEvidence() {
  evidence_ = {};
  setFurtherEvidence({});
}

QRect ReaderView::inView(const PageEvidence& evidence) const {
  QRectF all;
  for (const Rect& rect : evidence.rects) {
    all |= layout_.onPage(rect, pageInView(evidence.page));
  }
  return all.toAlignedRect();
}

void ReaderView::clearHits() {
  hits_.clear();
  hitWanted_ = false;
  viewport()->update();
  emit hitsChanged();
}

void ReaderView::addHits(const std::vector<PageHits>& found) {
  if (found.empty()) return;
  for (const PageHits& hits : found) hits_.add(hits);
  if (!hits_.current()) {
    hits_.setCurrentFrom(currentPage());
    showHit();
  }
  viewport()->update();
  emit hitsChanged();
}

void ReaderView::stepHit(bool forward) {
  hits_.step(forward);
  showHit();
  viewport()->update();
  emit hitsChanged();
}

// A hit is a range of text; where it lies is known once the text of its page is there.
void ReaderView::showHit() {
  const auto current = hits_.current();
  if (!current) return;
  hitWanted_ = texts_.page(current->page) == nullptr;
  const std::vector<QRectF> places = placesOf(current->page, hits_.currentSpan());
  if (!places.empty()) {
    reveal(places.front());
  } else if (const auto [first, last] = pagesInView();
             current->page < first || current->page > last) {
    goToPage(current->page);
  }
}

QRect ReaderView::currentHitInView() const {
  QRectF all;
  if (const auto current = hits_.current()) {
    for (const QRectF& place : placesOf(current->page, hits_.currentSpan())) all |= place;
  }
  return all.toAlignedRect();
}

std::vector<QRectF> ReaderView::placesOf(int page, TextSpan span) const {
  std::vector<QRectF> places;
  const StoredPagePtr text = texts_.page(page);
  if (text == nullptr) return places;
  for (const Rect& rect : rectsOf(text->page.runs, text->page.text, span)) {
    places.push_back(layout_.onPage(rect, pageInView(page)));
  }
  return places;
}

void ReaderView::takeText(int page) {
  if (hitWanted_ && hits_.current() && hits_.current()->page == page) showHit();
  viewport()->update();
}

void ReaderView::setEmptyText(const QString& text) {
  emptyText_ = text;
  viewport()->update();
}

void ReaderView::setFit(PageLayout::Fit fit) {
  layout_.setFit(fit);
  relayout();
}

void ReaderView::zoom(double factor) {
  layout_.setScale(layout_.scale() * factor);
  relayout();
}

void ReaderView::turn(int quarters) {
  const int page = currentPage();
  layout_.turn(quarters);
  relayout();
  goToPage(page);
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

/// `target` on the long sheet of all pages.
void ReaderView::scrollTo(const QRectF& target) {
  verticalScrollBar()->setValue(static_cast<int>(target.top() - viewport()->height() / 3.0));
  horizontalScrollBar()->setValue(
      static_cast<int>(target.center().x() - viewport()->width() / 2.0));
}

/// `target` in the viewport; nothing moves where it is seen already.
void ReaderView::reveal(const QRectF& target) {
  if (QRectF(viewport()->rect()).contains(target)) return;
  scrollTo(target.translated(horizontalScrollBar()->value(), verticalScrollBar()->value()));
}

QRectF ReaderView::pageInView(int page) const {
  return layout_.page(page).translated(-horizontalScrollBar()->value(),
                                       -verticalScrollBar()->value());
}

std::pair<int, int> ReaderView::pagesInView() const {
  const double top = verticalScrollBar()->value();
  return layout_.pagesBetween(top, top + viewport()->height());
}

double ReaderView::wantedDotsPerInch(int page) const {
  const QSizeF size = layout_.page(page).size() * devicePixelRatioF();
  const double pixels = size.width() * size.height();
  const double share = pixels > kMostPixels ? std::sqrt(kMostPixels / pixels) : 1;
  return 72 * layout_.scale() * devicePixelRatioF() * share;
}

bool ReaderView::isSharp() const {
  if (document_ == nullptr) return true;
  const auto [first, last] = pagesInView();
  for (int page = first; page <= last; ++page) {
    if (!pictures_.has(page, wantedDotsPerInch(page))) return false;
  }
  return true;
}

void ReaderView::requestVisible() {
  if (document_ == nullptr || !isVisible()) return;
  const auto [first, last] = pagesInView();
  const int current = currentPage();
  pictures_.want(first, last, current, layout_.pageCount(),
                 [this](int page) { return wantedDotsPerInch(page); });
  texts_.want(std::max(1, first - 1), std::min(layout_.pageCount(), last + 1));
  if (current == shownPage_) return;
  shownPage_ = current;
  setAccessibleName(tr("Page %1 of %2")
                        .arg(QLocale().toString(current), QLocale().toString(layout_.pageCount())));
  emit pageChanged(current);
}

void ReaderView::paintEvent(QPaintEvent* /*event*/) {
  QPainter painter(viewport());
  if (document_ == nullptr) {
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(viewport()->rect().adjusted(24, 24, -24, -24),
                     Qt::AlignCenter | Qt::TextWordWrap, emptyText_);
    return;
  }
  const auto [first, last] = pagesInView();
  for (int page = first; page <= last; ++page) {
    paintPage(painter, page);
    paintMarks(painter, page);
  }
}

// A picture of the right size is copied, pixel by pixel; only another one is scaled.
void ReaderView::paintPage(QPainter& painter, int page) {
  const QRectF rect = pageInView(page).toRect();
  const PagePictures::Picture* drawn = pictures_.picture(page, layout_.quarters());
  // Paper is white in every theme: it is a picture of the document.
  painter.fillRect(rect, Qt::white);
  if (drawn != nullptr && !drawn->image.isNull()) {
    const QSizeF wanted = rect.size() * devicePixelRatioF();
    const QSizeF difference = wanted - QSizeF(drawn->image.size());
    if (std::abs(difference.width()) <= 2 && std::abs(difference.height()) <= 2) {
      const QRectF part(QPointF(0, 0), wanted.boundedTo(drawn->image.size()));
      painter.drawImage(QRectF(rect.topLeft(), part.size() / devicePixelRatioF()), drawn->image,
                        part);
    } else {
      painter.drawImage(rect, drawn->image);
    }
  } else if (drawn != nullptr) {
    painter.setPen(Qt::black);
    painter.drawText(rect.adjusted(16, 16, -16, -16), Qt::AlignCenter | Qt::TextWordWrap,
                     drawn->problem);
  }
  painter.setPen(palette().color(QPalette::Dark));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(rect);
}

void ReaderView::paintMarks(QPainter& painter, int page) {
  const QRectF rect = pageInView(page);
  for (const PageEvidence& evidence : further_) {
    if (evidence.page != page) continue;
    for (const Rect& place : evidence.rects) {
      paintEvidence(painter, layout_.onPage(place, rect), false, evidence.proven);
    }
  }
  if (page == evidence_.page) {
    for (const Rect& place : evidence_.rects) {
      paintEvidence(painter, layout_.onPage(place, rect), true, evidence_.proven);
    }
  }
  if (const auto* spans = hits_.on(page)) {
    const auto current = hits_.current();
    for (size_t i = 0; i < spans->size(); ++i) {
      const bool isCurrent = current == FindHits::Place{page, i};
      for (const QRectF& place : placesOf(page, (*spans)[i])) {
        paintHit(painter, place, layout_.quarters(), isCurrent);
      }
    }
  }
  if (const TextSpan selected = selection_.on(page); !selected.isEmpty()) {
    for (const QRectF& place : placesOf(page, selected)) {
      paintSelection(painter, place, palette().color(QPalette::Highlight));
    }
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

}  // namespace lectern::gui
