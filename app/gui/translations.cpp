// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/translations.h"

#include <QCoreApplication>
#include <QLocale>
#include <QTranslator>

namespace lectern::gui {

void installTranslations(QCoreApplication& application) {
  const QString folder = QStringLiteral(":/translations");
  auto* english = new QTranslator(&application);
  if (english->load(QStringLiteral("lectern_en"), folder)) {
    QCoreApplication::installTranslator(english);
  }
  auto* own = new QTranslator(&application);
  if (own->load(QLocale(), QStringLiteral("lectern"), QStringLiteral("_"), folder)) {
    QCoreApplication::installTranslator(own);
  }
}

}  // namespace lectern::gui
