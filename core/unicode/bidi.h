// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lectern::unicode {

/// True when the first strong character is right to left, or most strong characters are.
bool isRightToLeft(std::string_view text);

/// Takes one line's code points in visual order, left to right as they stand on paper, and gives
/// the order in which they are read: result[i] is the visual index of the i-th code point in
/// logical order. `rightToLeft` is the paragraph's direction. Numbers and left-to-right words
/// inside stay readable (UAX 9, inverse mapping). Where two readings look the same on paper
/// ("2 PDF" and "PDF 2" in a right-to-left line) one of them is given.
std::vector<int32_t> logicalOrder(const std::u32string& visual, bool rightToLeft);

/// The line in that order, when `visual` has the shapes seen on paper: a bracket that stands in a
/// right-to-left stretch opens where its shape closes, so it becomes its mirror image.
std::u32string logicalText(const std::u32string& visual, bool rightToLeft);

/// The text without U+200E, U+200F, U+061C, U+202A…U+202E and U+2066…U+2069.
std::string withoutBidiControls(std::string_view text);

}  // namespace lectern::unicode
