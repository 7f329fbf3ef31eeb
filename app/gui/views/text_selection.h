// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/document/text_span.h"

#include <algorithm>
#include <compare>
#include <cstdint>
#include <limits>

namespace lectern::gui {

/// A place in a document: a page, counted from 1, and a byte of its text.
struct TextPlace {
  int page = 1;
  int64_t byte = 0;

  friend auto operator<=>(const TextPlace&, const TextPlace&) = default;
};

/// Selected text, over any number of pages. One end stays where selecting began, with the
/// character, word or line that was taken there; the other one moves. A value.
class TextSelection {
 public:
  /// Begins anew, with that much of a page.
  void begin(int page, TextSpan span) {
    first_ = {page, span.begin};
    last_ = {page, span.end};
    backward_ = false;
    begin_ = first_;
    end_ = last_;
  }
  /// Takes all from where it began to there.
  void extend(int page, TextSpan span) {
    const TextPlace from{page, span.begin};
    const TextPlace to{page, span.end};
    backward_ = from < first_;
    begin_ = std::min(first_, from);
    end_ = std::max(last_, to);
  }
  void clear() { *this = TextSelection(); }

  [[nodiscard]] bool isEmpty() const { return !(begin_ < end_); }
  /// Whether it has begun; it may still be empty.
  [[nodiscard]] bool hasBegun() const { return first_.page > 0; }
  [[nodiscard]] TextPlace from() const { return begin_; }
  [[nodiscard]] TextPlace to() const { return end_; }
  /// The end that moves.
  [[nodiscard]] TextPlace cursor() const { return backward_ ? begin_ : end_; }

  /// The part of a page; up to its end where it goes on on the next one.
  [[nodiscard]] TextSpan on(int page) const {
    if (isEmpty() || page < begin_.page || page > end_.page) return {};
    return {page == begin_.page ? begin_.byte : 0,
            page == end_.page ? end_.byte : std::numeric_limits<int64_t>::max()};
  }

 private:
  TextPlace first_{0, 0};  // where it began
  TextPlace last_{0, 0};
  TextPlace begin_{0, 0};
  TextPlace end_{0, 0};
  bool backward_ = false;
};

}  // namespace lectern::gui
