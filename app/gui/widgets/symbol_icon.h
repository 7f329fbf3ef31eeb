// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QIcon>

#include <cstdint>

namespace lectern::gui {

/// What a button does, as a drawing.
enum class Symbol : uint8_t {
  Add,
  Summarise,
  Back,
  Forward,
  ZoomIn,
  ZoomOut,
  FitWidth,
  Turn,
  Find,
  Panel,
  Follow
};

/// Drawn with the text colour of buttons, sharp at every size; those that point somewhere are
/// mirrored where the window is.
QIcon symbolIcon(Symbol symbol);

}  // namespace lectern::gui
