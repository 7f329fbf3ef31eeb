// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>

class QApplication;
class QPalette;

namespace lectern::gui {

/// From 1 (the same) to 21 (black on white); WCAG 2.1, "contrast ratio". What shines through
/// counts.
[[nodiscard]] double contrast(const QColor& text, const QColor& background);

/// The palette's colour of secondary text where it can be read, else one between text and window.
[[nodiscard]] QColor secondaryText(const QPalette& palette);

/// Keeps QPalette::PlaceholderText readable, now and whenever the theme changes: a theme that sets
/// text and background alone (KDE's, in Qt 6.4) leaves it black on dark.
void keepTextReadable(QApplication& application);

}  // namespace lectern::gui
