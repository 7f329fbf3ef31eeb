// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"
#include "app/gui/views/find_hits.h"
#include "app/gui/views/page_layout.h"
#include "app/gui/views/page_pictures.h"
#include "app/gui/views/page_texts.h"
#include "app/gui/views/text_selection.h"

#include <QAbstractScrollArea>
#include <QElapsedTimer>
#include <QTimer>

#include <cstdint>
#include <optional>
#include <vector>

namespace lectern::gui {

/// A place to come back to.
struct ReaderPlace {
  RevisionId revision{};
  int page = 1;
  double down = 0;  ///< share of the page's height that is above the view
};

/// Places on one page that prove something.
struct PageEvidence {
  int page = 0;
  std::vector<Rect> rects;
  QString name;        ///< "Evidence 1 of 2, page 3", for those who hear it
  bool proven = true;  ///< else the words only came near, and look so
};

/// A document's pages one under the other, of which only those in view are drawn, with what is
/// marked on them: evidence, hits of a search, and the selection. Pictures and texts of pages are
/// made elsewhere: see `pictures` and `texts`. Thread: the window's.
class ReaderView : public QAbstractScrollArea {
  Q_OBJECT
 public:
  explicit ReaderView(QWidget* parent = nullptr);

  void setDocument(DocumentViewPtr document);
  void clear();
  /// What stands there while there is no document.
  void setEmptyText(const QString& text);
  [[nodiscard]] const DocumentViewPtr& document() const { return document_; }
  [[nodiscard]] PagePictures* pictures() { return &pictures_; }
  [[nodiscard]] PageTexts* texts() { return &texts_; }

  [[nodiscard]] int currentPage() const;
  [[nodiscard]] int pageCount() const { return layout_.pageCount(); }
  [[nodiscard]] std::optional<ReaderPlace> place() const;
  void goTo(const ReaderPlace& place);
  /// To the top of a page, or a place below it, in `Rect`'s unit.
  void goToPage(int page, int top = 0);

  /// Marks rectangles of one page, and scrolls to them.
  void showEvidence(int page, const std::vector<Rect>& rects, bool proven);
  /// Marks more of it besides, in another way.
  void setFurtherEvidence(std::vector<PageEvidence> evidence);
  void nameEvidence(const QString& name) { evidence_.name = name; }
  void clearEvidence();
  [[nodiscard]] const PageEvidence& evidence() const { return evidence_; }
  [[nodiscard]] const std::vector<PageEvidence>& furtherEvidence() const { return further_; }
  /// Where the evidence lies in the viewport, for whoever checks what is seen.
  [[nodiscard]] QRect evidenceInView() const { return inView(evidence_); }
  [[nodiscard]] QRect inView(const PageEvidence& evidence) const;

  // Hits of a search. The first one that comes in on the page in view, or behind it, is shown.
  void clearHits();
  void addHits(const std::vector<PageHits>& found);
  void stepHit(bool forward);
  [[nodiscard]] const FindHits& hits() const { return hits_; }
  [[nodiscard]] QRect currentHitInView() const;

  // Selected text.
  [[nodiscard]] const TextSelection& selection() const { return selection_; }
  /// In the revision's text; empty while nothing is selected.
  [[nodiscard]] TextSpan selectedSpan() const;
  void selectAll();
  void clearSelection();
  /// The character nearest to a point of the viewport, if that page's text is there.
  [[nodiscard]] std::optional<TextPlace> characterAt(QPointF point) const;
  /// Where a range of a page's text lies in the viewport; empty while that text is not there.
  [[nodiscard]] std::vector<QRectF> placesOf(int page, TextSpan span) const;

  void setFit(PageLayout::Fit fit);
  void zoom(double factor);
  /// Turns the pages to the right, by quarters of a circle.
  void turn(int quarters);
  [[nodiscard]] double scale() const { return layout_.scale(); }
  [[nodiscard]] int quarters() const { return layout_.quarters(); }
  /// Whether all that is in view is drawn as sharp as it should be.
  [[nodiscard]] bool isSharp() const;

 signals:
  void pageChanged(int page);
  void scaleChanged();
  void hitsChanged();
  void evidenceChanged();
  void selectionChanged();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void scrollContentsBy(int dx, int dy) override;
  void keyPressEvent(QKeyEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;

 private:
  /// What a drag takes at once.
  enum class Grain : uint8_t { Character, Word, Line };

  /// Lays out again and keeps the place at the top of the view.
  void relayout();
  void updateScrollBars();
  void requestVisible();
  void scrollTo(const QRectF& target);
  void reveal(const QRectF& target);
  [[nodiscard]] std::pair<int, int> pagesInView() const;
  [[nodiscard]] double wantedDotsPerInch(int page) const;
  [[nodiscard]] QRectF pageInView(int page) const;
  void takeText(int page);
  void showHit();

  void paintPage(QPainter& painter, int page);
  void paintMarks(QPainter& painter, int page);

  [[nodiscard]] std::optional<std::pair<int, TextSpan>> textUnder(QPointF point, Grain grain) const;
  void startSelection(QPointF point, Grain grain, bool extend);
  void dragTo(QPointF point);
  void autoScroll();
  bool selectByKey(QKeyEvent* event);
  void moveCursor(QKeyEvent* event);
  void selectionMoved();

  DocumentViewPtr document_;
  QString emptyText_;
  PageLayout layout_;
  PagePictures pictures_;
  PageTexts texts_;
  PageEvidence evidence_;
  std::vector<PageEvidence> further_;
  FindHits hits_;
  bool hitWanted_ = false;  // the current one is scrolled to once its page's text is there
  TextSelection selection_;
  Grain grain_ = Grain::Character;
  bool dragging_ = false;
  QPointF dragPoint_;
  QTimer autoScroll_;
  QElapsedTimer sinceDoubleClick_;
  QPointF doubleClick_;
  int shownPage_ = 0;
};

}  // namespace lectern::gui
