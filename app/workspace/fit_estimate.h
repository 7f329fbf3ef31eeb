// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/workspace/budget.h"
#include "app/workspace/file_count.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace lectern {

/// How much text a file has, and how many tokens a text is. The defaults hold for European
/// languages; what the library has already tells better.
struct TextRates {
  double pdfText = 0.04;  ///< bytes of text in a byte of a PDF; other formats are text throughout
  double tokens = 0.27;   ///< in a byte of text
};

/// From documents that were read, and counted for the model that would be asked.
TextRates textRates(const std::vector<RevisionInfo>& documents, const ContextBudget& budget);

/// Files and the room that there is for them, before they are read: an estimate.
struct FitEstimate {
  int64_t tokens = 0;                       ///< of all files
  std::vector<std::filesystem::path> fit;   ///< in their order, as far as there is room
  std::vector<std::filesystem::path> rest;  ///< the others
};

/// `documents` are those of the library: what it has already is not estimated by its file.
FitEstimate estimateFit(const std::vector<CountedFile>& files,
                        int64_t freeTokens,
                        const TextRates& rates,
                        const std::vector<RevisionInfo>& documents);

}  // namespace lectern
