// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/palette.h"

#include <QApplication>
#include <QEvent>
#include <QPalette>

#include <algorithm>
#include <cmath>

namespace lectern::gui {

namespace {

constexpr double kLeastContrast = 4.5;  // WCAG 2.1, 1.4.3

// Its relative luminance.
double luminance(const QColor& colour) {
  const auto linear = [](double part) {
    return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) +
         0.0722 * linear(colour.blueF());
}

QColor mixed(const QColor& text, const QColor& background, double share) {
  const auto mix = [share](double from, double to) {
    return static_cast<float>(from + share * (to - from));
  };
  return QColor::fromRgbF(mix(background.redF(), text.redF()),
                          mix(background.greenF(), text.greenF()),
                          mix(background.blueF(), text.blueF()));
}

bool isReadable(const QColor& text, const QPalette& palette) {
  return std::ranges::all_of(
      std::initializer_list<QPalette::ColorRole>{QPalette::Window, QPalette::Base},
      [&](QPalette::ColorRole role) {
        return contrast(text, palette.color(QPalette::Active, role)) >= kLeastContrast;
      });
}

class Keeper : public QObject {
 public:
  explicit Keeper(QApplication& application) : QObject(&application) {
    application.installEventFilter(this);
    keep();
  }

  bool eventFilter(QObject* watched, QEvent* event) override {
    if (watched == parent() && event->type() == QEvent::ApplicationPaletteChange) keep();
    return false;
  }

 private:
  static void keep() {
    const QPalette palette = QApplication::palette();
    const QColor colour = secondaryText(palette);
    if (colour == palette.color(QPalette::Active, QPalette::PlaceholderText)) return;
    QPalette changed = palette;
    changed.setColor(QPalette::PlaceholderText, colour);
    QApplication::setPalette(changed);
  }
};

}  // namespace

double contrast(const QColor& text, const QColor& background) {
  const double one = luminance(mixed(text, background, text.alphaF()));
  const double other = luminance(background);
  return (std::max(one, other) + 0.05) / (std::min(one, other) + 0.05);
}

QColor secondaryText(const QPalette& palette) {
  const QColor given = palette.color(QPalette::Active, QPalette::PlaceholderText);
  if (isReadable(given, palette)) return given;
  const QColor text = palette.color(QPalette::Active, QPalette::WindowText);
  const QColor window = palette.color(QPalette::Active, QPalette::Window);
  for (double share = 0.6; share < 1; share += 0.05) {
    const QColor between = mixed(text, window, share);
    if (isReadable(between, palette)) return between;
  }
  return text;
}

void keepTextReadable(QApplication& application) {
  new Keeper(application);  // the application's
}

}  // namespace lectern::gui
