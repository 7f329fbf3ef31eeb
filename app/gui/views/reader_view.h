// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"
#include "app/gui/views/page_layout.h"

#include <QAbstractScrollArea>
#include <QCache>
#include <QImage>

#include <map>
#include <optional>
#include <stop_token>
#include <vector>

namespace lectern::gui {

/// A place to come back to.
struct ReaderPlace {
  RevisionId revision{};
  int page = 1;
  double down = 0;  ///< share of the page's height that is above the view
};

/// A document's pages one under the other, of which only those in view are drawn, and the evidence
/// marked on them. Drawing happens elsewhere: `drawWanted` asks for it, `takePage` brings it.
/// Thread: the window's.
class ReaderView : public QAbstractScrollArea {
  Q_OBJECT
 public:
  explicit ReaderView(QWidget* parent = nullptr);
  ~ReaderView() override;

  void setDocument(DocumentViewPtr document);
  void clear();
  [[nodiscard]] const DocumentViewPtr& document() const { return document_; }

  [[nodiscard]] int currentPage() const;
  [[nodiscard]] std::optional<ReaderPlace> place() const;
  void goTo(const ReaderPlace& place);
  void goToPage(int page);

  /// Marks rectangles of one page, and scrolls to them.
  void showEvidence(int page, const std::vector<Rect>& rects);
  void clearEvidence();
  /// Where the evidence lies in the viewport, for whoever checks what is seen.
  [[nodiscard]] QRect evidenceInView() const;

  void setFit(PageLayout::Fit fit);
  void zoom(double factor);
  [[nodiscard]] double scale() const { return layout_.scale(); }
  /// Whether all that is in view is drawn as sharp as it should be.
  [[nodiscard]] bool isSharp() const;

 public slots:
  void takePage(lectern::RevisionId revision,
                int page,
                double dotsPerInch,
                const QImage& image,
                const QString& problem);

 signals:
  void drawWanted(lectern::RevisionId revision,
                  int page,
                  double dotsPerInch,
                  const std::stop_token& stop);
  void pageChanged(int page);
  void scaleChanged();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void scrollContentsBy(int dx, int dy) override;
  void keyPressEvent(QKeyEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;

 private:
  struct Drawn {
    QImage image;
    double dotsPerInch = 0;
    QString problem;
  };
  struct Evidence {
    int page = 0;
    std::vector<Rect> rects;
  };

  /// Lays out again and keeps the middle of the view where it is.
  void relayout();
  void updateScrollBars();
  void requestVisible();
  [[nodiscard]] double wantedDotsPerInch(int page) const;
  [[nodiscard]] QRectF pageInView(int page) const;
  void paintPage(QPainter& painter, int page);
  void paintEvidence(QPainter& painter, const QRectF& page) const;
  [[nodiscard]] static QRectF inPage(const Rect& rect, const QRectF& page);

  DocumentViewPtr document_;
  PageLayout layout_;
  QCache<int, Drawn> drawn_;                 // by page; cost in KiB
  std::map<int, std::stop_source> pending_;  // by page: being drawn
  Evidence evidence_;
  int shownPage_ = 0;
};

}  // namespace lectern::gui
