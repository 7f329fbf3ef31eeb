// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace lectern {

/// A rectangle on a page as it is displayed (its own rotation applied), in 1/65,535 of the page's
/// width and height from the top left corner. The unit is the same on a stamp and on a poster, and
/// is what the database keeps.
struct Rect {
  static constexpr int kUnit = 65535;

  uint16_t left = 0;
  uint16_t top = 0;
  uint16_t right = 0;
  uint16_t bottom = 0;

  [[nodiscard]] bool isEmpty() const { return right <= left || bottom <= top; }
  friend bool operator==(const Rect&, const Rect&) = default;
};

/// A rectangle and the page it is on, counted from 1.
struct PageRect {
  int page = 0;
  Rect rect;
  friend bool operator==(const PageRect&, const PageRect&) = default;
};

}  // namespace lectern
