// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QDir>
#include <QPalette>
#include <QString>
#include <QTest>
#include <QWidget>

#include <gtest/gtest.h>

namespace lectern::gui {

inline QPalette darkPalette() {
  QPalette dark(QColor(0x2b, 0x2d, 0x30));
  dark.setColor(QPalette::Base, QColor(0x1e, 0x1f, 0x22));
  dark.setColor(QPalette::Text, Qt::white);
  dark.setColor(QPalette::WindowText, Qt::white);
  dark.setColor(QPalette::ButtonText, Qt::white);
  dark.setColor(QPalette::PlaceholderText, QColor(0xb0, 0xb4, 0xba));
  dark.setColor(QPalette::Highlight, QColor(0x2f, 0x65, 0xca));
  dark.setColor(QPalette::HighlightedText, Qt::white);
  dark.setColor(QPalette::Link, QColor(0x8a, 0xb4, 0xf8));
  return dark;
}

/// Saves a picture of the widget in the folder of LECTERN_SCREENSHOTS, if that is set.
inline void picture(QWidget* of, const QString& name) {
  QTest::qWait(50);
  const QString folder = qEnvironmentVariable("LECTERN_SCREENSHOTS");
  if (folder.isEmpty()) return;
  ASSERT_TRUE(QDir().mkpath(folder));
  ASSERT_TRUE(of->grab().save(folder + QLatin1Char('/') + name + QStringLiteral(".png")));
}

}  // namespace lectern::gui
