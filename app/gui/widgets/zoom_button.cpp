// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/zoom_button.h"

#include "app/gui/bridge/strings.h"

#include <QLocale>
#include <QMenu>

namespace lectern::gui {

namespace {

// The sign stays on its side in a mirrored window.
QString percentText(int percent) {
  return isolated(ZoomButton::tr("%1 %").arg(QLocale().toString(percent)));
}

}  // namespace

ZoomButton::ZoomButton(QWidget* parent) : QToolButton(parent) {
  setToolButtonStyle(Qt::ToolButtonTextOnly);
  setPopupMode(QToolButton::InstantPopup);
  setAutoRaise(true);
  setToolTip(tr("Size of the pages"));
  auto* menu = new QMenu(this);
  for (const int percent : {50, 75, 100, 125, 150, 200, 400}) {
    menu->addAction(percentText(percent), this, [this, percent] { emit percentWanted(percent); });
  }
  setMenu(menu);
  showPercent(100);
}

void ZoomButton::showPercent(int percent) {
  setText(percentText(percent));
  setAccessibleName(tr("Size of the pages: %1 %").arg(QLocale().toString(percent)));
}

}  // namespace lectern::gui
