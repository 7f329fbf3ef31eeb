// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>
#include <QKeySequence>
#include <QLabel>
#include <QMultiMap>
#include <QString>
#include <QStringList>
#include <QTabBar>
#include <QWidget>

#include <gtest/gtest.h>

namespace lectern::gui {

/// A letter that two of the texts have is a clash: Alt with it chooses neither.
inline void expectNoClash(const QStringList& texts) {
  QMultiMap<QString, QString> found;
  for (const QString& text : texts) {
    const QString keys = QKeySequence::mnemonic(text).toString();
    if (!keys.isEmpty()) found.insert(keys, text);
  }
  for (const QString& keys : found.uniqueKeys()) {
    EXPECT_EQ(found.count(keys), 1)
        << keys.toStdString() << ": " << QStringList(found.values(keys)).join(u", ").toStdString();
  }
}

/// The texts in a window that answer to a letter now: of buttons, tabs, and labels of fields.
inline QStringList textsWithLetters(const QWidget& window) {
  QStringList texts;
  for (const auto* button : window.findChildren<QAbstractButton*>()) {
    if (button->isVisible()) texts << button->text();
  }
  for (const auto* label : window.findChildren<QLabel*>()) {
    if (label->isVisible() && label->buddy() != nullptr) texts << label->text();
  }
  for (const auto* tabs : window.findChildren<QTabBar*>()) {
    for (int i = 0; tabs->isVisible() && i < tabs->count(); ++i) texts << tabs->tabText(i);
  }
  return texts;
}

}  // namespace lectern::gui
