// SPDX-License-Identifier: GPL-3.0-or-later
// Keys, wheel and pointer over the pages: scrolling, zooming, selecting text.
#include "app/gui/views/page_text.h"
#include "app/gui/views/reader_view.h"

#include <QApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>
#include <QStyleHints>
#include <QWheelEvent>

#include <algorithm>
#include <limits>

namespace lectern::gui {

namespace {

constexpr double kZoomStep = 1.2;
constexpr int64_t kWholePage = std::numeric_limits<int64_t>::max();

}  // namespace

void ReaderView::keyPressEvent(QKeyEvent* event) {
  QScrollBar* down = verticalScrollBar();
  if (selectByKey(event)) return;
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
    case Qt::Key_Escape:
      if (selection_.isEmpty()) {
        QAbstractScrollArea::keyPressEvent(event);
      } else {
        clearSelection();
      }
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

TextSpan ReaderView::selectedSpan() const {
  if (selection_.isEmpty()) return {};
  const auto inText = [this](TextPlace place) -> std::optional<int64_t> {
    if (place == TextPlace{1, 0}) return 0;
    if (place == TextPlace{pageCount(), kWholePage}) return document_->info.textBytes;
    const auto start = texts_.byteStart(place.page);
    return start ? std::optional(*start + place.byte) : std::nullopt;
  };
  const auto from = inText(selection_.from());
  const auto to = inText(selection_.to());
  return from && to ? TextSpan{*from, *to} : TextSpan{};
}

void ReaderView::selectAll() {
  if (document_ == nullptr) return;
  selection_.begin(1, {0, kWholePage});
  selection_.extend(pageCount(), {0, kWholePage});
  selectionMoved();
}

void ReaderView::clearSelection() {
  selection_.clear();
  selectionMoved();
}

void ReaderView::selectionMoved() {
  viewport()->update();
  emit selectionChanged();
}

std::optional<std::pair<int, TextSpan>> ReaderView::textUnder(QPointF point, Grain grain) const {
  if (document_ == nullptr || pageCount() == 0) return std::nullopt;
  const int number = layout_.pageAt(point.y() + verticalScrollBar()->value());
  const StoredPagePtr text = texts_.page(number);
  if (text == nullptr) return std::nullopt;
  const QPointF share = layout_.shareAt(point, pageInView(number));
  const auto under = textAt(text->page, share.x(), share.y());
  // A page without text is passed over as a whole.
  if (!under) return std::pair{number, TextSpan{0, 0}};
  switch (grain) {
    case Grain::Word:
      return std::pair{number, wordAt(text->page, under->character)};
    case Grain::Line:
      return std::pair{number, lineAt(text->page, under->character)};
    default:
      return std::pair{number, TextSpan{under->cursor, under->cursor}};
  }
}

std::optional<TextPlace> ReaderView::characterAt(QPointF point) const {
  const auto under = textUnder(point, Grain::Character);
  return under ? std::optional(TextPlace{under->first, under->second.begin}) : std::nullopt;
}

void ReaderView::startSelection(QPointF point, Grain grain, bool extend) {
  grain_ = grain;
  dragging_ = true;
  dragPoint_ = point;
  const auto under = textUnder(point, grain);
  if (!under) {
    selection_.clear();
  } else if (extend && selection_.hasBegun()) {
    selection_.extend(under->first, under->second);
  } else {
    selection_.begin(under->first, under->second);
  }
  selectionMoved();
}

void ReaderView::dragTo(QPointF point) {
  const auto under = textUnder(point, grain_);
  if (!under) return;
  if (selection_.hasBegun()) {
    selection_.extend(under->first, under->second);
  } else {
    selection_.begin(under->first, under->second);
  }
  selectionMoved();
}

void ReaderView::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  const bool third =
      sinceDoubleClick_.isValid() &&
      sinceDoubleClick_.elapsed() < QGuiApplication::styleHints()->mouseDoubleClickInterval() &&
      (event->position() - doubleClick_).manhattanLength() <
          QGuiApplication::styleHints()->startDragDistance();
  sinceDoubleClick_.invalidate();
  startSelection(event->position(), third ? Grain::Line : Grain::Character,
                 event->modifiers() & Qt::ShiftModifier);
}

void ReaderView::mouseDoubleClickEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  sinceDoubleClick_.start();
  doubleClick_ = event->position();
  startSelection(event->position(), Grain::Word, false);
}

void ReaderView::mouseMoveEvent(QMouseEvent* event) {
  if (!dragging_) return;
  dragPoint_ = event->position();
  dragTo(dragPoint_);
  const bool outside = dragPoint_.y() < 0 || dragPoint_.y() > viewport()->height();
  if (outside && !autoScroll_.isActive()) autoScroll_.start();
  if (!outside) autoScroll_.stop();
}

void ReaderView::mouseReleaseEvent(QMouseEvent* /*event*/) {
  dragging_ = false;
  autoScroll_.stop();
}

// The farther the pointer is outside, the faster it goes.
void ReaderView::autoScroll() {
  const double below = dragPoint_.y() - viewport()->height();
  const double by = below > 0 ? below : std::min(dragPoint_.y(), 0.0);
  verticalScrollBar()->setValue(verticalScrollBar()->value() +
                                std::clamp(static_cast<int>(by / 2), -100, 100));
  dragTo({dragPoint_.x(), std::clamp(dragPoint_.y(), 0.0, viewport()->height() - 1.0)});
}

bool ReaderView::selectByKey(QKeyEvent* event) {
  if (!(event->modifiers() & Qt::ShiftModifier) || document_ == nullptr) return false;
  switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right:
    case Qt::Key_Up:
    case Qt::Key_Down:
    case Qt::Key_Home:
    case Qt::Key_End:
      moveCursor(event);
      return true;
    default:
      return false;
  }
}

// From the end that moves; without a selection from the text at the top of the view.
void ReaderView::moveCursor(QKeyEvent* event) {
  if (!selection_.hasBegun()) {
    const auto top = textUnder({viewport()->width() / 2.0, 0}, Grain::Line);
    if (!top) return;
    selection_.begin(top->first, {top->second.begin, top->second.begin});
  }
  const TextPlace cursor = selection_.cursor();
  const StoredPagePtr text = texts_.page(cursor.page);
  if (text == nullptr) {  // it has been scrolled away from
    goToPage(cursor.page);
    return;
  }
  const Page& page = text->page;
  const int64_t byte = std::min(cursor.byte, static_cast<int64_t>(page.text.size()));
  const bool byWord = event->modifiers() & Qt::ControlModifier;
  const bool down = event->key() == Qt::Key_Down;
  bool forward = down || event->key() == Qt::Key_End;
  std::optional<int64_t> next;
  switch (event->key()) {
    case Qt::Key_Up:
    case Qt::Key_Down:
      next = nextLine(page, byte, down);
      break;
    case Qt::Key_Home:
    case Qt::Key_End:
      next = forward ? lineAt(page, byte).end : lineAt(page, byte).begin;
      break;
    default:
      // The key says where to on the paper.
      forward = (event->key() == Qt::Key_Right) != runsRightToLeft(page, byte);
      next = byWord ? nextWord(page, byte, forward) : nextCharacter(page, byte, forward);
  }
  TextPlace place{cursor.page, next.value_or(byte)};
  if (!next && forward && cursor.page < pageCount()) place = {cursor.page + 1, 0};
  if (!next && !forward && cursor.page > 1) {
    const StoredPagePtr before = texts_.page(cursor.page - 1);
    place = {cursor.page - 1, before ? static_cast<int64_t>(before->page.text.size()) : 0};
  }
  selection_.extend(place.page, {place.byte, place.byte});
  if (const auto places = placesOf(place.page, {place.byte, place.byte + 1}); !places.empty()) {
    reveal(places.front());
  }
  selectionMoved();
}

}  // namespace lectern::gui
