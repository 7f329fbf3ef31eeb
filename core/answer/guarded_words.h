// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace lectern {

/// Words of the nine languages that stand for a number, a date or a unit: "three", "marzo",
/// "Woche", "MB". A claim that has one which its source has not says something else. `folded` is a
/// folded word.
bool isQuantityWord(std::string_view folded);

/// The units among these and among the words of time: "MB", "percent", "days". They say something
/// only beside a number.
bool isUnitWord(std::string_view folded);

/// Months, weekdays and units of calendar time: what a "when" asks for, beside numbers.
bool isTimeWord(std::string_view folded);

}  // namespace lectern
