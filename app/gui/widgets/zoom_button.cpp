// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/zoom_button.h"

#include <QLocale>
#include <QMenu>

namespace lectern::gui {

ZoomButton::ZoomButton(QWidget* parent) : QToolButton(parent) {
  setToolButtonStyle(Qt::ToolButtonTextOnly);
  setPopupMode(QToolButton::InstantPopup);
  setAutoRaise(true);
  setToolTip(tr("Size of the pages"));
  auto* menu = new QMenu(this);
  for (const int percent : {50, 75, 100, 125, 150, 200, 400}) {
    menu->addAction(tr("%1 %").arg(QLocale().toString(percent)), this,
                    [this, percent] { emit percentWanted(percent); });
  }
  setMenu(menu);
  showPercent(100);
}

void ZoomButton::showPercent(int percent) {
  setText(tr("%1 %").arg(QLocale().toString(percent)));
  setAccessibleName(tr("Size of the pages: %1 %").arg(QLocale().toString(percent)));
}

}  // namespace lectern::gui
