// SPDX-License-Identifier: GPL-3.0-or-later
// Tests of windows: a QApplication around GoogleTest, without a display unless one is asked for.
#include "app/gui/desktop/allocator.h"
#include "app/gui/palette.h"
#include "app/gui/translations.h"

#include <QApplication>

#include <gtest/gtest.h>

int main(int argc, char** argv) {
  if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  ::testing::InitGoogleTest(&argc, argv);
  lectern::gui::shareArenas();  // as the program does
  QApplication application(argc, argv);
  QApplication::setApplicationName(QStringLiteral("lectern-test"));
  lectern::gui::keepTextReadable(application);
  lectern::gui::installTranslations(application);
  return RUN_ALL_TESTS();
}
