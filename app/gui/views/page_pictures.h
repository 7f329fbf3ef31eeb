// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/bridge/desk_bridge.h"

#include <QCache>
#include <QImage>
#include <QObject>

#include <functional>
#include <map>
#include <stop_token>

namespace lectern::gui {

/// Pictures of a document's pages, drawn elsewhere: `drawWanted` asks for one, `take` brings it.
/// What is in view comes first, nearest to its middle; a page on each side is drawn when nothing in
/// view waits any more; what has left the view, or is wanted in another size, is drawn no more.
/// Thread: the window's.
class PagePictures : public QObject {
  Q_OBJECT
 public:
  struct Picture {
    QImage image;  ///< null where the page cannot be drawn
    double dotsPerInch = 0;
    QString problem;
    int quarters = 0;  ///< turned to the right by them
  };

  explicit PagePictures(QObject* parent = nullptr);
  ~PagePictures() override { clear(); }

  void setRevision(RevisionId revision);
  void clear();
  /// How much of what was drawn is kept.
  void setMemory(int megabytes) { pictures_.setMaxCost(qsizetype{megabytes} * 1024); }
  /// Says what is in view, which page is in its middle, and how sharp a page shall be.
  void want(int first,
            int last,
            int middle,
            int pageCount,
            const std::function<double(int)>& dotsPerInch);
  /// In whatever sharpness there is, turned to the right; null where there is none.
  [[nodiscard]] const Picture* picture(int page, int quarters);
  [[nodiscard]] bool has(int page, double dotsPerInch) const;

 public slots:
  void take(lectern::RevisionId revision,
            int page,
            double dotsPerInch,
            const QImage& image,
            const QString& problem);

 signals:
  void drawWanted(lectern::RevisionId revision,
                  int page,
                  double dotsPerInch,
                  const std::stop_token& stop);
  void arrived(int page);

 private:
  struct Pending {
    std::stop_source stop;
    double dotsPerInch = 0;
  };

  void request(int page, double dotsPerInch);

  RevisionId revision_{};
  QCache<int, Picture> pictures_;  // by page; cost in KiB
  std::map<int, Pending> pending_;
};

}  // namespace lectern::gui
