// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace lectern::helper::pdf {

/// How a line begins when it is an item of a list.
enum class ListMarker {
  None,
  Bullet,  ///< a sign that begins nothing but list items
  Weak,    ///< "3.", "a)", "-": may also stand at the start of any line of running text
};

/// `line` in logical order.
ListMarker listMarkerOf(std::u32string_view line);

/// "Figure 3:", "Tab. 2.1", "Abbildung 4", "الشكل ٣:", "טבלה 1": the word in one of the nine
/// languages, a number, and then nothing or a sign that parts it from the text.
bool startsCaption(std::u32string_view line);

/// "3", "3.1", "A.2": the number of a heading.
bool isSectionNumber(std::u32string_view text);

/// Ends with a full stop, a colon or the like, behind any closing quotation marks and brackets.
bool endsSentence(std::u32string_view line);

/// Ends with a letter or digit and a hyphen.
bool endsWithHyphen(std::u32string_view line);

/// Begins with a letter that is not a capital.
bool startsLowerCase(std::u32string_view line);

}  // namespace lectern::helper::pdf
