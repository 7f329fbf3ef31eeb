// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/drop_overlay.h"

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

void DropOverlay::show(const DroppedFiles& dropped) {
  const auto count = static_cast<int>(dropped.files.size());
  QStringList lines;
  lines << (dropped.more ? tr("Drop to add more than %n document(s)", nullptr, count)
                         : tr("Drop to add %n document(s)", nullptr, count));
  if (dropped.unsupported > 0) {
    lines << tr("%n file(s) cannot be read and are left out", nullptr, dropped.unsupported);
  }
  setText(lines.join(QLatin1Char('\n')));
  setAccessibleName(text());
  setGeometry(parentWidget()->rect().adjusted(24, 24, -24, -24));
  QLabel::show();
  raise();
}

}  // namespace lectern::gui
