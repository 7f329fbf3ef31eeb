// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/wrapped_label.h"

#include <QEvent>

namespace lectern::gui {

namespace {

constexpr int kMostWidths = 64;  // more are seen only while a window is being drawn wider

}  // namespace

WrappedLabel::WrappedLabel(const QString& text, QWidget* parent) : QLabel(parent) {
  setTextFormat(Qt::PlainText);
  setText(text);
  setWordWrap(true);
  setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  setFocusPolicy(Qt::StrongFocus);
}

int WrappedLabel::heightForWidth(int width) const {
  if (measured_ != text() || heights_.size() >= kMostWidths) {
    heights_.clear();
    measured_ = text();
  }
  const auto known = heights_.constFind(width);
  if (known != heights_.constEnd()) return *known;
  return *heights_.insert(width, QLabel::heightForWidth(width));
}

void WrappedLabel::changeEvent(QEvent* event) {
  heights_.clear();
  QLabel::changeEvent(event);
}

}  // namespace lectern::gui
