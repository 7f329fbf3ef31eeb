// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace lectern {

/// A half-open range of UTF-8 bytes on code point boundaries: of a revision's canonical text, or of
/// one page's text where a comment says so. The canonical text is the pages' texts one after the
/// other, so that a page's first byte turns one into the other.
struct TextSpan {
  int64_t begin = 0;
  int64_t end = 0;

  [[nodiscard]] int64_t length() const { return end - begin; }
  [[nodiscard]] bool isEmpty() const { return end <= begin; }
  [[nodiscard]] bool contains(TextSpan other) const {
    return begin <= other.begin && other.end <= end;
  }
  [[nodiscard]] bool overlaps(TextSpan other) const {
    return begin < other.end && other.begin < end;
  }
  [[nodiscard]] TextSpan shifted(int64_t bytes) const { return {begin + bytes, end + bytes}; }

  friend bool operator==(TextSpan, TextSpan) = default;
};

}  // namespace lectern
