// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/drop_overlay.h"

#include "app/gui/bridge/strings.h"

#include <QLocale>

namespace lectern::gui {

DropOverlay::DropOverlay(QWidget* parent) : QLabel(parent) {
  setAlignment(Qt::AlignCenter);
  setFrameShape(QFrame::Box);
  setLineWidth(3);
  setAutoFillBackground(true);
  setBackgroundRole(QPalette::Base);
  setForegroundRole(QPalette::Text);
  setTextFormat(Qt::PlainText);
  setAttribute(Qt::WA_TransparentForMouseEvents);
  hide();
}

void DropOverlay::show(const FileCount& count, const QString& shelf) {
  const QString title =
      shelf.isEmpty() ? tr("Drop to add") : tr("Drop to add to the shelf %1").arg(isolated(shelf));
  setText((QStringList(title) + countLines(count)).join(QLatin1Char('\n')));
  setAccessibleName(text());
  setGeometry(parentWidget()->rect().adjusted(24, 24, -24, -24));
  QLabel::show();
  raise();
}

QStringList countLines(const FileCount& count) {
  const auto size = QLocale().formattedDataSize(count.bytes, 1, QLocale::DataSizeSIFormat);
  const QString files =
      DropOverlay::tr("%Ln document(s)", nullptr, static_cast<int>(count.files.size()));
  QStringList lines;
  lines << (count.whole ? DropOverlay::tr("%1, %2").arg(files, size)
                        : DropOverlay::tr("%1, %2, and still counting …").arg(files, size));
  if (count.known > 0) {
    lines << DropOverlay::tr("%Ln of them are in the library already", nullptr, count.known);
  }
  if (count.unsupported > 0) {
    lines << DropOverlay::tr("%Ln file(s) cannot be read and are left out", nullptr,
                             count.unsupported);
  }
  if (count.more) lines << DropOverlay::tr("There are more, which are left out");
  return lines;
}

}  // namespace lectern::gui
