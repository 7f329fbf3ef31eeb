// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/answer/content_words.h"
#include "core/context/finder_prompt.h"

#include <string>
#include <string_view>
#include <vector>

namespace lectern {

/// Words by how few of these segments they stand in.
WordWeight weightsWithin(const std::vector<std::string>& segments);

/// What of a question stands in the segments to choose from.
struct FinderSigns {
  bool bare = false;             ///< the question has no name and no number that must agree
  std::vector<bool> lacks;       ///< of each segment: it has not all of those
  std::vector<double> coverage;  ///< of each segment: share of the question's words, by weight
};

FinderSigns finderSigns(std::string_view question, const std::vector<std::string>& segments);

/// The verdicts weighed with the signs, as the layout says; a segment answers if its score comes to
/// the layout's threshold. resources/models/pocket/train/decision.py fits the weights. Pure.
std::vector<double> finderWeighed(const FinderLayout& layout,
                                  const FinderSigns& signs,
                                  const std::vector<double>& verdicts);

/// The segment to go on from where none of these answers: the first that has all names and numbers
/// of the question, or the first at all. There is at least one.
size_t leadingSegment(const FinderSigns& signs);

}  // namespace lectern
