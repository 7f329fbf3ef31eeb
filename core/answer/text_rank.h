// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace lectern {

/// A sentence as a vector of word numbers, rising, with their weights; of length 1.
using SentenceVector = std::vector<std::pair<int32_t, float>>;

/// The vectors of sentences given as word numbers, each word weighted by its count times
/// ln(n / sentences that have it).
std::vector<SentenceVector> weigh(const std::vector<std::vector<int32_t>>& sentences);

double cosine(const SentenceVector& a, const SentenceVector& b);

/// How central each sentence is among the others: PageRank over the graph whose edges are the
/// cosines (Mihalcea & Tarau 2004; Erkan & Radev 2004, continuous LexRank). The mean is 1.
/// Quadratic in the number of sentences.
std::vector<double> textRank(const std::vector<SentenceVector>& sentences);

}  // namespace lectern
